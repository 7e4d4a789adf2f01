package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Secret is a value that shows as [redacted] however it is printed.
type Secret struct{ text string }

// Reveal gives the text to the code that needs it.
func (s Secret) Reveal() string { return s.text }

func (s Secret) String() string               { return "[redacted]" }
func (s Secret) GoString() string             { return "[redacted]" }
func (s Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// UnmarshalText takes any text.
func (s *Secret) UnmarshalText(b []byte) error { s.text = string(b); return nil }

func fernetKey(s string) bool {
	b, err := base64.URLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32
}

// Switch is on or off.
type Switch bool

// UnmarshalText reads the words that people use for on and off.
func (s *Switch) UnmarshalText(b []byte) error {
	switch strings.ToLower(string(b)) {
	case "on", "true", "yes", "1":
		*s = true
	case "off", "false", "no", "0":
		*s = false
	default:
		return fmt.Errorf("%q must be on or off", b)
	}
	return nil
}

// MiB is a size in mebibytes.
type MiB int64

// UnmarshalText reads a whole number from 0 to a million.
func (m *MiB) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < 0 || n > 1_000_000 {
		return fmt.Errorf("%q must be a whole number of MiB, 0 to 1000000", b)
	}
	*m = MiB(n)
	return nil
}

// Port is a TCP port, 0 for none.
type Port int

// UnmarshalText reads a number from 1 to 65535, or nothing.
func (p *Port) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q must be a port, 1 to 65535", b)
	}
	*p = Port(n)
	return nil
}

// SMTPMode is how letters are encrypted on their way to the mail server.
type SMTPMode string

// UnmarshalText refuses what is no mode.
func (m *SMTPMode) UnmarshalText(b []byte) error {
	switch *m = SMTPMode(strings.ToLower(string(b))); *m {
	case "starttls", "tls", "off":
		return nil
	}
	return fmt.Errorf("%q must be starttls, tls or off", b)
}

// TLSMode is how connections are encrypted.
type TLSMode string

// The TLS modes.
const (
	TLSOff        TLSMode = "off"
	TLSFiles      TLSMode = "files"
	TLSSelfSigned TLSMode = "self-signed"
)

// UnmarshalText refuses what is no mode.
func (m *TLSMode) UnmarshalText(b []byte) error {
	switch *m = TLSMode(strings.ToLower(string(b))); *m {
	case TLSOff, TLSFiles, TLSSelfSigned:
		return nil
	}
	return fmt.Errorf("%q must be off, files or self-signed", b)
}

// LogFormat is text or json.
type LogFormat string

// UnmarshalText refuses what is no format.
func (f *LogFormat) UnmarshalText(b []byte) error {
	if *f = LogFormat(strings.ToLower(string(b))); *f != "text" && *f != "json" {
		return fmt.Errorf("%q must be text or json", b)
	}
	return nil
}

// LogLevel is the least important line that is logged.
type LogLevel struct{ slog.Level }

// UnmarshalText reads a level's name.
func (l *LogLevel) UnmarshalText(b []byte) error {
	if l.Level.UnmarshalText(b) != nil {
		return fmt.Errorf("%q must be debug, info, warn or error", b)
	}
	return nil
}

// Prefixes are networks; a single address is a network of one.
type Prefixes []netip.Prefix

// UnmarshalText reads networks and addresses separated by commas.
func (p *Prefixes) UnmarshalText(b []byte) error {
	*p = nil
	for part := range strings.SplitSeq(string(b), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if a, err := netip.ParseAddr(part); err == nil {
			*p = append(*p, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		n, err := netip.ParsePrefix(part)
		if err != nil {
			return fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", part)
		}
		*p = append(*p, n.Masked())
	}
	return nil
}

// SignUps is who may make an account by themselves.
type SignUps struct {
	Open    bool
	Domains []string
}

// UnmarshalText reads invite, open or mail domains.
func (s *SignUps) UnmarshalText(b []byte) error {
	*s = SignUps{}
	switch text := strings.ToLower(string(b)); text {
	case "invite":
	case "open":
		s.Open = true
	default:
		for part := range strings.SplitSeq(text, ",") {
			part = strings.TrimPrefix(strings.TrimSpace(part), "@")
			if !strings.Contains(part, ".") || strings.ContainsAny(part, "@/: ") {
				return fmt.Errorf("%q must be invite, open, or mail domains separated by commas", b)
			}
			s.Domains = append(s.Domains, part)
		}
	}
	return nil
}

// PublicURL is an http(s) address without query; nil when not set.
type PublicURL struct{ *url.URL }

// UnmarshalText reads an address and cuts the slash at its end.
func (p *PublicURL) UnmarshalText(b []byte) error {
	p.URL = nil
	if len(b) == 0 {
		return nil
	}
	u, err := url.Parse(strings.TrimRight(string(b), "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must be an http or https address without query, such as https://vault.example.com")
	}
	p.URL = u
	return nil
}

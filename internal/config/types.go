package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
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

// Choices are the words that there are, for who offers them.
func (Switch) Choices() []string { return []string{"on", "off"} }

// MiB is a size in mebibytes.
type MiB int64

// UnmarshalText reads a whole number from 0 to a million.
func (m *MiB) UnmarshalText(b []byte) error {
	return whole(m, b, "a whole number of MiB", 0, 1_000_000)
}

// whole reads a number into v, or says what it must be and within which bounds.
func whole[T ~int | ~int64](v *T, b []byte, must string, low, high T) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < int64(low) || n > int64(high) {
		return fmt.Errorf("%q must be %s, %d to %d", b, must, low, high)
	}
	*v = T(n)
	return nil
}

// Days is a whole number of days.
type Days int

// UnmarshalText reads a number from 1 to 3650.
func (d *Days) UnmarshalText(b []byte) error {
	return whole(d, b, "a whole number of days", 1, 3650)
}

// Hours is a time between events; 0 for never.
type Hours int

// UnmarshalText reads a whole number from 0 to 8760, a year.
func (h *Hours) UnmarshalText(b []byte) error {
	return whole(h, b, "a whole number of hours", 0, 8760)
}

// BackupTo is a folder, or a bucket and a prefix in it; neither when not set.
type BackupTo struct{ Folder, Bucket, Prefix string }

// UnmarshalText reads s3://BUCKET/PREFIX or a folder.
func (t *BackupTo) UnmarshalText(b []byte) error {
	*t = BackupTo{}
	rest, bucket := strings.CutPrefix(string(b), "s3://")
	if !bucket {
		t.Folder = rest
		return nil
	}
	t.Bucket, t.Prefix, _ = strings.Cut(rest, "/")
	if t.Prefix = strings.Trim(t.Prefix, "/"); t.Prefix != "" {
		t.Prefix += "/"
	}
	if t.Bucket == "" || strings.ContainsAny(t.Bucket, "@:?# ") {
		return fmt.Errorf("%q must be s3://BUCKET or s3://BUCKET/PREFIX", b)
	}
	return nil
}

func (t BackupTo) String() string {
	if t.Bucket != "" {
		return "s3://" + t.Bucket + "/" + t.Prefix
	}
	return t.Folder
}

// KeepDays is a whole number of days, 0 for ever.
type KeepDays int

// UnmarshalText reads a number from 0 to 36500.
func (d *KeepDays) UnmarshalText(b []byte) error {
	return whole(d, b, "a whole number of days", 0, 36500)
}

// Count is how many of something.
type Count int

// UnmarshalText reads a whole number from 0 to ten million.
func (c *Count) UnmarshalText(b []byte) error {
	return whole(c, b, "a whole number", 0, 10_000_000)
}

// Port is a TCP port, 0 for none.
type Port int

// UnmarshalText reads a number from 1 to 65535, or nothing.
func (p *Port) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return whole(p, b, "a port", 1, 65535)
}

// Loopback is an address and port that no other machine can reach; "" for none.
type Loopback string

// UnmarshalText refuses names and addresses that others might reach.
func (l *Loopback) UnmarshalText(b []byte) error {
	if a, err := netip.ParseAddrPort(string(b)); len(b) > 0 && (err != nil || !a.Addr().IsLoopback()) {
		return fmt.Errorf("%q must be a loopback address and a port, such as 127.0.0.1:6060", b)
	}
	*l = Loopback(b)
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
	TLSACME       TLSMode = "acme"
)

// UnmarshalText refuses what is no mode.
func (m *TLSMode) UnmarshalText(b []byte) error {
	switch *m = TLSMode(strings.ToLower(string(b))); *m {
	case TLSOff, TLSFiles, TLSSelfSigned, TLSACME:
		return nil
	}
	return fmt.Errorf("%q must be off, files, self-signed or acme", b)
}

// ACMEMode is how names are proved to an authority.
type ACMEMode string

// UnmarshalText refuses what is no mode.
func (m *ACMEMode) UnmarshalText(b []byte) error {
	switch *m = ACMEMode(strings.ToLower(string(b))); *m {
	case "auto", "http-01", "tls-alpn-01":
		return nil
	}
	return fmt.Errorf("%q must be auto, http-01 or tls-alpn-01", b)
}

// listed is what stands between the commas of a list; nothing between two is none.
func listed(list string) (all []string) {
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// Names are host names.
type Names []string

// UnmarshalText reads names separated by commas.
func (n *Names) UnmarshalText(b []byte) error {
	*n = listed(strings.ToLower(string(b)))
	return nil
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

// Choices are the levels, the most talkative first.
func (LogLevel) Choices() []string { return []string{"debug", "info", "warn", "error"} }

// Prefixes are networks; a single address is a network of one.
type Prefixes []netip.Prefix

// UnmarshalText reads networks and addresses separated by commas.
func (p *Prefixes) UnmarshalText(b []byte) error {
	*p = nil
	for _, part := range listed(string(b)) {
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

// FactorMode says whether everybody must have a second factor.
type FactorMode bool

// UnmarshalText reads optional or required.
func (m *FactorMode) UnmarshalText(b []byte) error {
	switch string(b) {
	case "optional":
		*m = false
	case "required":
		*m = true
	default:
		return fmt.Errorf("%q must be optional or required", b)
	}
	return nil
}

// Choices are the words that there are.
func (FactorMode) Choices() []string { return []string{"optional", "required"} }

// Hosts are servers, each with its port.
type Hosts []string

// UnmarshalText reads host:port, separated by commas.
func (h *Hosts) UnmarshalText(b []byte) error {
	*h = nil
	for _, s := range listed(strings.ToLower(string(b))) {
		host, port, err := net.SplitHostPort(s)
		if err != nil || host == "" || port == "" {
			return fmt.Errorf("%q is not a host and a port, such as otp.example.org:8443", s)
		}
		*h = append(*h, s)
	}
	return nil
}

// StopDelay is how long a server goes on when it is told to stop; auto is -1.
type StopDelay int

// UnmarshalText reads auto or a whole number of seconds from 0 to 600.
func (d *StopDelay) UnmarshalText(b []byte) error {
	if string(b) == "auto" {
		*d = -1
		return nil
	}
	return whole(d, b, "auto or a whole number of seconds", 0, 600)
}

// Services are the parts of the server that a process answers for; none stands
// for all of them.
type Services []string

// What a process can be told to answer for. All answer /healthz and /readyz.
const (
	ServeIdentity      = "identity"      // the Bitwarden door's /identity: log-ins
	ServeAPI           = "api"           // its /api, /icons and /events
	ServeNotifications = "notifications" // its /notifications: connected devices
	ServeWeb           = "web"           // the web vault's files
	ServeREST          = "rest"          // /api/v1 and /docs
	ServeJobs          = "jobs"          // no path: what is done by the clock
)

// UnmarshalText reads some of the words above, separated by commas.
func (s *Services) UnmarshalText(b []byte) error {
	*s = nil
	for _, word := range listed(strings.ToLower(string(b))) {
		if !slices.Contains(s.Choices(), word) {
			return fmt.Errorf("%q is none of %s", word, strings.Join(s.Choices(), ", "))
		}
		if !slices.Contains(*s, word) {
			*s = append(*s, word)
		}
	}
	return nil
}

// Choices are the words that there are; several may be given.
func (*Services) Choices() []string {
	return []string{ServeIdentity, ServeAPI, ServeNotifications, ServeWeb, ServeREST, ServeJobs}
}

// Has reports whether the process answers for service.
func (s Services) Has(service string) bool { return len(s) == 0 || slices.Contains(s, service) }

func (s Services) String() string { return strings.Join(s, ",") }

package mail

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"
)

// post is an SMTP server: it offers STARTTLS when it has a certificate, asks for a
// password when it has one, and keeps what it is given.
type post struct {
	port     int
	letters  chan string
	password string
	conf     *tls.Config
	roots    *x509.CertPool
	silent   bool
}

func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func newPost(t *testing.T, change func(*post)) *post {
	t.Helper()
	cert, pool := certificate(t, "localhost")
	p := &post{letters: make(chan string, 10), conf: &tls.Config{Certificates: []tls.Certificate{cert}}, roots: pool}
	if change != nil {
		change(p)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	p.port = ln.Addr().(*net.TCPAddr).Port
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.speak(c)
		}
	}()
	return p
}

func (p *post) speak(c net.Conn) {
	defer func() { c.Close() }()
	if p.silent {
		io.Copy(io.Discard, c) //nolint:errcheck // until the client gives up
		return
	}
	r := bufio.NewReader(c)
	say := func(s string) { io.WriteString(c, s+"\r\n") }
	say("220 localhost ready")
	secure, known := false, p.password == ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, arg, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			say("250-localhost")
			if p.conf != nil && !secure {
				say("250-STARTTLS")
			}
			if p.password != "" && secure {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			s := tls.Server(c, p.conf)
			if s.Handshake() != nil {
				return
			}
			c, r, secure = s, bufio.NewReader(s), true
		case "AUTH":
			b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(arg, "PLAIN "))
			if known = string(b) == "\x00user\x00"+p.password; known {
				say("235 ok")
			} else {
				say("535 no")
			}
		case "DATA":
			say("354 go")
			var text strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				text.WriteString(l)
			}
			p.letters <- text.String()
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			if !known && (verb == "MAIL" || verb == "RCPT") {
				say("530 who are you")
			} else {
				say("250 ok")
			}
		}
	}
}

func (p *post) sender(t *testing.T, change func(*Settings)) *Sender {
	t.Helper()
	s := Settings{From: "Strongroom <vault@example.com>", Host: "localhost", Port: p.port, Roots: p.roots}
	if change != nil {
		change(&s)
	}
	out, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// parts reads a letter as a mail program does.
func parts(t *testing.T, raw string) (h netmail.Header, byType map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	byType = map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			break
		}
		k, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		byType[k] = string(b)
	}
	return m.Header, byType
}

func TestLettersArrive(t *testing.T) {
	p := newPost(t, func(p *post) { p.password = "secret" })
	s := p.sender(t, func(s *Settings) { s.User, s.Password = "user", "secret" })
	for _, l := range []Letter{VerifyEmail("https://vault.example.com/#/x?token=a&b=c"), NewDevice("linux <b>", "203.0.113.7", time.Unix(0, 0)), Hint("my hint"), Hint(""),
		DeleteAccount("https://vault.example.com/d"), Code("123456", "change your address")} {
		if err := s.Send(t.Context(), "alice@example.com", l); err != nil {
			t.Fatal(err)
		}
		h, got := parts(t, <-p.letters)
		if subject, _ := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); subject != l.Subject || !strings.Contains(h.Get("To"), "alice@example.com") {
			t.Errorf("%v", h)
		}
		text := strings.ReplaceAll(got["text/plain"], "\r\n", "\n")
		if strings.TrimSpace(text) != strings.TrimSpace(l.Text) || !strings.Contains(got["text/html"], "Strongroom") || strings.Contains(got["text/html"], "<b>") {
			t.Errorf("%q is not %q", text, l.Text)
		}
	}
}

func TestWithoutTLSNothingIsSent(t *testing.T) {
	for name, p := range map[string]*post{
		"no STARTTLS offered": newPost(t, func(p *post) { p.conf = nil }),
		"a foreign certificate": newPost(t, func(p *post) {
			_, p.roots = certificate(t, "localhost")
		}),
		"a wrong password": newPost(t, func(p *post) { p.password = "other" }),
	} {
		s := p.sender(t, func(s *Settings) { s.User, s.Password = "user", "secret" })
		err := s.Send(t.Context(), "alice@example.com", Hint("very private"))
		if !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), "private") || len(p.letters) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	off := newPost(t, func(p *post) { p.conf = nil })
	if err := off.sender(t, func(s *Settings) { s.Security = "off" }).Send(t.Context(), "alice@example.com", Hint("x")); err != nil {
		t.Error(err)
	}
}

func TestHeadersCannotBeAdded(t *testing.T) {
	p := newPost(t, nil)
	s := p.sender(t, nil)
	for _, to := range []string{"a@example.com\r\nBcc: eve@example.com", "a@example.com, eve@example.com", "", "no address"} {
		if err := s.Send(t.Context(), to, Hint("x")); !errors.Is(err, ErrFailed) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if err := s.Send(t.Context(), "a@example.com", Letter{Subject: "x\r\nBcc: eve@example.com", Text: "t", HTML: "h"}); err != nil {
		t.Fatal(err)
	}
	if h, _ := parts(t, <-p.letters); h.Get("Bcc") != "" {
		t.Error("a subject added a header")
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	p := newPost(t, func(p *post) { p.silent = true })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.sender(t, nil).Send(ctx, "a@example.com", Hint("x")); !errors.Is(err, ErrFailed) {
		t.Error(err)
	}
}

func TestOff(t *testing.T) {
	s, err := New(Settings{})
	if err != nil || s.On() || !errors.Is(s.Send(t.Context(), "a@example.com", Hint("")), ErrOff) {
		t.Error(err)
	}
	if _, err := New(Settings{Host: "h", From: "nobody"}); err == nil {
		t.Error("a sender that is no address was taken")
	}
}

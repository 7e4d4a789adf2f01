// Package mailtest is a mail server inside a test. It must not be imported but by
// tests. Invariant: what it was handed can be read from Letters, in order.
package mailtest

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// Post is an SMTP server on localhost: it offers STARTTLS when it has a
// certificate (Conf), asks for a password when it has one, and keeps what it is
// given. A silent one never says anything.
type Post struct {
	Port     int
	Letters  chan string
	Password string
	Conf     *tls.Config
	Roots    *x509.CertPool
	Silent   bool
}

// Certificate makes a self-signed one, and the pool that trusts it.
func Certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
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

// Start serves until the test ends; change may alter it before.
func Start(t testing.TB, change func(*Post)) *Post {
	t.Helper()
	cert, pool := Certificate(t, "localhost")
	p := &Post{Letters: make(chan string, 10), Conf: &tls.Config{Certificates: []tls.Certificate{cert}}, Roots: pool}
	if change != nil {
		change(p)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	p.Port = ln.Addr().(*net.TCPAddr).Port
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

func (p *Post) speak(c net.Conn) {
	defer func() { c.Close() }()
	if p.Silent {
		io.Copy(io.Discard, c) //nolint:errcheck // until the client gives up
		return
	}
	r := bufio.NewReader(c)
	say := func(s string) { io.WriteString(c, s+"\r\n") } //nolint:errcheck // the client has gone
	say("220 localhost ready")
	secure, known := false, p.Password == ""
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
			if p.Conf != nil && !secure {
				say("250-STARTTLS")
			}
			if p.Password != "" && secure {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			s := tls.Server(c, p.Conf)
			if s.HandshakeContext(context.Background()) != nil {
				return
			}
			c, r, secure = s, bufio.NewReader(s), true
		case "AUTH":
			b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(arg, "PLAIN "))
			if known = string(b) == "\x00user\x00"+p.Password; known {
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
				text.WriteString(strings.TrimPrefix(l, ".")) // a leading dot is doubled on the wire
			}
			p.Letters <- text.String()
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

// Package tlscert is where a server's certificate comes from: files that may
// change, or an own certificate authority. It must not listen or dial.
// Invariant: a certificate that worked is kept until a better one is there.
package tlscert

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync"
	"time"
)

// Source hands out the current certificate. It is safe for concurrent use.
type Source struct {
	now    func() time.Time
	load   func() (*tls.Certificate, error) // reads or makes the certificate
	stale  func(*tls.Certificate) bool      // whether load should be asked again
	caPath string

	mu      sync.Mutex
	cert    *tls.Certificate
	checked time.Time
	lastErr error
}

// checkEvery bounds how often the disk is asked whether the certificate changed.
const checkEvery = 2 * time.Second

func open(s *Source) (*Source, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	s.cert, s.checked = c, s.now()
	return s, nil
}

// Config is for a listener: TLS 1.2 and up.
func (s *Source) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.current(), nil }}
}

// current returns the certificate, a newer one if there is one. When that cannot
// be read the old one stays, and LastError says why.
func (s *Source) current() *tls.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.checked) >= checkEvery {
		s.checked = now
		if s.stale(s.cert) {
			c, err := s.load()
			if s.lastErr = err; err == nil {
				s.cert = c
			}
		}
	}
	return s.cert
}

// Leaf is the certificate that clients see.
func (s *Source) Leaf() *x509.Certificate { return s.current().Leaf }

// CAPath is the file that clients need to trust this server, "" when the
// certificate is not of our own making.
func (s *Source) CAPath() string { return s.caPath }

// LastError is why the certificate could not be renewed or reloaded, nil when it could.
func (s *Source) LastError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastErr
}

// Files serves a certificate from PEM files and follows their changes. A broken
// pair does not replace a good one.
func Files(certFile, keyFile string, now func() time.Time) (*Source, error) {
	var seen [2]time.Time
	times := func() (t [2]time.Time) {
		for n, f := range []string{certFile, keyFile} {
			if i, err := os.Stat(f); err == nil {
				t[n] = i.ModTime()
			}
		}
		return t
	}
	return open(&Source{now: now,
		load: func() (*tls.Certificate, error) {
			at := times()
			c, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err == nil {
				seen = at
			}
			return &c, err
		},
		stale: func(*tls.Certificate) bool { return times() != seen },
	})
}

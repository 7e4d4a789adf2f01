package tlscert

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) forward(d time.Duration) { c.t = c.t.Add(d) }

func verify(t *testing.T, s *Source, host string, at time.Time) error {
	t.Helper()
	pem, err := os.ReadFile(s.CAPath())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	_, err = s.Leaf().Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: at})
	return err
}

func TestSelfSigned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	c := &clock{time.Now()}
	s, err := SelfSigned(dir, []string{"vault.example.com"}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "vault.example.com"} {
		if err := verify(t, s, host, c.t); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := verify(t, s, "example.org", c.t); err == nil {
		t.Error("it is good for a host that is not ours")
	}
	first := s.Leaf().SerialNumber
	if again, err := SelfSigned(dir, []string{"vault.example.com"}, c.now); err != nil || again.Leaf().SerialNumber.Cmp(first) != 0 {
		t.Error("a restart made another certificate", err)
	}
	more, err := SelfSigned(dir, []string{"vault.example.com", "new.example.com"}, c.now)
	if err != nil || verify(t, more, "new.example.com", c.t) != nil {
		t.Error("a new host is not covered", err)
	}
	ca, _ := os.ReadFile(s.CAPath())
	c.forward(serverLife - renewAt + time.Hour)
	if s.Leaf().SerialNumber.Cmp(first) == 0 || verify(t, s, "localhost", c.t) != nil {
		t.Error("it was not renewed while running")
	}
	if now, _ := os.ReadFile(s.CAPath()); string(now) != string(ca) {
		t.Error("renewal changed the authority")
	}
	if i, err := os.Stat(filepath.Join(dir, "ca-key.pem")); err != nil || i.Mode().Perm() != 0o600 {
		t.Error("others may read the authority's key", err)
	}
}

func TestFilesFollowChangesAndKeepWhatWorks(t *testing.T) {
	c := &clock{time.Now()}
	a, b := t.TempDir(), t.TempDir()
	for _, d := range []string{a, b} {
		if _, err := SelfSigned(d, nil, c.now); err != nil {
			t.Fatal(err)
		}
	}
	copyTo := func(from, name string, later time.Duration) {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(a, "live-"+name)
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(to, time.Time{}, c.t.Add(later)); err != nil {
			t.Fatal(err)
		}
	}
	copyTo(a, "server.pem", 0)
	copyTo(a, "server-key.pem", 0)
	s, err := Files(filepath.Join(a, "live-server.pem"), filepath.Join(a, "live-server-key.pem"), c.now)
	if err != nil {
		t.Fatal(err)
	}
	first := s.Leaf().SerialNumber
	copyTo(b, "server.pem", time.Minute) // a certificate that does not go with the key
	c.forward(time.Minute)
	if s.Leaf().SerialNumber.Cmp(first) != 0 || s.LastError() == nil {
		t.Error("a broken pair replaced a good one", s.LastError())
	}
	copyTo(b, "server-key.pem", 2*time.Minute)
	c.forward(time.Minute)
	if s.Leaf().SerialNumber.Cmp(first) == 0 || s.LastError() != nil {
		t.Error("the new pair was not taken", s.LastError())
	}
}

func TestFloorIsTLS12(t *testing.T) {
	s, err := SelfSigned(t.TempDir(), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		client, server := net.Pipe()
		go tls.Server(server, s.Config()).HandshakeContext(t.Context())
		err := tls.Client(client, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version}).HandshakeContext(t.Context())
		if (err == nil) != want {
			t.Errorf("version %x: %v", version, err)
		}
	}
}

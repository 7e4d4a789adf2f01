package tlscert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Lifetimes. The server's stays below what browsers accept (398 days) and is
// renewed when a third of it is left.
const (
	caLife     = 10 * 365 * 24 * time.Hour
	serverLife = 90 * 24 * time.Hour
	renewAt    = serverLife / 3
)

// SelfSigned makes a certificate authority in dir once, and under it a server
// certificate for hosts and for this machine, which it renews in time. Clients
// trust CAPath.
func SelfSigned(dir string, hosts []string, now func() time.Time) (*Source, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	m := &maker{dir: dir, hosts: machineHosts(hosts), now: now}
	return open(&Source{now: now, caPath: m.path("ca.pem"), load: m.server, stale: m.due})
}

type maker struct {
	dir   string
	hosts []string
	now   func() time.Time
}

func (m *maker) path(name string) string { return filepath.Join(m.dir, name) }

func machineHosts(hosts []string) []string {
	all := append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if h, err := os.Hostname(); err == nil {
		all = append(all, h)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(h string) bool { return h == "" })
}

func (m *maker) due(c *tls.Certificate) bool { return c.Leaf.NotAfter.Sub(m.now()) < renewAt }

// server returns the stored certificate while it is good, or makes the next.
func (m *maker) server() (*tls.Certificate, error) {
	ca, caKey, err := m.ca()
	if err != nil {
		return nil, err
	}
	c, err := tls.LoadX509KeyPair(m.path("server.pem"), m.path("server-key.pem"))
	if err == nil && c.Leaf.CheckSignatureFrom(ca) == nil && !m.due(&c) && m.covers(c.Leaf) {
		return &c, nil
	}
	t := m.template(serverLife, pkix.Name{CommonName: "Strongroom"})
	t.KeyUsage, t.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, h := range m.hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	if err := m.issue(t, ca, caKey, "server.pem", "server-key.pem"); err != nil {
		return nil, err
	}
	made, err := tls.LoadX509KeyPair(m.path("server.pem"), m.path("server-key.pem"))
	return &made, err
}

func (m *maker) covers(leaf *x509.Certificate) bool {
	for _, h := range m.hosts {
		if leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	return true
}

// ca returns the authority, made at the first start. A broken one is an error:
// making another would lock out every client that trusts it.
func (m *maker) ca() (*x509.Certificate, crypto.Signer, error) {
	_, err := os.Stat(m.path("ca.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		t := m.template(caLife, pkix.Name{CommonName: "Strongroom CA " + time.Time.Format(m.now(), "2006-01-02")})
		t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero, t.KeyUsage = true, true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
		err = m.issue(t, t, nil, "ca.pem", "ca-key.pem")
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := tls.LoadX509KeyPair(m.path("ca.pem"), m.path("ca-key.pem"))
	if err != nil {
		return nil, nil, fmt.Errorf("the certificate authority in %s cannot be read: %w", m.dir, err)
	}
	if m.now().After(c.Leaf.NotAfter) {
		return nil, nil, fmt.Errorf("the certificate authority in %s has expired: remove the folder, start again, and give clients the new ca.pem", m.dir)
	}
	key, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, nil, errors.New("the certificate authority's key cannot sign")
	}
	return c.Leaf, key, nil
}

func (m *maker) template(life time.Duration, name pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil { // crypto/rand ends the program before it fails
		panic(err)
	}
	// An hour back, for clients whose clock is behind.
	return &x509.Certificate{SerialNumber: serial, Subject: name, NotBefore: m.now().Add(-time.Hour), NotAfter: m.now().Add(life)}
}

// issue makes a key and a certificate of t signed by parent (itself when signer is nil).
func (m *maker) issue(t, parent *x509.Certificate, signer crypto.Signer, certName, keyName string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := m.write(keyName, "PRIVATE KEY", keyDER, 0o600); err != nil {
		return err
	}
	return m.write(certName, "CERTIFICATE", der, 0o644)
}

// write replaces a file at once: a crash leaves the old or the new one, whole.
func (m *maker) write(name, kind string, der []byte, mode fs.FileMode) error {
	tmp := m.path(name + ".new")
	os.Remove(tmp) //nolint:errcheck // left behind by a crash
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp, m.path(name))
}

// Package acmetest is an authority for tests: Pebble, in the test's own process. It
// must not be part of the program. Invariant: it asks nobody but this machine.
package acmetest

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// Authority is Pebble, Let's Encrypt's small ACME server, in this process. Every
// name is at 127.0.0.1, and challenges are asked for at the ports it is given.
type Authority struct {
	URL    string         // of its directory
	Cert   []byte         // PEM of what its own address is vouched for with
	Trust  *x509.CertPool // the same
	Roots  *x509.CertPool // who vouches for what it signs
	Orders atomic.Int32   // certificates that were ordered
	DNS    *Zone          // what it asks about names
}

// Start starts one whose certificates are good for life; the test's end stops it.
func Start(t *testing.T, httpPort, tlsPort int, life time.Duration) *Authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet := log.New(io.Discard, "", 0)
	mem, zone := db.NewMemoryStore(), newZone(t)
	signer := ca.New(quiet, mem, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests", ValidityPeriod: uint64(life / time.Second)}})
	front := wfe.New(quiet, mem, va.New(quiet, httpPort, tlsPort, true, zone.Address, mem), signer, []string{"ca.test"}, true, false, 1, 1)
	a := &Authority{DNS: zone, Trust: x509.NewCertPool(), Roots: x509.NewCertPool()}
	h := front.Handler()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/order-plz" {
			a.Orders.Add(1)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	a.URL = srv.URL + wfe.DirectoryPath
	a.Cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	a.Trust.AddCert(srv.Certificate())
	root, err := x509.ParseCertificate(signer.GetRootCert(0).DER)
	if err != nil {
		t.Fatal(err)
	}
	a.Roots.AddCert(root)
	return a
}

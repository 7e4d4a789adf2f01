package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"strongroom/internal/acme/acmetest"
)

// freePort is one that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// TestACME: the server gets itself a certificate, serves with it, sends those who
// come by http to https and takes nothing from them; on its disk nothing tells
// what the certificate is for.
func TestACME(t *testing.T) {
	const name = "vault.zq7marker.example"
	secure, plain := freePort(t), freePort(t)
	a := acmetest.Start(t, plain, secure, time.Hour)
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, a.Cert, 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	url := fmt.Sprintf("https://%s:%d", name, secure)
	p := serve(t, data, fmt.Sprintf("LISTEN=127.0.0.1:%d", secure), fmt.Sprintf("HTTP_LISTEN=127.0.0.1:%d", plain), "TLS=acme", "PUBLIC_URL="+url,
		"ACME_CA="+a.URL, "ACME_CA_ROOT="+root, "ACME_EMAIL=zq7marker@example.com")
	c := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.Roots}, DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		}}}
	ask := func(method, url string) (status int, h http.Header) {
		req, err := http.NewRequest(method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err != nil {
			return 0, nil
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header
	}
	waitFor(t, func() bool { status, _ := ask("GET", url+"/healthz"); return status == 200 })
	if _, h := ask("GET", url+"/healthz"); h.Get("Strict-Transport-Security") == "" {
		t.Errorf("browsers are not told to come back by https: %v", h)
	}
	from := fmt.Sprintf("http://%s:%d/api/v1/version?x=%%2f", name, plain)
	if status, h := ask("GET", from); status != http.StatusPermanentRedirect || h.Get("Location") != url+"/api/v1/version?x=%2f" {
		t.Errorf("by http: %d, %v", status, h)
	}
	if status, h := ask("POST", from); status != http.StatusForbidden || h.Get("Strict-Transport-Security") != "" {
		t.Errorf("a password by http: %d, %v", status, h)
	}
	p.stop(t)
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".env" {
			return err
		}
		b, err := os.ReadFile(path)
		for _, secret := range []string{"zq7marker", "PRIVATE KEY", "BEGIN CERTIFICATE"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds %q", d.Name(), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for want, settings := range map[string][]string{
		"PUBLIC_URL or ACME_NAMES": {"TLS=acme"},
		"takes a domain name":      {"TLS=acme", "PUBLIC_URL=https://192.0.2.1"},
		"needs HTTP_LISTEN":        {"TLS=acme", "ACME_NAMES=a.example.com", "ACME_CHALLENGE=http-01"},
		"TLS is off":               {"HTTP_LISTEN=127.0.0.1:0"},
		"no certificate in it":     {"TLS=acme", "ACME_NAMES=a.example.com", "ACME_CA_ROOT=/dev/null"},
	} {
		refusal(t, data, settings, want, "serve")
	}
}

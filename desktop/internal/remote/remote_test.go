package remote

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// server is one with a certificate that no system trusts. It counts what reaches it.
func server(t *testing.T) (*httptest.Server, *url.URL, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		io.WriteString(w, r.Host+" "+r.URL.Path+" "+r.Header.Get("Origin")+" "+r.Header.Get("Cookie"))
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, u, &n
}

func ask(t *testing.T, o Options, path string) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:1"+path, nil)
	r.Header.Set("Origin", "http://127.0.0.1:1")
	r.AddCookie(&http.Cookie{Name: "mine", Value: "x"})
	w := httptest.NewRecorder()
	Handler(o).ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Result().Header
}

// TestUnknownCertificate: without acceptance nothing reaches the server.
func TestUnknownCertificate(t *testing.T) {
	s, u, n := server(t)
	if status, _, _ := ask(t, Options{URL: u}, "/api/sync"); status != http.StatusBadGateway || n.Load() != 0 {
		t.Errorf("%d, %d requests", status, n.Load())
	}
	c, err := Options{URL: u}.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Trusted || c.Why == "" || c.Fingerprint != Fingerprint(s.Certificate()) || n.Load() != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAcceptedCertificate(t *testing.T) {
	s, u, _ := server(t)
	status, body, header := ask(t, Options{URL: u, Pin: Fingerprint(s.Certificate())}, "/api/sync")
	if status != 200 || body != u.Host+" /api/sync https://"+u.Host+" " || header.Get("Set-Cookie") != "" {
		t.Errorf("%d %q %v", status, body, header)
	}
}

// TestChangedKey: a server that shows another key gets nothing, even when the system trusts it.
func TestChangedKey(t *testing.T) {
	s, u, n := server(t)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c, err := Options{URL: u, Roots: roots}.Look(t.Context())
	if err != nil || !c.Trusted {
		t.Fatal(c, err)
	}
	status, body, _ := ask(t, Options{URL: u, Pin: strings.Repeat("0", 64), Roots: roots}, "/identity/connect/token")
	if status != http.StatusBadGateway || n.Load() != 0 || !strings.Contains(body, "another key") {
		t.Errorf("%d %s, %d requests", status, body, n.Load())
	}
	if _, _, _ = ask(t, Options{URL: u, Roots: roots}, "/api/sync"); n.Load() != 1 {
		t.Errorf("a server that the system trusts got %d requests", n.Load())
	}
}

// TestPagesAreOurs: what runs in the window never comes from the server.
func TestPagesAreOurs(t *testing.T) {
	s, u, n := server(t)
	for _, path := range []string{"/", "/index.html", "/assets/index.js", "/theme.js", "/desktop/copy", "/healthz"} {
		ask(t, Options{URL: u, Pin: Fingerprint(s.Certificate())}, path)
	}
	if n.Load() != 0 {
		t.Errorf("the server was asked for %d pages", n.Load())
	}
}

func TestAddress(t *testing.T) {
	for typed, want := range map[string]string{
		" vault.example.com ": "https://vault.example.com", "https://Vault.example.com/": "https://vault.example.com",
		"https://a.example/vault/": "https://a.example/vault", "http://localhost:8000": "http://localhost:8000", "http://127.0.0.1:8000/#/": "http://127.0.0.1:8000",
		"http://vault.example.com": "", "": "", "ftp://a.example": "", "https://u:p@a.example": "", "file:///etc/passwd": "", "javascript://a": "",
	} {
		u, err := Address(typed)
		if (err != nil) != (want == "") || err == nil && u.String() != want {
			t.Errorf("%q: %v %v, not %q", typed, u, err, want)
		}
	}
}

func TestPinErrorNamesBoth(t *testing.T) {
	var err error = &PinError{Want: "aa", Got: "bb"}
	if _, ok := errors.AsType[*PinError](err); !ok || !strings.Contains(err.Error(), "aa") || !strings.Contains(err.Error(), "bb") {
		t.Error(err)
	}
}

// TestCertificateOfAnAddress: one that names an IP address is checked for that, which
// a connection does not tell by itself, and not taken for another.
func TestCertificateOfAnAddress(t *testing.T) {
	s, u, n := server(t)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	if status, _, _ := ask(t, Options{URL: u, Roots: roots}, "/api/sync"); status != 200 || n.Load() != 1 {
		t.Errorf("the address in the certificate: %d, %d requests", status, n.Load())
	}
	other := *u
	other.Host = "127.0.0.2:" + u.Port() // the proxy leads to the same server
	through := func(*http.Request) (*url.URL, error) { return tunnel(t, u.Host), nil }
	if status, _, _ := ask(t, Options{URL: &other, Roots: roots, Proxy: through}, "/api/sync"); status != http.StatusBadGateway || n.Load() != 1 {
		t.Errorf("another address: %d, %d requests", status, n.Load())
	}
}

// TestProxy: what looks at the certificate goes where requests go.
func TestProxy(t *testing.T) {
	s, u, n := server(t)
	far := *u
	far.Host = "vault.example.com" // which the proxy alone knows
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	through := func(*http.Request) (*url.URL, error) { return tunnel(t, u.Host), nil }
	o := Options{URL: &far, Roots: roots, Proxy: through}
	c, err := o.Look(t.Context())
	if err != nil || c.Fingerprint != Fingerprint(s.Certificate()) || n.Load() != 0 {
		t.Fatalf("%+v, %v, %d requests", c, err, n.Load())
	}
	o.Pin = c.Fingerprint
	if status, body, _ := ask(t, o, "/api/sync"); status != 200 || !strings.HasPrefix(body, "vault.example.com ") {
		t.Errorf("%d %s", status, body)
	}
}

// TestLookNeedsTLS: what shows no certificate is no server to look at.
func TestLookNeedsTLS(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	u, err := url.Parse("https" + strings.TrimPrefix(s.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := (Options{URL: u}).Look(t.Context()); err == nil {
		t.Errorf("%+v", c)
	}
}

// tunnel is a proxy whose every way leads to one place.
func tunnel(t *testing.T, to string) *url.URL {
	t.Helper()
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT alone", http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		here, early, err := http.NewResponseController(w).Hijack()
		if err != nil {
			there.Close()
			return
		}
		go func() { io.Copy(there, early); there.Close() }() // with what has been read of it already
		go func() { io.Copy(here, there); here.Close() }()
	}))
	t.Cleanup(p.Close)
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

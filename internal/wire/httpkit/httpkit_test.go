package httpkit

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestAddressTrustsOnlyProxies(t *testing.T) {
	k := Kit{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"},
		{"10.0.0.2:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.2:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.2:5", "203.0.113.9, 10.0.0.3", "203.0.113.9"},
		{"10.0.0.2:5", "forged", "10.0.0.2"},
		{"[::ffff:10.0.0.2]:5", "2001:db8::1", "2001:db8::1"},
		{"10.0.0.2:5", "", "10.0.0.2"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := k.address(r); got != c.want {
			t.Errorf("%s behind %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

func TestPanicIsAPlain500AndItsValueStaysUnsaid(t *testing.T) {
	var log bytes.Buffer
	k := Kit{Log: slog.New(slog.NewTextHandler(&log, nil))}
	w := httptest.NewRecorder()
	k.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("hunter2 in a panic") })).ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 500 || strings.Contains(w.Body.String()+log.String(), "hunter2") || !strings.Contains(log.String(), "panic") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, log.String())
	}
}

func TestBodyCapAndRequestID(t *testing.T) {
	k := Kit{Log: slog.New(slog.DiscardHandler), MaxBody: 4}
	var err error
	w := httptest.NewRecorder()
	k.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) })).
		ServeHTTP(w, httptest.NewRequest("POST", "/x", strings.NewReader("12345")))
	if err == nil || w.Header().Get("X-Request-Id") == "" {
		t.Errorf("err %v, id %q", err, w.Header().Get("X-Request-Id"))
	}
}

func TestBearer(t *testing.T) {
	for in, want := range map[string]string{"Bearer a.b": "a.b", "bearer  x": "x", "Basic x": "", "": "", "Bearer": ""} {
		if got := Bearer(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

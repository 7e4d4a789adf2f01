package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func squeezed(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.Bytes()
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var built = fstest.MapFS{
	"dist/.keep":                         {},
	"dist/index.html":                    {Data: []byte("<!doctype html>")},
	"dist/index.html.br":                 {Data: []byte("brotli")},
	"dist/sw.js":                         {Data: []byte("1")},
	"dist/assets/index-abc.js.gz":        {Data: squeezed("export {}")},
	"dist/assets/vault.worker-abc.js.gz": {Data: squeezed("self")},
	"dist/manifest.webmanifest":          {Data: []byte("{}")},
}

// TestHeaders: what each kind of file may do in a browser, and how long it stays there.
func TestHeaders(t *testing.T) {
	h := handler(built)
	for _, c := range []struct{ path, accept, body, kind, encoding, cache, policy string }{
		{"/", "", "<!doctype html>", "text/html", "", "no-cache", "require-trusted-types-for 'script'"},
		{"/redirect-connector.html", "gzip", "<!doctype html>", "text/html", "", "no-cache", "frame-ancestors 'none'"},
		{"/", "gzip, br", "brotli", "text/html", "br", "no-cache", "script-src 'self';"},
		{"/", "br;q=0", "<!doctype html>", "text/html", "", "no-cache", ""},
		{"/assets/index-abc.js", "", "export {}", "text/javascript", "", "immutable", "script-src 'self';"},
		{"/assets/index-abc.js", "gzip", string(squeezed("export {}")), "text/javascript", "gzip", "immutable", ""},
		{"/assets/vault.worker-abc.js", "", "self", "text/javascript", "", "immutable", "'wasm-unsafe-eval'"},
		{"/sw.js", "", "1", "text/javascript", "", "no-cache", "default-src 'none'"},
		{"/manifest.webmanifest", "", "{}", "application/manifest+json", "", "no-cache", ""},
	} {
		w := get(h, c.path, "Accept-Encoding", c.accept)
		g := w.Header()
		if w.Code != 200 || w.Body.String() != c.body || !strings.HasPrefix(g.Get("Content-Type"), c.kind) || g.Get("Content-Encoding") != c.encoding ||
			!strings.Contains(g.Get("Cache-Control"), c.cache) || !strings.Contains(g.Get("Content-Security-Policy"), c.policy) {
			t.Errorf("%s with %q: %d %q %v", c.path, c.accept, w.Code, w.Body, g)
		}
		if c.policy != "'wasm-unsafe-eval'" && strings.Contains(g.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %s", c.path, g.Get("Content-Security-Policy"))
		}
	}
}

// TestUnchangedIsNotSentAgain: a page that the browser has costs no bytes.
func TestUnchangedIsNotSentAgain(t *testing.T) {
	h := handler(built)
	tag := get(h, "/").Header().Get("ETag")
	if w := get(h, "/", "If-None-Match", tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%q: %d %q", tag, w.Code, w.Body)
	}
	if other := get(h, "/", "Accept-Encoding", "br").Header().Get("ETag"); other == tag {
		t.Error("two encodings have one tag")
	}
}

// TestNothingElse: no listing, no hidden file, no way out, no guess at a page.
func TestNothingElse(t *testing.T) {
	for _, path := range []string{"/.keep", "/assets", "/assets/", "/../embed.go", "/%2e%2e/embed.go", "/index.html.br", "/nothing", "/assets/nothing.js"} {
		if w := get(handler(built), path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
}

// TestNotBuilt: without pages the server says so, and goes on.
func TestNotBuilt(t *testing.T) {
	w := get(handler(fstest.MapFS{"dist/.keep": {}}), "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

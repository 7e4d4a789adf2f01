// Package web serves the web vault: the files that `npm run build` left in dist,
// inside the binary. It must know nothing of a vault, for everything secret happens
// in the browser. Invariant: no page of it may load or ask anything but this server,
// and only the worker that decrypts may compile WebAssembly.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed all:dist
var dist embed.FS

// What a page and a worker may do. Browsers take a worker's policy from its own answer.
const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types svelte-trusted-html vault-worker"
	workerPolicy  = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
	serviceWorker = "default-src 'none'; script-src 'self'; connect-src 'self'"
	permissions   = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=(), " +
		"clipboard-write=(self), publickey-credentials-create=(self), publickey-credentials-get=(self)"
)

const notBuilt = "This is Strongroom. Its API is at /api/v1, the API's documentation at /docs.\nThe web vault is not in this binary: it was built without its pages (make build makes both).\n"

// Built reports whether the binary has the pages.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

// Handler answers with the web vault's files. Every path that names none is a 404:
// the page finds its way by the part of an address that no server sees.
func Handler() http.Handler { return handler(dist) }

func handler(files fs.FS) http.Handler {
	return &site{files: files, tags: map[string]string{}}
}

type site struct {
	files fs.FS
	mu    sync.Mutex
	tags  map[string]string // of files that have no hash in their name
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This path does not take this method.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" || name == "redirect-connector.html" { // where links in letters lead, as official servers have it
		name = "index.html"
	}
	if _, err := fs.Stat(s.files, "dist/index.html"); err != nil && name == "index.html" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, notBuilt) //nolint:errcheck // the client is gone
		return
	}
	b, encoding, ok := s.read(name, r.Header.Get("Accept-Encoding"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.headers(w.Header(), name, encoding, b)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// read takes a file as it lies in the binary, compressed where the client takes that.
func (s *site) read(name, accept string) (b []byte, encoding string, ok bool) {
	if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || strings.HasPrefix(path.Base(name), ".") {
		return nil, "", false
	}
	for _, c := range []struct{ suffix, encoding string }{{".br", "br"}, {".gz", "gzip"}} {
		if takes(accept, c.encoding) {
			if b, err := fs.ReadFile(s.files, "dist/"+name+c.suffix); err == nil {
				return b, c.encoding, true
			}
		}
	}
	if b, err := fs.ReadFile(s.files, "dist/"+name); err == nil {
		return b, "", true
	}
	z, err := fs.ReadFile(s.files, "dist/"+name+".gz")
	if err != nil {
		return nil, "", false
	}
	g, err := gzip.NewReader(bytes.NewReader(z))
	if err != nil {
		return nil, "", false
	}
	b, err = io.ReadAll(g)
	return b, "", err == nil
}

// takes reports whether an Accept-Encoding names encoding and does not refuse it.
func takes(accept, encoding string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000")
		}
	}
	return false
}

func (s *site) headers(h http.Header, name, encoding string, b []byte) {
	kind := mime.TypeByExtension(path.Ext(name))
	if strings.HasSuffix(name, ".webmanifest") {
		kind = "application/manifest+json"
	}
	h.Set("Content-Type", kind)
	h.Set("Vary", "Accept-Encoding")
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	switch {
	case strings.HasPrefix(name, "assets/vault.worker-") && strings.HasSuffix(name, ".js"):
		h.Set("Content-Security-Policy", workerPolicy)
	case name == "sw.js":
		h.Set("Content-Security-Policy", serviceWorker)
	default:
		h.Set("Content-Security-Policy", pagePolicy)
	}
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		return
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", s.tag(name+" "+encoding, b))
}

func (s *site) tag(key string, b []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tags[key]
	if !ok {
		sum := sha256.Sum256(b)
		t = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		s.tags[key] = t
	}
	return t
}

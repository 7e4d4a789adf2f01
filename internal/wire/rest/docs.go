package rest

import (
	"compress/gzip"
	"embed"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
)

// swagger-ui-dist 5.35.0 from npm (Apache-2.0, see docs/LICENSE), two files of it.
//
//go:embed docs/index.html docs/start.js docs/swagger-ui-bundle.js.gz docs/swagger-ui.css.gz
var docsFiles embed.FS

// docsPolicy lets the page load what this server has and nothing else. Swagger UI
// sets styles in its elements, which needs unsafe-inline for styles.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Docs serves the API's documentation at /docs, with nothing from elsewhere.
func Docs() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(strings.TrimPrefix(path.Clean(r.URL.Path), "/docs"), "/")
		if name == "" {
			name = "index.html"
			if strings.HasSuffix(r.URL.Path, "/") { // the page's own addresses are relative to /docs
				http.Redirect(w, r, "../docs", http.StatusMovedPermanently)
				return
			}
		}
		h := w.Header()
		h.Set("Content-Security-Policy", docsPolicy)
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		if f, err := docsFiles.Open("docs/" + name); err == nil {
			defer f.Close()
			io.Copy(w, f) //nolint:errcheck // the client is gone
			return
		}
		f, err := docsFiles.Open("docs/" + name + ".gz")
		if err != nil {
			h.Del("Content-Type")
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			io.Copy(w, f) //nolint:errcheck // the client is gone
			return
		}
		if z, err := gzip.NewReader(f); err == nil {
			io.Copy(w, z) //nolint:errcheck,gosec // the client is gone; the archive is our own
		}
	})
}

package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"strongroom/internal/acme"
	"strongroom/internal/config"
	"strongroom/internal/tlscert"
)

// Certificate opens the certificate that the settings name; nil where there is
// none on the disk, for plain http and ACME.
func Certificate(c *config.Config, o Options) (*tlscert.Source, error) {
	now := o.Now
	switch c.TLS {
	case config.TLSFiles:
		return tlscert.Files(c.CertFile, c.KeyFile, now)
	case config.TLSSelfSigned:
		return tlscert.SelfSigned(filepath.Join(c.DataDir, "tls"), []string{c.URL().Hostname()}, now)
	}
	return nil, nil
}

// Security is how a node's connections are encrypted. Its zero value is not at all.
type Security struct {
	Config *tls.Config // nil for plain http
	CAPath string      // the file that clients need, "" for none

	acme *acme.Manager
}

// Secure prepares it. ln and plain are the listeners of the server and of
// HTTP_LISTEN (nil for none).
func (n *Node) Secure(c *config.Config, o Options, ln, plain net.Listener) (*Security, error) {
	if c.TLS != config.TLSACME {
		cert, err := Certificate(c, o)
		if err != nil || cert == nil {
			return &Security{}, err
		}
		return &Security{Config: cert.Config(), CAPath: cert.CAPath()}, nil
	}
	a := acme.Options{Store: n.Store, Names: c.ACMENames, CA: c.ACMECA, Email: c.ACMEEmail, DNS: acme.Provider, Log: o.Log}
	a.Host, _ = address(ln)
	if c.ACMEBy != "http-01" {
		_, a.TLSPort = address(ln)
	}
	if c.ACMEBy != "tls-alpn-01" && plain != nil {
		_, a.HTTPPort = address(plain)
	}
	if c.ACMERoot != "" {
		pem, err := os.ReadFile(c.ACMERoot)
		if err != nil {
			return nil, fmt.Errorf("ACME_CA_ROOT: %w", err)
		}
		if a.Roots = x509.NewCertPool(); !a.Roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("ACME_CA_ROOT: the file has no certificate in it")
		}
	}
	m := acme.New(a)
	return &Security{Config: m.Config(), acme: m}, nil
}

func address(ln net.Listener) (host string, port int) {
	host, text, err := net.SplitHostPort(ln.Addr().String())
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() {
		host = ""
	}
	return host, port
}

// Start begins getting certificates, once the listeners are there.
func (s *Security) Start() error {
	if s.acme == nil {
		return nil
	}
	return s.acme.Start()
}

// Close ends what Start began.
func (s *Security) Close() {
	if s.acme != nil {
		s.acme.Close()
	}
}

// Redirect answers on a listener of plain http until ctx ends: with ACME's
// challenges, and to all else with the way to https. What a client sends here has
// been read by others, so nothing is taken.
func (s *Security) Redirect(ctx context.Context, ln net.Listener, to *url.URL, log *slog.Logger) {
	h := Redirector(to)
	if s.acme != nil {
		h = s.acme.Challenge(h)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: headerTimeout, IdleTimeout: headerTimeout,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	go func() {
		<-ctx.Done()
		srv.Close() //nolint:errcheck // nothing of worth runs there
	}()
	if err := srv.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.ErrorContext(ctx, "HTTP_LISTEN", "err", err)
	}
}

// Redirector sends everybody to the same path at to.
func Redirector(to *url.URL) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "This server is spoken to over https only: "+to.String(), http.StatusForbidden)
			return
		}
		there := url.URL{Scheme: to.Scheme, Host: to.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, there.String(), http.StatusPermanentRedirect)
	})
}

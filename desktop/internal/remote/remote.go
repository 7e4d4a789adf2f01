// Package remote is a vault on a server elsewhere, as the window sees it: the pages
// come from this program, only what they ask goes to the server. It must not keep
// what passes through. Invariant: nothing is sent to a server whose certificate is
// neither vouched for by the system nor the one that a person has accepted.
package remote

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"strongroom/web"
)

const (
	dialTimeout = 10 * time.Second
	idleTimeout = time.Minute
)

// prefixes are what is asked of the server. Whatever else there is comes from this program.
var prefixes = []string{"/api/", "/identity/", "/notifications/", "/icons/", "/events/"}

// Certificate is what a server shows, in the words of a dialog.
type Certificate struct {
	Subject, Issuer, Fingerprint string
	From, Until                  time.Time
	Trusted                      bool   // by this system
	Why                          string // why it is not
}

// PinError says that a server shows another key than the accepted one.
type PinError struct{ Want, Got string }

func (e *PinError) Error() string {
	return "the server shows another key (" + e.Got + ") than the one that was accepted (" + e.Want + ")"
}

// Address reads what a person typed: https unless it says otherwise, and plain
// http to this machine alone.
func Address(typed string) (*url.URL, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("this is not the address of a server, such as https://vault.example.com")
	}
	switch ip := net.ParseIP(u.Hostname()); {
	case u.Scheme == "https":
	case u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()):
	default:
		return nil, errors.New("only https keeps what is sent from others on the way")
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimRight(u.Path, "/")}, nil
}

// Fingerprint is the hash of a certificate's key: it outlives renewals that keep the key.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// errLooked ends a connection before anything is sent on it.
var errLooked = errors.New("the certificate was seen")

// Look connects to the server, sends nothing, and tells what it shows. The pin does
// not matter to it.
func (o Options) Look(ctx context.Context) (*Certificate, error) {
	var seen tls.ConnectionState
	t := o.transport(func(s tls.ConnectionState) error { seen = s; return errLooked })
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, o.URL.String(), nil)
	if err != nil {
		return nil, err
	}
	if res, err := t.RoundTrip(r); !errors.Is(err, errLooked) {
		if err == nil {
			res.Body.Close()
			err = errors.New("it shows no certificate")
		}
		return nil, fmt.Errorf("the server was not reached: %w", err)
	}
	leaf := seen.PeerCertificates[0]
	c := &Certificate{Subject: leaf.Subject.String(), Issuer: leaf.Issuer.String(), Fingerprint: Fingerprint(leaf), From: leaf.NotBefore, Until: leaf.NotAfter, Trusted: true}
	if err := verify(seen, o.URL.Hostname(), "", o.Roots); err != nil {
		c.Trusted, c.Why = false, err.Error()
	}
	return c, nil
}

// verify is the one decision about a certificate. A pin goes before everything: who
// holds its key is who was accepted, until when the certificate says. The name is
// the address's: the connection's own is empty where that is an IP address.
func verify(state tls.ConnectionState, name, pin string, roots *x509.CertPool) error {
	leaf := state.PeerCertificates[0]
	if pin != "" {
		if got := Fingerprint(leaf); got != pin {
			return &PinError{Want: pin, Got: got}
		}
		return nil
	}
	if name == "" {
		return errors.New("there is no name to check the certificate for")
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Intermediates: between, Roots: roots})
	return err
}

// Options is whose vault it is. Roots are nil for the system's, Proxy for what the
// environment says.
type Options struct {
	URL   *url.URL
	Pin   string
	Roots *x509.CertPool
	Proxy func(*http.Request) (*url.URL, error)
}

// transport is the one way to the server, through the proxy if there is one. Judge
// decides about each connection before anything is sent on it.
func (o Options) transport(judge func(tls.ConnectionState) error) *http.Transport {
	proxy := o.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	return &http.Transport{
		Proxy:             proxy,
		DialContext:       (&net.Dialer{Timeout: dialTimeout}).DialContext,
		ForceAttemptHTTP2: true, IdleConnTimeout: idleTimeout, MaxIdleConnsPerHost: 8,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: judge}, //nolint:gosec // judge does it, with the pin
	}
}

// Handler answers with the pages of this program and what the server says.
func Handler(o Options) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(o.URL)
			for _, name := range []string{"Cookie", "Referer", "Sec-Fetch-Site"} {
				p.Out.Header.Del(name)
			}
			if p.In.Header.Get("Origin") != "" {
				p.Out.Header.Set("Origin", o.URL.Scheme+"://"+o.URL.Host)
			}
		},
		Transport: o.transport(func(s tls.ConnectionState) error { return verify(s, o.URL.Hostname(), o.Pin, o.Roots) }),
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Set-Cookie")
			r.Header.Del("Strict-Transport-Security")
			return nil
		},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		ErrorHandler:  unreached,
	}
	pages := web.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) }) {
			proxy.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

func unreached(w http.ResponseWriter, _ *http.Request, err error) {
	text := "The server was not reached."
	if pin, ok := errors.AsType[*PinError](err); ok {
		text = "Nothing was sent: " + pin.Error() + "."
	}
	b, _ := json.Marshal(map[string]any{"message": text, "title": text, "status": http.StatusBadGateway}) // a map of words
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	w.Write(b) //nolint:errcheck // the window is gone
}

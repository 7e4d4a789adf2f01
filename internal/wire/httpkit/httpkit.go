// Package httpkit is what the doors share: request ids, the client's address,
// limits, and the one place where a failed request is logged. It must not know
// any door's words for a refusal. Invariant: every request has an id, a body cap
// and a deadline before a door sees it.
package httpkit

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

type contextKey int

const (
	keyID contextKey = iota
	keyAddress
	keyBody
	keySecure
	keyOrigin
	keyRoute
)

// ErrElsewhere answers for what this process was told not to serve (ONLY).
var ErrElsewhere = fault.New(fault.NotFound, "served-elsewhere", "Another process of this server answers for that: the proxy in front should have asked it.")

// RequestID is the id of this request: in its answer, its problem document and its log line.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(keyID).(string)
	return id
}

// Address is the client's network address, "" when it has none.
func Address(ctx context.Context) string {
	a, _ := ctx.Value(keyAddress).(string)
	return a
}

// Routed notes the pattern of the route that answers this request: what is logged
// and measured in place of its path, which may carry a secret.
func Routed(ctx context.Context, pattern string) {
	if r, ok := ctx.Value(keyRoute).(*string); ok && pattern != "" {
		*r = pattern
	}
}

// Secure reports whether the client came over TLS, to us or to a trusted proxy.
func Secure(r *http.Request) bool {
	over, _ := r.Context().Value(keySecure).(bool)
	return over || r.TLS != nil
}

// Origin is the web origin (scheme, host, port) by which the client reached us.
func Origin(ctx context.Context) string {
	o, _ := ctx.Value(keyOrigin).(string)
	return o
}

// Long frees a request of Kit's deadline and body cap: for files, which bring
// limits of their own. Its context ends after d, not when the client goes; reads
// and writes fail then.
func Long(r *http.Request, d time.Duration) (*http.Request, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), d)
	body, _ := ctx.Value(keyBody).(io.ReadCloser)
	r = r.WithContext(ctx)
	if body != nil {
		r.Body = body
	}
	return r, cancel
}

// Kit wraps the doors. Trusted are the proxies whose word about the client's
// address counts.
type Kit struct {
	Log      *slog.Logger
	Trusted  []netip.Prefix
	Deadline time.Duration // of one request; 0 for none
	MaxBody  int64         // bytes; a door may set less for a route
	HSTS     bool          // whether browsers are told to come over https only, once they have
	Limits   *Limits       // nil for none

	// Watch begins to measure and trace a request and returns what ends it; nil for
	// neither. The headers are nil unless they come from a trusted proxy.
	Watch func(ctx context.Context, id, method string, from http.Header) (context.Context, func(route string, status int))
}

// Wrap gives every request its id, address, limits and log line, and answers a
// panic with a plain 500.
func (k Kit) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := vault.NewID[string]()
		ctx := context.WithValue(r.Context(), keyID, id)
		address := k.address(r)
		ctx = context.WithValue(ctx, keyAddress, address)
		if wait := k.Limits.from(address); wait > 0 {
			ctx = context.WithValue(ctx, limitedKey{}, wait)
		}
		if k.fromProxy(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			ctx = context.WithValue(ctx, keySecure, true)
		}
		scheme := "http"
		if Secure(r.WithContext(ctx)) {
			scheme = "https"
		}
		ctx = context.WithValue(ctx, keyOrigin, scheme+"://"+r.Host)
		var route string
		ctx = context.WithValue(ctx, keyRoute, &route)
		ended := func(string, int) {}
		if k.Watch != nil {
			ctx, ended = k.Watch(ctx, id, r.Method, k.trusted(r))
		}
		if k.Deadline > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, k.Deadline)
			defer cancel()
		}
		r = r.WithContext(ctx)
		if r.Body != nil && k.MaxBody > 0 {
			r = r.WithContext(context.WithValue(ctx, keyBody, r.Body))
			r.Body = http.MaxBytesReader(w, r.Body, k.MaxBody)
		}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if k.HSTS && scheme == "https" { // over http anybody could say it
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if route == "" {
				route = mounted(r)
			}
			if p := recover(); p != nil {
				ended(route, http.StatusInternalServerError)
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				// The panic's value is not logged: it may quote what was being handled.
				k.Log.ErrorContext(ctx, "panic", "id", id, "method", r.Method, "route", route, "stack", string(debug.Stack()))
				if rec.status == 0 {
					http.Error(rec, "Something went wrong on the server.", http.StatusInternalServerError)
				}
				return
			}
			ended(route, cmp.Or(rec.status, http.StatusOK))
			k.Log.DebugContext(ctx, "request", "id", id, "method", r.Method, "route", route, "status", rec.status, "took", time.Since(began), "from", Address(ctx))
		}()
		next.ServeHTTP(rec, r)
	})
}

// mounted is the pattern under which the server's mux found a handler.
func mounted(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return cmp.Or(r.Pattern, "none")
}

// trusted are the headers of a trusted proxy, nil of anybody else.
func (k Kit) trusted(r *http.Request) http.Header {
	if k.fromProxy(r) {
		return r.Header
	}
	return nil
}

// Failed logs a fault that is the server's own; refusals are the caller's
// business. It is called once a request, by a door's renderer.
func (k Kit) Failed(ctx context.Context, f *fault.Error) {
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		k.Log.ErrorContext(ctx, "request failed", "id", RequestID(ctx), "code", f.Code, "err", f.Cause)
	}
}

func peer(r *http.Request) (netip.Addr, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	return a.Unmap(), err
}

func (k Kit) fromProxy(r *http.Request) bool {
	a, err := peer(r)
	return err == nil && k.trusts(a)
}

// address finds the client behind trusted proxies: the last address in
// X-Forwarded-For that is not one of theirs.
func (k Kit) address(r *http.Request) string {
	a, err := peer(r)
	if err != nil {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := len(hops) - 1; n >= 0 && k.trusts(a); n-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[n]))
		if err != nil {
			break
		}
		a = next.Unmap()
	}
	return a.String()
}

func (k Kit) trusts(a netip.Addr) bool {
	for _, p := range k.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Bearer returns the token of an Authorization header, "" when there is none.
func Bearer(header string) string {
	scheme, tok, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(tok)
}

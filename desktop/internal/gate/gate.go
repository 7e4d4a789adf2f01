// Package gate is what stands between this machine's loopback and a vault: it lets
// in the window of this run and nobody else, neither another person on the machine
// nor a page in a browser. It must know nothing of what is behind it. Invariant: a
// request reaches the handler only with this run's token, under the gate's own name.
package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

const (
	cookie     = "strongroom-window"
	enterPath  = "/desktop/enter"
	ticketLife = time.Minute

	headerTimeout = 10 * time.Second
	bodyTimeout   = 5 * time.Minute
	idleTimeout   = 2 * time.Minute
)

// Gate is one listener with what is behind it.
type Gate struct {
	Host string // 127.x.y.z:port, the only name that it answers to

	token string
	next  http.Handler
	ln    net.Listener
	srv   *http.Server
	now   func() time.Time

	mu      sync.Mutex
	tickets map[string]time.Time // until when each may be used
}

// Open listens on loopback and lets the window through to next. The place is the
// wanted one, so that what a window keeps for its origin is found again; another
// when that is "" or taken.
func Open(ctx context.Context, want string, next http.Handler) (*Gate, error) {
	ln, err := listen(ctx, want)
	if err != nil {
		return nil, err
	}
	g := &Gate{Host: ln.Addr().String(), token: rand.Text(), next: next, ln: ln, now: time.Now, tickets: map[string]time.Time{}}
	g.srv = &http.Server{Handler: g, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go g.srv.Serve(ln) //nolint:errcheck // it ends with Close
	return g, nil
}

// listen takes the first place that is free: the wanted one, its address with
// another port, an address of its own, and the one that every machine has. Cookies
// know no ports: on 127.0.0.1 the window's would go to whatever else listens there.
func listen(ctx context.Context, want string) (ln net.Listener, err error) {
	places := []string{own() + ":0", "127.0.0.1:0"}
	if at, err := netip.ParseAddrPort(want); err == nil && at.Addr().Is4() && at.Addr().IsLoopback() {
		places = append([]string{want, at.Addr().String() + ":0"}, places...)
	}
	for _, place := range places {
		var lc net.ListenConfig
		if ln, err = lc.Listen(ctx, "tcp4", place); err == nil {
			return ln, nil
		}
	}
	return nil, err
}

// own is an address of loopback that nothing else is likely to use. macOS has but one.
func own() string {
	if runtime.GOOS == "darwin" {
		return "127.0.0.1"
	}
	b := [4]byte{127}
	for b[1] == 0 { // 127.0.*.* is where others are: 127.0.0.1, 127.0.0.53
		rand.Read(b[1:])
	}
	b[3] = b[3]%254 + 1
	return netip.AddrFrom4(b).String()
}

// Close ends the listener and all connections.
func (g *Gate) Close() error {
	err := g.srv.Close()
	g.ln.Close() // the server does, too, unless it had not begun yet
	return err
}

// Origin is where the window finds the vault.
func (g *Gate) Origin() string { return "http://" + g.Host }

// Entrance is an address that lets whoever opens it first in, once, within a
// minute, and leads to the part of the page that comes behind its #. It must be
// handed to the window inside this process and never be printed.
func (g *Gate) Entrance(page string) string {
	t := rand.Text()
	g.mu.Lock()
	defer g.mu.Unlock()
	for old, until := range g.tickets {
		if g.now().After(until) {
			delete(g.tickets, old)
		}
	}
	g.tickets[t] = g.now().Add(ticketLife)
	return g.Origin() + enterPath + "?ticket=" + t + "#" + page
}

func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Another name that leads here is a page elsewhere that had its own name point to this machine.
	if r.Host != g.Host {
		refuse(w)
		return
	}
	if o := r.Header.Get("Origin"); o != "" && o != g.Origin() {
		refuse(w)
		return
	}
	if r.URL.Path == enterPath {
		g.enter(w, r)
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		refuse(w)
		return
	}
	c, err := r.Cookie(cookie)
	if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.token)) != 1 {
		refuse(w)
		return
	}
	g.next.ServeHTTP(w, without(r))
}

// without is the request without the gate's cookie, which is no business of what
// is behind it: that may be a server elsewhere.
func without(r *http.Request) *http.Request {
	all := r.Cookies()
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	for _, c := range all {
		if c.Name != cookie {
			r.AddCookie(c)
		}
	}
	return r
}

// enter changes a ticket for the token. The cookie is the window's alone: no
// script reads it, and no other site's page has it sent. So the page goes on by
// itself: on a redirect from elsewhere the cookie would be left out.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request) {
	t := r.URL.Query().Get("ticket")
	g.mu.Lock()
	until, ok := g.tickets[t]
	delete(g.tickets, t)
	g.mu.Unlock()
	if r.Method != http.MethodGet || !ok || g.now().After(until) {
		refuse(w)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // Secure would keep it from plain http, which loopback is
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'")
	io.WriteString(w, `<!doctype html><meta charset="utf-8"><title>Strongroom</title><script nonce="`+nonce+ //nolint:errcheck // the window is gone
		`">localStorage.setItem('strongroom.desktop','1');location.replace('/'+location.hash)</script>`)
}

// ErrRefused is what a window that is let in never sees.
var ErrRefused = errors.New("this is the vault of a window of Strongroom's, which alone can open it")

func refuse(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, ErrRefused.Error(), http.StatusForbidden)
}

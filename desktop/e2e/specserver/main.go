// Command specserver lets the web vault's specs run against what the desktop
// program's window is shown: a personal vault behind the gate. It must be used by
// tests alone, for it lets everybody in. Invariant: every request goes through the
// gate, with the token that a window gets.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"strongroom/desktop/internal/app"
	"strongroom/desktop/internal/clip"
	"strongroom/desktop/internal/gate"
	"strongroom/desktop/internal/keychain"
	"strongroom/desktop/internal/personal"
	"strongroom/desktop/internal/state"
	"strongroom/internal/config"
	"strongroom/internal/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "specserver:", err)
		os.Exit(1)
	}
}

// serve takes the settings that the specs start a server with, from the environment.
func serve(ctx context.Context) (err error) {
	c, err := config.Load(config.Options{})
	if err != nil {
		return err
	}
	v, err := personal.Open(ctx, personal.Options{Dir: c.DataDir, Version: "specs", More: os.Environ()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	st, err := state.Load(c.DataDir)
	if err != nil {
		return err
	}
	a := &app.App{Version: "specs", State: st, Clip: &clip.Clip{Board: &memory{}}, Keychain: &memory{}}
	g, err := gate.Open(ctx, "", a.Desk(state.Personal, v.Handler))
	if err != nil {
		return err
	}
	defer g.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Jar: jar}).Get(g.Entrance("/"))
	if err != nil {
		return err
	}
	res.Body.Close()
	to, err := url.Parse(g.Origin())
	if err != nil {
		return err
	}
	ln, scheme, err := listen(ctx, c)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: front(to, jar.Cookies(to)), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	fmt.Println("Serving    ", scheme+"://"+c.Listen)
	code, err := v.SetUp(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		fmt.Println("Setup code ", code)
	}
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func listen(ctx context.Context, c *config.Config) (net.Listener, string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil || c.TLS == config.TLSOff {
		return ln, "http", err
	}
	cert, err := server.Certificate(c, server.Options{Now: time.Now})
	if err != nil {
		return nil, "", err
	}
	return tls.NewListener(ln, cert.Config()), "https", nil
}

// front passes everything on as the window's page would ask it.
func front(to *url.URL, cookies []*http.Cookie) http.Handler {
	return &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Header.Del("Cookie")
		for _, c := range cookies {
			p.Out.AddCookie(c)
		}
		if p.In.Header.Get("Origin") != "" {
			p.Out.Header.Set("Origin", to.String())
		}
	}}
}

// memory is a clipboard, or a keychain, of this run alone.
type memory struct {
	mu   sync.Mutex
	text string
	kept map[string]string
}

func (m *memory) Read() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text, nil
}

func (m *memory) Write(text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
	return nil
}

func (m *memory) Usable() error { return nil }

func (m *memory) Set(account, secret string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]string{}
	}
	m.kept[account] = secret
	return nil
}

func (m *memory) Get(account string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	secret, ok := m.kept[account]
	if !ok {
		return "", keychain.ErrNone
	}
	return secret, nil
}

func (m *memory) Delete(account string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, account)
	return nil
}

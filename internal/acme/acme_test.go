package acme

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/acme/acmetest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// node is one server with its two listeners.
type node struct {
	*Manager
	tls, http net.Listener
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func port(ln net.Listener) int { return ln.Addr().(*net.TCPAddr).Port }

// serve starts a node that answers the challenges that are named.
func (n *node) serve(t *testing.T, a *acmetest.Authority, st *store.Store, http01, alpn01 bool) {
	t.Helper()
	o := Options{Store: st, Names: []string{"vault.example.com"}, CA: a.URL, Email: "admin@example.com", Roots: a.Trust, Host: "127.0.0.1",
		Log: slog.New(slog.DiscardHandler), Check: 200 * time.Millisecond}
	if http01 {
		o.HTTPPort = port(n.http)
	}
	if alpn01 {
		o.TLSPort = port(n.tls)
	}
	n.start(t, o)
}

func (n *node) start(t *testing.T, o Options) {
	t.Helper()
	n.Manager = New(o)
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	secure := &http.Server{Handler: hello, TLSConfig: n.Config(), ErrorLog: log.New(io.Discard, "", 0)}
	plain := &http.Server{Handler: n.Challenge(hello)}
	go secure.ServeTLS(n.tls, "", "")
	go plain.Serve(n.http)
	t.Cleanup(func() { n.Close(); secure.Close(); plain.Close() })
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
}

// serial is the number of the certificate that a node shows, if the authority's
// root vouches for it.
func (n *node) serial(a *acmetest.Authority) (string, error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: &tls.Config{RootCAs: a.Roots, ServerName: "vault.example.com"}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", n.tls.Addr().String())
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
}

// await asks until a node shows a good certificate that is not old.
func (n *node) await(t *testing.T, a *acmetest.Authority, old string) (serial string) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if serial, err = n.serial(a); err == nil && serial != old {
			return serial
		}
	}
	t.Fatalf("no certificate within a minute: %v", err)
	return ""
}

// TestIssue gets a first certificate by either challenge, and loads it again
// without asking when the server starts anew.
func TestIssue(t *testing.T) {
	for name, by := range map[string][2]bool{"http-01": {true, false}, "tls-alpn-01": {false, true}} {
		t.Run(name, func(t *testing.T) {
			n := &node{tls: listen(t), http: listen(t)}
			a, st := acmetest.Start(t, port(n.http), port(n.tls), time.Hour), testdb.Open(t, "sqlite", time.Now)
			n.serve(t, a, st, by[0], by[1])
			first := n.await(t, a, "")
			again := &node{tls: listen(t), http: listen(t)}
			again.serve(t, a, st, by[0], by[1])
			if serial := again.await(t, a, ""); serial != first || a.Orders.Load() != 1 {
				t.Errorf("a restart shows %s after %s, and %d certificates were ordered", serial, first, a.Orders.Load())
			}
		})
	}
}

// TestByDNS: with a provider names are proved by records, which are taken away
// again, though nothing can be reached from outside.
func TestByDNS(t *testing.T) {
	n := &node{tls: listen(t), http: listen(t)}
	a := acmetest.Start(t, 1, 1, time.Hour) // nobody is at these ports
	o := Options{Store: testdb.Open(t, "sqlite", time.Now), Names: []string{"vault.example.com"}, CA: a.URL, Roots: a.Trust, Host: "127.0.0.1",
		Log: slog.New(slog.DiscardHandler), DNS: a.DNS, Resolver: a.DNS.Address}
	n.start(t, o)
	n.await(t, a, "")
	if left, written := a.DNS.Left(); left != 0 || written != 1 {
		t.Errorf("%d of %d records are left", left, written)
	}
}

// TestRenewal: a certificate of a few seconds is replaced while the server runs.
func TestRenewal(t *testing.T) {
	n := &node{tls: listen(t), http: listen(t)}
	a := acmetest.Start(t, port(n.http), port(n.tls), 6*time.Second)
	n.serve(t, a, testdb.Open(t, "sqlite", time.Now), true, true)
	first := n.await(t, a, "")
	second := n.await(t, a, first)
	if n.await(t, a, second) == first {
		t.Error("the first certificate came back")
	}
}

// TestTwoNodesAskOnce: two nodes that start at once on one database order one
// certificate, and the node that did not order it answers the challenge, too.
func TestTwoNodesAskOnce(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			nodes := []*node{{tls: listen(t), http: listen(t)}, {tls: listen(t), http: listen(t)}}
			front := balance(t, nodes[0].http.Addr().String(), nodes[1].http.Addr().String())
			a, st := acmetest.Start(t, port(front), 1, time.Hour), testdb.Open(t, kind, time.Now)
			var serials [2]string
			var wg sync.WaitGroup
			for i, n := range nodes {
				n.serve(t, a, st, true, false)
				wg.Go(func() { serials[i] = n.await(t, a, "") })
			}
			wg.Wait()
			if serials[0] != serials[1] || a.Orders.Load() != 1 {
				t.Errorf("the nodes show %v, and %d certificates were ordered", serials, a.Orders.Load())
			}
		})
	}
}

// balance passes each connection to the next of these addresses.
func balance(t *testing.T, to ...string) net.Listener {
	t.Helper()
	ln := listen(t)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				d, err := net.Dial("tcp", to[n%len(to)])
				if err != nil {
					return
				}
				defer d.Close()
				go func() { copyAll(d, c) }()
				copyAll(c, d)
			}()
		}
	}()
	return ln
}

func copyAll(to, from net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if _, bad := to.Write(b[:n]); err != nil || bad != nil {
			return
		}
	}
}

// TestStorage is what certmagic asks of a storage.
func TestStorage(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			s := &storage{store: testdb.Open(t, kind, time.Now), log: slog.New(slog.DiscardHandler), held: map[string]held{}}
			for _, name := range []string{"certs/ca/x.com/x.com.crt", "certs/ca/x.com/x.com.key", "certs/ca/y.com/y.com.crt", "accounts/a"} {
				if err := s.Store(ctx, name, []byte("of "+name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Store(ctx, "accounts/a", []byte("again")); err != nil {
				t.Fatal(err)
			}
			if b, err := s.Load(ctx, "accounts/a"); err != nil || string(b) != "again" {
				t.Errorf("%q, %v", b, err)
			}
			for _, name := range []string{"certs", "none", "certs/ca/x.co"} {
				if _, err := s.Load(ctx, name); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("loading %s: %v", name, err)
				}
			}
			lists := map[string][]string{"certs/ca": {"certs/ca/x.com", "certs/ca/y.com"}, "certs/ca/x.com": {"certs/ca/x.com/x.com.crt", "certs/ca/x.com/x.com.key"}, "": {"accounts", "certs"}}
			for prefix, want := range lists {
				got, err := s.List(ctx, prefix, false)
				slices.Sort(got)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("below %q: %v, %v", prefix, got, err)
				}
			}
			if got, err := s.List(ctx, "certs", true); err != nil || len(got) != 6 { // three files, ca, and two folders below it
				t.Errorf("%v, %v", got, err)
			}
			if _, err := s.List(ctx, "none", false); !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			if i, err := s.Stat(ctx, "certs/ca"); err != nil || i.IsTerminal {
				t.Errorf("%+v, %v", i, err)
			}
			if i, err := s.Stat(ctx, "accounts/a"); err != nil || !i.IsTerminal || i.Size != 5 || i.Modified.IsZero() {
				t.Errorf("%+v, %v", i, err)
			}
			if err := s.Delete(ctx, "certs/ca/x.com"); err != nil || s.Exists(ctx, "certs/ca/x.com/x.com.key") || !s.Exists(ctx, "certs/ca/y.com") {
				t.Error("deleting a folder", err)
			}
			if err := s.Delete(ctx, "none"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLock: eight that want one lock, from two nodes, have it one after another; one
// that is left behind by a node that is gone ends by itself.
func TestLock(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			st := testdb.Open(t, kind, time.Now)
			var inside, most atomic.Int32
			var wg sync.WaitGroup
			for range 2 {
				s := &storage{store: st, log: slog.New(slog.DiscardHandler), held: map[string]held{}}
				for range 4 {
					wg.Go(func() {
						if err := s.Lock(ctx, "one"); err != nil {
							t.Error(err)
							return
						}
						if n := inside.Add(1); n > most.Load() {
							most.Store(n)
						}
						inside.Add(-1)
						if err := s.Unlock(ctx, "one"); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
			if most.Load() != 1 {
				t.Errorf("%d had the lock at once", most.Load())
			}
			s := &storage{store: st, log: slog.New(slog.DiscardHandler), held: map[string]held{}}
			take := func(holder string, until time.Time) (ok bool) {
				err := st.Tx(ctx, func(tx *store.Tx) (err error) {
					ok, err = tx.HoldACME(ctx, "left", holder, until)
					return err
				})
				return ok && err == nil
			}
			if !take("gone", time.Now().Add(time.Hour)) || take("other", time.Now().Add(time.Hour)) {
				t.Error("a lock that is held was given away, or one that is free was not")
			}
			take("gone", time.Now().Add(-time.Second))
			if err := s.Lock(ctx, "left"); err != nil {
				t.Error(err)
			}
			if err := s.Unlock(ctx, "left"); err != nil {
				t.Error(err)
			}
			if err := s.Unlock(ctx, "left"); err == nil {
				t.Error("a lock that is not held was given back")
			}
		})
	}
}

package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"strongroom/internal/config"
)

// Limits of one connection. A header that takes longer is a slow-loris client;
// a body may take as long as an import over a slow line.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 5 * time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 20 * time.Second
	proxyNotices  = 3 * time.Second // see config's STOP_DELAY
)

// Listen opens a listener for Serve. Multipath TCP, which Go takes unless told
// otherwise, knows no filters (see refuseNew).
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	return lc.Listen(ctx, "tcp", address)
}

// Serve answers on ln until ctx ends, then goes on for STOP_DELAY, finishes what is
// running and returns nil. conf is nil for plain http.
func (n *Node) Serve(ctx context.Context, ln net.Listener, conf *tls.Config) error {
	open := &unanswered{reused: n.drain, conns: map[net.Conn]time.Time{}}
	srv := &http.Server{Handler: n.leaving(n.Handler), ConnState: open.note, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, TLSConfig: conf,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
	ctx, cancel := context.WithCancel(ctx)
	var timed sync.WaitGroup
	timed.Go(func() { n.Work(ctx) })
	defer timed.Wait()
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		if conf != nil {
			failed <- srv.ServeTLS(ln, "", "")
		} else {
			failed <- srv.Serve(ln)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	n.goes.Store(true)
	if n.drain > 0 {
		select {
		case err := <-failed:
			return err
		case <-time.After(n.drain):
		}
		refuseNew(ln)
	}
	n.Live.Close() // connections of this kind would not end by themselves
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer done()
	if err := ln.Close(); err != nil {
		return errors.Join(err, srv.Close())
	}
	select {
	case err := <-failed: // it accepts no more: each connection that it accepted is known
		n.log.Debug("no more connections", "err", err)
		open.wait(stop)
	case <-stop.Done():
	}
	if err := srv.Shutdown(stop); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return srv.Close()
	}
	return nil
}

// Work does what has its time, until ctx ends: Serve calls it, and so does the
// desktop program, which answers with Handler on a listener of its own.
func (n *Node) Work(ctx context.Context) {
	var timed sync.WaitGroup
	timed.Go(func() { n.Member.Run(ctx) })
	if n.only.Has(config.ServeJobs) {
		timed.Go(func() { n.Jobs.Run(ctx) })
		timed.Go(func() { n.Long.Run(ctx) })
	}
	timed.Wait()
}

// leaving has each connection closed after its answer once the node is about to
// stop: a proxy then has none left that it could take for its next request at the
// moment when they are all closed.
func (n *Node) leaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.goes.Load() && r.Header.Get("Upgrade") == "" {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// drainTime reads STOP_DELAY.
func drainTime(c *config.Config, shared bool) time.Duration {
	switch {
	case c.StopDelay >= 0:
		return time.Duration(c.StopDelay) * time.Second
	case shared && len(c.Proxies) > 0:
		return proxyNotices
	}
	return 0
}

// ServeMetrics answers Prometheus on ln, at /metrics and nowhere else, until ctx ends.
func (n *Node) ServeMetrics(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", n.Telemetry.Handler())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: requestDeadline, IdleTimeout: idleTimeout, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // it ends what it has
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

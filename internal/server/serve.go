package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"strongroom/internal/store"
)

// Limits of one connection. A header that takes longer is a slow-loris client;
// a body may take as long as an import over a slow line.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 5 * time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 20 * time.Second
	sweepEvery    = 10 * time.Minute
)

// Serve answers on ln until ctx ends, then finishes what is running and returns
// nil. conf is nil for plain http.
func (n *Node) Serve(ctx context.Context, ln net.Listener, conf *tls.Config) error {
	srv := &http.Server{Handler: n.Handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, TLSConfig: conf,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go n.sweep(ctx)
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
	n.Live.Close() // connections of this kind would not end by themselves
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer done()
	if err := srv.Shutdown(stop); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return srv.Close()
	}
	return nil
}

// trashLife is how long items lie in the trash.
const trashLife = 30 * 24 * time.Hour

// sweep removes what has expired, halves of keys first of all, now and then.
func (n *Node) sweep(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		if err := n.Sweep(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "removing what has expired", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Sweep removes what has expired: sessions, requests to log in, Sends, uploads
// that never came, and what lay in the trash for 30 days.
func (n *Node) Sweep(ctx context.Context) error {
	err := n.Store.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.DeleteExpired(ctx)
		return err
	})
	for _, repeat := range []func() (bool, error){
		func() (bool, error) { return n.Sends.Expire(ctx) },
		func() (bool, error) { return n.Items.EmptyTrash(ctx, n.now().Add(-trashLife)) },
		func() (bool, error) { return false, n.Files.Expire(ctx) },
	} {
		for more := err == nil; more && err == nil; {
			more, err = repeat()
		}
	}
	return err
}

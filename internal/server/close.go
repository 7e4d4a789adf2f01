package server

import (
	"context"
	"errors"
	"time"
)

// closeTimeout is how long Close waits for what still runs. A device that does not
// take its farewell, and a mail server that takes its time, get no longer.
const closeTimeout = 10 * time.Second

// Close ends all that the node holds: first what uses the store, then the store.
// The caller has ended the requests.
func (n *Node) Close() error {
	n.stop()
	n.Live.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := n.await(ctx); err != nil {
		n.log.Warn("something still runs while the server closes", "err", err)
	}
	if err := n.Telemetry.Close(ctx); err != nil {
		n.log.Warn("the last traces could not be handed over", "err", err)
	}
	return errors.Join(n.limiter.Close(), n.Store.Close())
}

// await waits for what goes on beside requests, and for letters on their way.
func (n *Node) await(ctx context.Context) error {
	done := make(chan struct{})
	go func() { defer close(done); n.running.Wait() }()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	return n.letters.Wait(ctx)
}

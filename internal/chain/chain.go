// Package chain runs what the audit log needs done all the time: its lines are
// chained, old ones taken away, and all of them told elsewhere if a stream is set.
// It must not decide what is worth a line. Invariant: of many nodes one does it, and
// a line is streamed after it was chained, in the order of the chain.
package chain

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// How much is done in one transaction, and how long one turn may take.
const (
	page       = 500
	streamPage = 200
	turn       = 30 * time.Second
)

// Sink takes lines somewhere else. Send returns nil only once they have arrived.
type Sink interface {
	Name() string
	Send(ctx context.Context, es []vault.Event) error
}

// Job keeps the audit log in order. Keep is how long lines are kept, 0 for ever.
type Job struct {
	Store *store.Store
	Keep  time.Duration
	Sinks []Sink
	Now   func() time.Time
	Log   *slog.Logger

	dropped time.Time
}

// dropEvery is how often old lines are looked for.
const dropEvery = 10 * time.Minute

// Turn does what there is to do now. It must not run at two nodes at once.
func (j *Job) Turn(ctx context.Context) (did string, err error) {
	ctx, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	total := 0
	for n := page; n == page; total += n {
		if n, err = j.Store.ChainEvents(ctx, page); err != nil {
			return "", err
		}
	}
	for _, s := range j.Sinks {
		if err := j.stream(ctx, s); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("Chained %d lines.", total), j.drop(ctx)
}

// drop takes away what is older than Keep, but nothing that a stream still waits for.
func (j *Job) drop(ctx context.Context) error {
	if j.Keep <= 0 || j.Now().Sub(j.dropped) < dropEvery {
		return nil
	}
	last, err := j.sent(ctx)
	if err != nil {
		return err
	}
	before := j.Now().Add(-j.Keep)
	for n := int64(page); n == page; {
		if n, err = j.Store.DropEvents(ctx, before, last, page); err != nil {
			return err
		}
	}
	j.dropped = j.Now()
	return nil
}

// sent is the last line that every stream has had.
func (j *Job) sent(ctx context.Context) (last int64, err error) {
	last = math.MaxInt64
	err = j.Store.Tx(ctx, func(tx *store.Tx) error {
		for _, s := range j.Sinks {
			x, err := tx.Stream(ctx, s.Name())
			if err != nil {
				return err
			}
			last = min(last, x.Seq)
		}
		return nil
	})
	return last, err
}

// maxBackoff is the longest that a stream that fails waits.
const maxBackoff = 15 * time.Minute

// stream sends what a sink has not had. How far it came, how often it failed and
// when to try again stand in the database, so that another node can go on.
func (j *Job) stream(ctx context.Context, s Sink) error {
	for n := streamPage; n == streamPage; {
		var x store.Stream
		var es []vault.Event
		err := j.Store.Tx(ctx, func(tx *store.Tx) (err error) {
			es = nil
			if x, err = tx.Stream(ctx, s.Name()); err != nil || x.NextAt.After(tx.Now) {
				return err
			}
			return tx.ChainedEvents(ctx, x.Seq, streamPage, func(e vault.Event) error { es = append(es, e); return nil })
		})
		if n = len(es); err != nil || n == 0 {
			return err
		}
		if failed := s.Send(ctx, es); failed != nil {
			n = 0
			x.Fails++
			x.NextAt = j.Now().Add(min(maxBackoff, time.Second<<min(x.Fails, 12)))
			j.Log.WarnContext(ctx, "the audit log was not taken", "stream", s.Name(), "fails", x.Fails, "next", x.NextAt, "err", failed)
		} else {
			x.Seq, x.Fails, x.NextAt = es[len(es)-1].Seq, 0, time.Time{}
		}
		if err := j.Store.Tx(ctx, func(tx *store.Tx) error { return tx.PutStream(ctx, s.Name(), x) }); err != nil {
			return err
		}
	}
	return nil
}

// Package cluster is what makes several nodes on one database one server: it
// carries notices from the node that made a change to all others, lists the nodes
// and leases timed work to one of them. It must not know who listens or what the
// work is. Invariant: each node passes a notice on once at most, and only after
// the change is committed.
package cluster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// How the outbox is read. Commits do not come in the order of their times, nor do
// the nodes' clocks agree to the millisecond, so it is read a little back each time.
// A cluster that loses a database node holds commits for many seconds: now and then
// it is read far back, and after a gap from where it was last read.
const (
	every   = 100 * time.Millisecond
	overlap = 5 * time.Second
	deep    = time.Minute
	farBack = 5 * time.Second // how often it is read that deep
	longest = 2 * time.Minute
	atOnce  = 1000
	readFor = 5 * time.Second
)

// Bus passes notices to Tell. Awake says whether anybody listens on this node;
// while nobody does the outbox is left alone.
type Bus struct {
	Store *store.Store
	Tell  func(vault.Notice)
	Awake func() bool
	Now   func() time.Time
	Log   *slog.Logger

	mu   sync.Mutex
	seen map[string]time.Time // by id of the notice: when it was passed on

	woke, good, dived time.Time // since when it is read without a pause, when it was last, and far back
}

// Local passes on what this node changed; other nodes read it in the outbox. It
// fits store.OnChange.
func (b *Bus) Local(ns []vault.Notice) {
	for _, n := range ns {
		if b.first(n.ID) {
			b.Tell(n)
		}
	}
}

// first reports whether the notice was not passed on yet, and remembers it.
func (b *Bus) first(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = map[string]time.Time{}
	}
	if _, ok := b.seen[id]; ok {
		return false
	}
	b.seen[id] = b.Now()
	return true
}

func (b *Bus) known(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.seen[id]
	return ok
}

// forget drops what is too old to be read again.
func (b *Bus) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.Now().Add(-longest - overlap)
	for id, at := range b.seen {
		if at.Before(before) {
			delete(b.seen, id)
		}
	}
}

// Run reads the outbox until ctx ends. On a database that one node has for itself
// there is none, and it only forgets.
func (b *Bus) Run(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	failing := false
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if n%100 == 0 {
			b.forget()
		}
		if !b.Store.Shared() || !b.Awake() {
			b.woke = time.Time{}
			continue
		}
		err := b.read(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			b.Log.WarnContext(ctx, "reading other nodes' notices", "err", err)
		}
		failing = err != nil
	}
}

// since is from when on the outbox is read at a time. What nobody listened for is
// left out, however far back it is read: an old sign-out would end a new connection.
func (b *Bus) since(now time.Time) (from time.Time, dive bool) {
	if b.woke.IsZero() {
		b.woke, b.good = now, now
	}
	back := overlap
	if dive = now.Sub(b.dived) >= farBack; dive {
		back = deep
	}
	from = now.Add(-min(longest, max(back, now.Sub(b.good)+overlap)))
	if awake := b.woke.Add(-overlap); from.Before(awake) {
		from = awake
	}
	return from, dive
}

func (b *Bus) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	var ns []vault.Notice
	var now time.Time
	var dive bool
	err := b.Store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		var from time.Time
		from, dive = b.since(now)
		ns, err = tx.Outbox(ctx, from, b.known, atOnce)
		return err
	})
	if err != nil {
		return err
	}
	if len(ns) < atOnce { // else there is more, and the gap stays
		b.good = now
		if dive {
			b.dived = now
		}
	}
	b.Local(ns)
	return nil
}

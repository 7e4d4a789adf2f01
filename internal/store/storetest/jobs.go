package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// clockwork is a clock that a test moves.
type clockwork struct{ us atomic.Int64 }

func (c *clockwork) now() time.Time          { return time.UnixMicro(c.us.Load()).UTC() }
func (c *clockwork) advance(d time.Duration) { c.us.Add(d.Microseconds()) }

func newClock() *clockwork {
	c := new(clockwork)
	c.us.Store(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func job(t *testing.T, s *store.Store, name string) (found *vault.Job) {
	t.Helper()
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		js, err := tx.Jobs(ctx)
		for _, j := range js {
			if j.Name == name {
				found = j
			}
		}
		return err
	})
	return found
}

// jobLeases: of many that want a job one gets it; it comes free when its holder
// gives it back, or says nothing for the length of the lease.
func jobLeases(t *testing.T, src store.Source) {
	c := newClock()
	s := open(t, store.Options{Source: src, Keys: Keys(t), Now: c.now})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddJob(ctx, "trash") })
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddJob(ctx, "trash") })
	claim := func(n vault.NodeID, due bool) (got bool) {
		must(t, s.Tx(t.Context(), func(tx *store.Tx) (err error) {
			got, err = tx.ClaimJob(t.Context(), "trash", n, tx.Now.Add(time.Minute), due)
			return err
		}))
		return got
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if claim(vault.NewID[vault.NodeID](), true) {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d nodes got the job", won.Load())
	}
	holder := job(t, s, "trash").Node
	c.advance(50 * time.Second)
	renew := func(n vault.NodeID) (held bool) {
		write(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
			held, err = tx.RenewJob(ctx, "trash", n, tx.Now.Add(time.Minute))
			return err
		})
		return held
	}
	if !renew(holder) || renew("another") {
		t.Error("the holder alone may renew its lease")
	}
	c.advance(50 * time.Second)
	if claim("b", true) || claim("b", false) {
		t.Error("a renewed lease was given away")
	}
	c.advance(11 * time.Second)
	if !job(t, s, "trash").Stuck(c.now()) || renew(holder) || !claim("b", true) {
		t.Error("a lease that ran out is not free")
	}
	end := func(n vault.NodeID, result string) {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.EndJob(ctx, "trash", n, vault.JobDone, result, tx.Now.Add(time.Hour))
		})
	}
	end(holder, "late")
	if j := job(t, s, "trash"); j.State != vault.JobRunning || j.Node != "b" {
		t.Errorf("who lost the lease ended the other's run: %+v", j)
	}
	end("b", "7 removed ä")
	same(t, *job(t, s, "trash"), vault.Job{Name: "trash", State: vault.JobDone, Node: "b", StartedAt: c.now(), EndedAt: c.now(), NextAt: c.now().Add(time.Hour), Result: "7 removed ä"})
	if claim("a", true) || !claim("a", false) {
		t.Error("before its time a job may be run by asking only")
	}
	end("a", "")
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AskJob(ctx, "trash") })
	if !claim("a", true) {
		t.Error("a job that was asked for is not due")
	}
	wants(t, s, vault.ErrJobNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.AskJob(ctx, "none") })
}

// nodeList: a node is on the list while it beats, and until it is forgotten.
func nodeList(t *testing.T, src store.Source) {
	c := newClock()
	s := open(t, store.Options{Source: src, Keys: Keys(t), Now: c.now})
	n := vault.Node{ID: vault.NewID[vault.NodeID](), Name: "näme", Version: "1", Commit: "c", System: "linux/amd64"}
	began := c.now()
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutNode(ctx, &n) })
	c.advance(10 * time.Second)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutNode(ctx, &n) })
	nodes := func() (ns []*vault.Node) {
		read(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
			ns, err = tx.Nodes(ctx)
			return err
		})
		return ns
	}
	n.StartedAt, n.SeenAt = began, c.now()
	same(t, nodes(), []*vault.Node{&n})
	c.advance(vault.NodeSilence + time.Second)
	if nodes()[0].Alive(c.now()) {
		t.Error("a silent node counts as alive")
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if k, err := tx.DropSilentNodes(ctx, n.SeenAt); err != nil || k != 0 {
			t.Errorf("%d nodes dropped (%v)", k, err)
		}
		k, err := tx.DropSilentNodes(ctx, tx.Now)
		if k != 1 {
			t.Errorf("%d nodes dropped", k)
		}
		return err
	})
	if len(nodes()) != 0 {
		t.Error("a forgotten node is on the list")
	}
}

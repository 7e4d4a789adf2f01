package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// group commits together what waits together. SQLite has one writer and every
// commit waits for the disk: while one commit waits, the writes that arrive queue
// up, and the next transaction takes all of them, each under a savepoint of its
// own, so that one that fails takes back its own changes only.
type group struct {
	turn    chan struct{} // held by who runs a transaction
	mu      sync.Mutex
	waiting []*queued
}

type queued struct {
	ctx   context.Context
	fn    func(*Tx) error
	err   error
	panic any
	done  chan struct{}
}

// maxGroup bounds how long the first of a group waits for the last.
const maxGroup = 64

func newGroup() *group { return &group{turn: make(chan struct{}, 1)} }

func (g *group) add(q *queued) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, q)
}

func (g *group) take() []*queued {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), maxGroup)
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return batch
}

// drop takes q out again, and reports whether it still waited.
func (g *group) drop(q *queued) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == q {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// grouped is Tx for a database with one writer.
func (s *Store) grouped(ctx context.Context, fn func(*Tx) error) error {
	q := &queued{ctx: ctx, fn: fn, done: make(chan struct{})}
	s.group.add(q)
	for {
		select {
		case <-q.done:
			if q.panic != nil {
				panic(q.panic)
			}
			return q.err
		case s.group.turn <- struct{}{}:
			s.together(s.group.take())
			<-s.group.turn
		case <-ctx.Done():
			if s.group.drop(q) {
				return s.classify(ctx.Err())
			}
			ctx = context.WithoutCancel(ctx) // it is being run: wait for what becomes of it
		}
	}
}

// together runs a batch in one transaction. What the database refuses as a whole
// (it is full, locked or gone) is the answer to all of them.
func (s *Store) together(batch []*queued) {
	if len(batch) == 0 { // the one before took it along
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := s.run(ctx, s.write, nil, func(t *Tx) error {
		t.detached = len(batch) > 1
		for _, q := range batch {
			if err := t.nested(q, len(batch) > 1); err != nil {
				return err
			}
		}
		return nil
	})
	for _, q := range batch {
		if err != nil && (q.err == nil || len(batch) == 1) {
			q.err = err
		}
		close(q.done)
	}
}

var errPanicked = errors.New("store: a transaction panicked")

// nested runs one of a batch; its error is the database's, q.err is q's own.
func (t *Tx) nested(q *queued, savepoint bool) error {
	q.err = q.ctx.Err()
	if q.err != nil {
		q.err = t.s.classify(q.err)
		return nil
	}
	if !savepoint {
		q.run(t)
		if q.panic != nil {
			return errPanicked
		}
		return q.err
	}
	if _, err := t.exec(q.ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	told, recorded := len(t.notices), len(t.recorded)
	q.run(t)
	if q.err != nil || q.panic != nil {
		t.notices, t.recorded = t.notices[:told], t.recorded[:recorded]
		if t.s.d.down(q.err) || t.s.d.retryable(q.err) {
			err := q.err
			q.err = nil
			return err
		}
		q.err = t.s.classify(q.err)
		if _, err := t.exec(q.ctx, `ROLLBACK TO one`); err != nil {
			return err
		}
	}
	_, err := t.exec(q.ctx, `RELEASE one`)
	return err
}

// run keeps a panic for the caller whose it is.
func (q *queued) run(t *Tx) {
	defer func() { q.panic = recover() }()
	q.panic, q.err = nil, q.fn(t)
}

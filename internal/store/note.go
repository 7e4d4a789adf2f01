package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"strongroom/internal/vault"
)

// notes are lines about what was read. A read has no transaction to stand in, and
// one for each would cost more than the read: those that come while one is being
// written go into the next together, and each caller waits for its own.
type notes struct {
	mu      sync.Mutex
	waiting *noteBatch
	running bool
	writer  sync.WaitGroup
}

// noteTime is how long writing one batch may take.
const noteTime = 30 * time.Second

// lastNotes is how long the end of the store waits for notes that are being written.
const lastNotes = 10 * time.Second

var errNotes = errors.New("store: the database took too long over the last lines of the audit log")

type noteBatch struct {
	events []vault.Event
	err    error
	done   chan struct{}
}

func newNotes() *notes { return &notes{} }

func (n *notes) wait() error {
	written := make(chan struct{})
	go func() { defer close(written); n.writer.Wait() }()
	select {
	case <-written:
		return nil
	case <-time.After(lastNotes):
		return errNotes
	}
}

// Note writes a line that belongs to no change. It returns once the line is kept, so
// what it is about is shown to nobody before.
func (s *Store) Note(ctx context.Context, e vault.Event) error {
	if s.silent {
		return nil
	}
	n := s.notes
	n.mu.Lock()
	if n.waiting == nil {
		n.waiting = &noteBatch{done: make(chan struct{})}
	}
	b := n.waiting
	b.events = append(b.events, e)
	if !n.running {
		n.running = true
		n.writer.Go(func() { s.writeNotes(context.WithoutCancel(ctx)) })
	}
	n.mu.Unlock()
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return s.classify(ctx.Err())
	}
}

// writeNotes writes batches until none waits.
func (s *Store) writeNotes(ctx context.Context) {
	for {
		s.notes.mu.Lock()
		b := s.notes.waiting
		if s.notes.waiting = nil; b == nil {
			s.notes.running = false
			s.notes.mu.Unlock()
			return
		}
		s.notes.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, noteTime)
		b.err = s.Tx(ctx, func(t *Tx) error { return t.RecordAll(ctx, b.events) })
		cancel()
		close(b.done)
	}
}

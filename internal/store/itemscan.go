package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"strongroom/internal/seal"
	"strongroom/internal/vault"
)

// batch is how many items are opened together: few enough to begin early, enough
// that handing over costs nothing.
const batch = 64

// ScanItems reads a person's items in the order they were made and hands them to
// use in batches, numbered from 0. Other processors open the seals, and run use,
// while this one still reads rows: use is called concurrently and in any order.
// Items and their Data are valid during the call only.
func (t *Tx) ScanItems(ctx context.Context, u vault.UserID, f vault.ItemFilter, use func(n int, items []vault.Item) error) error {
	k, err := t.key(ctx, string(u))
	if err != nil {
		return err
	}
	s := &scan{key: k, owner: u, use: use}
	q, args := itemQuery(u, f)
	next, n := getBatch(), 0
	err = t.each(ctx, q, args, func(rows *sql.Rows) error {
		if err := next.scan(rows, u); err != nil {
			return err
		}
		if len(next.items) == batch {
			s.hand(n, next)
			next, n = getBatch(), n+1
		}
		return nil
	})
	if err == nil && len(next.items) > 0 {
		s.run(n, next) // the last is run by who read it; of a short list that is all
	}
	if failed := s.wait(); err == nil {
		err = failed
	}
	return err
}

// items of one batch, with the memory that they lie in.
type itemBatch struct {
	items  []vault.Item
	tokens []string
	room   []byte
}

var batches = sync.Pool{New: func() any {
	return &itemBatch{items: make([]vault.Item, 0, batch), tokens: make([]string, 0, batch)}
}}

func getBatch() *itemBatch { return batches.Get().(*itemBatch) }

func (b *itemBatch) free() {
	const keep = 1 << 20 // a batch of unusually large items is not held on to
	if clear(b.tokens); cap(b.room) <= keep {
		b.items, b.tokens = b.items[:0], b.tokens[:0]
		batches.Put(b)
	}
}

func (b *itemBatch) scan(rows *sql.Rows, owner vault.UserID) error {
	b.items, b.tokens = append(b.items, vault.Item{Owner: owner}), append(b.tokens, "")
	n := len(b.items) - 1
	return scanListed(rows, &b.items[n], &b.tokens[n])
}

func (b *itemBatch) open(k seal.DataKey) error {
	need := 0
	for _, t := range b.tokens {
		need += base64.URLEncoding.DecodedLen(len(t))
	}
	b.room = slices.Grow(b.room[:0], need)
	free := b.room
	for n, t := range b.tokens {
		size := base64.URLEncoding.DecodedLen(len(t))
		plain, _, err := k.OpenInto(place("items", string(b.items[n].ID)), free[:0:size], t)
		if err != nil {
			return fmt.Errorf("items %s: %w", b.items[n].ID, err)
		}
		b.items[n].Data = plain
		free = free[size:size:cap(free)]
	}
	return nil
}

// scan is the work of one ScanItems.
type scan struct {
	key   seal.DataKey
	owner vault.UserID
	use   func(int, []vault.Item) error
	work  chan numbered
	wg    sync.WaitGroup
	mu    sync.Mutex
	err   error
}

type numbered struct {
	n int
	b *itemBatch
}

func (s *scan) hand(n int, b *itemBatch) {
	if s.work == nil {
		s.work = make(chan numbered, 4)
		for range runtime.GOMAXPROCS(0) {
			s.wg.Go(func() {
				for w := range s.work {
					s.run(w.n, w.b)
				}
			})
		}
	}
	s.work <- numbered{n, b}
}

func (s *scan) run(n int, b *itemBatch) {
	err := b.open(s.key)
	if err == nil {
		err = s.use(n, b.items)
	}
	b.free()
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err == nil {
			s.err = err
		}
	}
}

func (s *scan) wait() error {
	if s.work != nil {
		close(s.work)
		s.wg.Wait()
	}
	return s.err
}

// Items lists a person's items in the order they were made.
func (t *Tx) Items(ctx context.Context, u vault.UserID, f vault.ItemFilter) ([]vault.Item, error) {
	var items []vault.Item
	var mu sync.Mutex
	err := t.ScanItems(ctx, u, f, func(n int, b []vault.Item) error {
		mu.Lock()
		defer mu.Unlock()
		items = append(items, make([]vault.Item, max(0, n*batch+len(b)-len(items)))...)
		for i := range b {
			items[n*batch+i] = b[i]
			items[n*batch+i].Data = slices.Clone(b[i].Data)
		}
		return nil
	})
	return items, err
}

package store_test

import (
	"context"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/store/storetest"
	"strongroom/internal/store/testdb"
)

// TestContract runs the whole contract against each database.
func TestContract(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			storetest.Suite{New: func(t *testing.T) store.Source { return testdb.New(t, kind) }}.Run(t)
		})
	}
}

// TestNoGapIsLocked: one who looked for a row that is not there holds up nobody who
// makes another beside it.
func TestNoGapIsLocked(t *testing.T) {
	for _, kind := range testdb.Kinds {
		if kind == "sqlite" {
			continue // has one writer at a time
		}
		t.Run(kind, func(t *testing.T) {
			s := testdb.Open(t, kind, time.Now)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := s.Tx(ctx, func(one *store.Tx) error {
				if n, err := one.Exec(ctx, `UPDATE throttles SET wait = 0 WHERE id = 'a'`); n > 0 || err != nil {
					t.Errorf("%d rows: %v", n, err)
				}
				return s.Tx(ctx, func(other *store.Tx) error {
					_, err := other.Exec(ctx, `INSERT INTO throttles (id, full_at, wait, next_at) VALUES ('b', 1, 0, 1)`)
					return err
				})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

package store

import (
	"context"
	"time"
)

// KeepLease takes the lease on migrations and keeps it, for TestLeaseThroughThePool.
func (s *Store) KeepLease(ctx context.Context, me string, every time.Duration) (give func(), err error) {
	for _, q := range []string{makeLease, addLease} {
		if _, err := again(ctx, s.write, q); err != nil {
			return nil, err
		}
	}
	return keepLease(ctx, s.write, me, every), nil
}

// Exec is a statement of a test's own.
func (t *Tx) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	return t.exec(ctx, q, args...)
}

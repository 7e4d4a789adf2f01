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

package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestKeep: a run is stopped before its lease is over when that cannot be renewed,
// and goes on when it can again in time.
func TestKeep(t *testing.T) {
	never := func(time.Duration) bool { return false }
	for name, c := range map[string]struct {
		works   func(after time.Duration) bool
		held    bool
		stopped time.Duration
	}{
		"nothing answers":  {never, true, leaseLife - leaseSlack},
		"taken by another": {func(time.Duration) bool { return true }, false, leaseRenew},
		"back in time":     {func(after time.Duration) bool { return after > leaseRenew }, true, 0},
		"gone later":       {func(after time.Duration) bool { return after < 3*leaseLife }, true, 3*leaseLife - leaseRenew + leaseLife - leaseSlack},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, stop := context.WithCancelCause(t.Context())
				go keep(ctx, stop, began.Add(leaseLife-leaseSlack), func() (bool, time.Time, error) {
					if !c.works(time.Since(began)) {
						return false, time.Time{}, errors.New("no answer")
					}
					return c.held, time.Now().Add(leaseLife - leaseSlack), nil
				})
				select {
				case <-ctx.Done():
					if after := time.Since(began); after != c.stopped || !errors.Is(context.Cause(ctx), errLost) {
						t.Errorf("stopped after %v, not %v: %v", after, c.stopped, context.Cause(ctx))
					}
				case <-time.After(time.Hour):
					if c.stopped > 0 {
						t.Error("it goes on for an hour")
					}
				}
				stop(nil)
			})
		})
	}
}

package spread_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"strongroom/internal/spread"
)

func TestOver(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 1000} {
		done := make([]atomic.Int64, n)
		if err := spread.Over(n, func(i int) error { done[i].Add(1); return nil }); err != nil {
			t.Error(err)
		}
		for i := range done {
			if done[i].Load() != 1 {
				t.Errorf("piece %d of %d was done %d times", i, n, done[i].Load())
			}
		}
	}
	// The first piece that has an error is the one that is told, however often it runs.
	for range 200 {
		err := spread.Over(1000, func(i int) error {
			if i == 37 || i > 100 && i%7 == 0 {
				return fmt.Errorf("piece %d", i)
			}
			return nil
		})
		if err == nil || err.Error() != "piece 37" {
			t.Fatal(err)
		}
	}
}

func TestPanic(t *testing.T) {
	defer func() {
		if p := recover(); p != "piece 900" {
			t.Error(p)
		}
	}()
	t.Error(spread.Over(1000, func(i int) error {
		if i == 900 {
			panic("piece 900")
		}
		return nil
	}))
}

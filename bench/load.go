package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// call makes the n-th request of a client and says how many bytes came or went,
// and how long it took where that is not all of it (0).
type call func(ctx context.Context, client, n int) (bytes int64, took time.Duration, err error)

// row is one measure.
type row struct {
	name    string
	clients int
	calls   int // over all clients; 0 for as many as the time allows
	noCPU   bool
	setup   func(ctx context.Context, s *server) (call, error)
}

// result is what a row measured at one server.
type result struct {
	times  []time.Duration
	bytes  int64
	spent  time.Duration // by the clock, all turns together
	cpu    float64       // seconds
	memory float64       // MB, at the end
	err    error
}

// at is a quantile in milliseconds; times are sorted by then.
func (r *result) at(q float64) float64 {
	if len(r.times) == 0 {
		return 0
	}
	return float64(r.times[min(len(r.times)-1, int(q*float64(len(r.times))))].Nanoseconds()) / 1e6
}

func (r *result) perSecond() float64 { return float64(len(r.times)) / r.spent.Seconds() }

// turn loads s once with f and adds what it took to r.
func (r *result) turn(ctx context.Context, w row, s *server, f call, length time.Duration, calls, from int) {
	used, began := s.cpu(), time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range w.clients {
		wg.Go(func() {
			var mine []time.Duration
			var bytes int64
			var err error
			for n := 0; err == nil && ctx.Err() == nil && r.more(w, calls, n, c, began, length); n++ {
				at := time.Now()
				var b int64
				var took time.Duration
				if b, took, err = f(ctx, c, from+n); err == nil {
					if took == 0 {
						took = time.Since(at)
					}
					mine, bytes = append(mine, took), bytes+b
				}
			}
			mu.Lock()
			defer mu.Unlock()
			r.times, r.bytes, r.err = append(r.times, mine...), r.bytes+bytes, errors.Join(r.err, err)
		})
	}
	wg.Wait()
	r.spent, r.cpu, r.memory = r.spent+time.Since(began), r.cpu+s.cpu()-used, s.memory()
	slices.Sort(r.times)
}

// more reports whether a client that made n calls makes another one.
func (r *result) more(w row, calls, n, client int, began time.Time, length time.Duration) bool {
	if calls > 0 {
		return n*w.clients+client < calls
	}
	return time.Since(began) < length || n == 0
}

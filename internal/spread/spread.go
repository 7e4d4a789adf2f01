// Package spread divides work of many like pieces among the processors. It must
// not be given what waits for something else, nor a single piece of which could
// take a request's time. Invariant: the error that comes back is the first
// piece's that has one, whichever was found first, and a panic is the caller's.
package spread

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// chunk is how many pieces are taken at once: handing them over costs nothing then.
const chunk = 16

// Over calls f for 0 to n-1, in any order and at once. After an error pieces
// behind it may be left out.
func Over(n int, f func(i int) error) error {
	var next atomic.Int64
	var mu sync.Mutex
	var first error
	at := n
	var panicked any
	work := func() {
		defer func() {
			if p := recover(); p != nil { // only the request's own goroutine knows what to do about it
				mu.Lock()
				defer mu.Unlock()
				panicked = p
			}
		}()
		for {
			lo := int(next.Add(chunk)) - chunk
			for i := lo; i < min(lo+chunk, n); i++ {
				if err := f(i); err != nil {
					next.Store(int64(n)) // what lies behind does not count any more
					mu.Lock()
					if i < at {
						at, first = i, err
					}
					mu.Unlock()
					return
				}
			}
			if lo+chunk >= n {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if panicked != nil {
		panic(panicked)
	}
	return first
}

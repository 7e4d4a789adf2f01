package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// soak lets many people work for a set time, each with a connected device, and
// looks whether the server is at its end what it was after it had warmed up.
func soak(ctx context.Context, fs *flag.FlagSet, args []string, out io.Writer) error {
	binary := fs.String("binary", "./strongroom", "our program")
	k := &soaking{out: out}
	fs.IntVar(&k.users, "users", 200, "how many people")
	fs.DurationVar(&k.length, "time", 10*time.Minute, "how long they work")
	fs.DurationVar(&k.pause, "pause", 500*time.Millisecond, "how long each waits, on average, between two requests")
	fs.DurationVar(&k.every, "every", 15*time.Second, "how often the server is looked at")
	fs.DurationVar(&k.warm, "warm", time.Minute, "from when on goroutines and memory must be flat")
	fs.IntVar(&k.items, "items", 50, "items of each person at the beginning")
	fs.Uint64Var(&k.seed, "seed", 1, "of the made items and of who does what when")
	if err := fs.Parse(args); err != nil {
		return err
	}
	debug, err := freeAddress()
	if err != nil {
		return err
	}
	if k.s, err = ownServer(*binary, "", "--debug-listen", debug); err != nil {
		return err
	}
	k.debug = "http://" + debug + "/debug/state"
	defer k.s.close()
	if _, err := k.s.start(ctx); err != nil {
		return err
	}
	return k.run(ctx)
}

type soaking struct {
	out                        io.Writer
	s                          *server
	debug                      string
	users, items               int
	length, pause, every, warm time.Duration
	seed                       uint64

	crowd  crowd
	mu     sync.Mutex
	times  map[string]*result
	errors []error
	looks  []look
}

// look is the server at one moment.
type look struct {
	at         time.Duration
	memory     float64 // MB
	goroutines float64
	heap       float64 // MB
}

func (k *soaking) run(ctx context.Context) error {
	workers := make([]*worker, k.users)
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	for n := range workers {
		p, err := k.s.known(ctx, fmt.Sprintf("worker%d", n), k.items, k.seed+uint64(n))
		if err != nil {
			return err
		}
		if err := k.crowd.listen(ctx, p); err != nil {
			return err
		}
		workers[n] = &worker{person: p, k: k, m: newMaker(p.account.UserKey, k.seed+uint64(n)), r: rand.New(rand.NewPCG(k.seed, uint64(n)))}
	}
	k.times = map[string]*result{}
	fmt.Fprintf(k.out, "%d people at work for %s\n\n| after | MB | goroutines | heap MB |\n|---|---|---|---|\n", k.users, k.length)
	work, cancel := context.WithTimeout(ctx, k.length)
	defer cancel()
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() { w.work(work) })
	}
	err := k.watch(work)
	wg.Wait()
	return errors.Join(err, k.verdict())
}

// watch looks at the server until ctx ends.
func (k *soaking) watch(ctx context.Context) error {
	began := time.Now()
	t := time.NewTicker(k.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		l := look{at: time.Since(began), memory: k.s.memory()}
		state, err := k.state(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		l.goroutines, l.heap = state["goroutines"], state["heapBytes"]/(1<<20)
		k.looks = append(k.looks, l)
		fmt.Fprintf(k.out, "| %s | %.0f | %.0f | %.0f |\n", l.at.Round(time.Second), l.memory, l.goroutines, l.heap)
	}
}

func (k *soaking) state(ctx context.Context) (state map[string]float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.debug, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return state, json.NewDecoder(resp.Body).Decode(&state)
}

// Flat is: the last quarter of the looks lies, by its median, within a tenth of
// the first quarter's after the warm-up, and of memory another 8 MB, which one
// large answer can come to; of goroutines another 40, requests that wait.
const (
	flatTimes      = 1.1
	flatMB         = 8
	flatGoroutines = 40
)

// verdict prints what was done and says what is not as it should be.
func (k *soaking) verdict() error {
	fmt.Fprint(k.out, "\n| request | times | p50 ms | p99 ms |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(k.times)) {
		r := k.times[name]
		slices.Sort(r.times)
		fmt.Fprintf(k.out, "| %s | %s | %.2f | %.2f |\n", name, count(len(r.times)), r.at(.5), r.at(.99))
	}
	fmt.Fprintf(k.out, "\n%d errors; %s notices heard; %d connections lost\n", len(k.errors), count(int(k.crowd.heard.Load())), k.crowd.lost.Load())
	failed := k.errors[:min(len(k.errors), 5)]
	if n := k.crowd.lost.Load(); n > 0 {
		failed = append(failed, fmt.Errorf("%d devices lost their connection", n))
	}
	warm := slices.DeleteFunc(slices.Clone(k.looks), func(l look) bool { return l.at < k.warm })
	quarter := (len(warm) + 3) / 4
	if quarter > 0 && len(warm) >= 2 {
		first, last := middle(warm[:quarter]), middle(warm[len(warm)-quarter:])
		fmt.Fprintf(k.out, "after the warm-up %.0f MB and %.0f goroutines, at the end %.0f MB and %.0f\n", first.memory, first.goroutines, last.memory, last.goroutines)
		if last.memory > first.memory*flatTimes+flatMB {
			failed = append(failed, fmt.Errorf("memory grew from %.0f to %.0f MB", first.memory, last.memory))
		}
		if last.goroutines > first.goroutines*flatTimes+flatGoroutines {
			failed = append(failed, fmt.Errorf("goroutines grew from %.0f to %.0f", first.goroutines, last.goroutines))
		}
	}
	return errors.Join(failed...)
}

// middle is the median of each figure.
func middle(ls []look) (m look) {
	of := func(figure func(look) float64) float64 {
		v := make([]float64, len(ls))
		for i, l := range ls {
			v[i] = figure(l)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	m.memory, m.goroutines = of(func(l look) float64 { return l.memory }), of(func(l look) float64 { return l.goroutines })
	return m
}

func (k *soaking) note(name string, took time.Duration, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.errors = append(k.errors, fmt.Errorf("%s: %w", name, err))
		return
	}
	if k.times[name] == nil {
		k.times[name] = &result{}
	}
	k.times[name].times = append(k.times[name].times, took)
}

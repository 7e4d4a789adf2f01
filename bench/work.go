package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// worker is a person whose client does what clients do, one thing after another.
type worker struct {
	*person
	k    *soaking
	m    *maker
	r    *rand.Rand
	made []string // ids of items that it made and has not deleted
}

// acts are what a worker does, with how often out of a hundred.
var acts = []struct {
	name  string
	often int
	do    func(*worker, context.Context) error
}{
	{"revision date", 40, func(w *worker, ctx context.Context) error {
		return w.ask(ctx, "GET", "/api/accounts/revision-date", nil)
	}},
	{"sync", 15, func(w *worker, ctx context.Context) error {
		_, err := w.at.drain(ctx, syncPath, w.token, leastItem)
		return err
	}},
	{"item create", 12, (*worker).create},
	{"item update", 14, (*worker).update},
	{"item delete", 12, (*worker).remove},
	{"profile change", 2, func(w *worker, ctx context.Context) error {
		return w.ask(ctx, "PUT", "/api/accounts/profile", map[string]any{"name": w.m.word(8), "culture": "en-US"})
	}},
	{"config", 3, func(w *worker, ctx context.Context) error { return w.ask(ctx, "GET", "/api/config", nil) }},
	{"login", 2, (*worker).signIn},
}

// work acts at random until ctx ends; what the end cuts off does not count.
func (w *worker) work(ctx context.Context) {
	for {
		wait := time.NewTimer(time.Duration(w.r.Int64N(int64(2*w.k.pause) + 1)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		n := w.r.IntN(100)
		for _, a := range acts {
			if n -= a.often; n < 0 {
				at := time.Now()
				if err := a.do(w, ctx); ctx.Err() == nil {
					w.k.note(a.name, time.Since(at), err)
				}
				break
			}
		}
	}
}

func (w *worker) ask(ctx context.Context, method, path string, body any) error {
	_, err := w.at.do(ctx, method, path, w.token, body)
	return err
}

func (w *worker) create(ctx context.Context) error {
	id, err := w.add(ctx, w.m.body())
	if err == nil {
		w.made = append(w.made, id)
	}
	return err
}

func (w *worker) update(ctx context.Context) error {
	if len(w.made) == 0 {
		return w.create(ctx)
	}
	return w.ask(ctx, "PUT", "/api/ciphers/"+w.made[w.r.IntN(len(w.made))], w.m.body())
}

func (w *worker) remove(ctx context.Context) error {
	if len(w.made) == 0 {
		return w.create(ctx)
	}
	id := w.made[0]
	w.made = w.made[1:]
	return w.ask(ctx, "DELETE", "/api/ciphers/"+id, nil)
}

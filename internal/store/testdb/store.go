package testdb

import (
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/store"
)

// Open opens the store of a new database of a kind, under a key of its own.
func Open(t testing.TB, kind string, now func() time.Time) *store.Store {
	t.Helper()
	keys, err := seal.ParseKeys(seal.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Source: New(t, kind), Keys: keys, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Clock is a time that stands still until a test moves it.
type Clock struct{ us atomic.Int64 }

// NewClock stands at a time.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.us.Store(at.UnixMicro())
	return c
}

// Now is the clock's time, in microseconds as databases keep it.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.us.Load()).UTC() }

// Advance moves it, back too.
func (c *Clock) Advance(d time.Duration) { c.us.Add(d.Microseconds()) }

package httpkit

import (
	"context"
	"sync"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

// Limits bound the requests of one address and of one account at this node, of
// whatever kind. They keep one caller from using up the server; what must not be
// guessed is counted elsewhere, by all nodes together. A nil Limits has none.
type Limits struct {
	address, account gate
	now              func() time.Time
}

// NewLimits allows so many requests a minute, 0 for no limit; half a minute's worth
// may come at once.
func NewLimits(perAddress, perAccount int, now func() time.Time) *Limits {
	return &Limits{address: newGate(perAddress), account: newGate(perAccount), now: now}
}

type limitedKey struct{}

// ErrTooFast answers a caller who asks more often than one may.
var ErrTooFast = fault.New(fault.TooMany, "too-many-requests", "Too many requests. Wait a little, then go on more slowly.")

// Limited returns why a request of this address may not be answered now. A door
// asks before it does anything.
func Limited(ctx context.Context) error {
	if wait, _ := ctx.Value(limitedKey{}).(time.Duration); wait > 0 {
		return ErrTooFast.After(wait)
	}
	return nil
}

// Account counts a request of a person who was found, or returns ErrTooFast.
func (l *Limits) Account(u vault.UserID) error {
	if l == nil || u == "" {
		return nil
	}
	if wait := l.account.pass(string(u), l.now()); wait > 0 {
		return ErrTooFast.After(wait)
	}
	return nil
}

func (l *Limits) from(address string) time.Duration {
	if l == nil {
		return 0
	}
	return l.address.pass(vault.Network(address), l.now())
}

// gate is a leaking bucket a key: the time at which all that is in it has leaked out.
type gate struct {
	every, room time.Duration

	mu   *sync.Mutex
	full map[string]time.Time
}

// maxKeys bounds the memory of a gate. Those that are empty make room first, then
// any: who is forgotten begins anew, with a bucket that fills up as fast as before.
const maxKeys = 50_000

func newGate(perMinute int) gate {
	if perMinute <= 0 {
		return gate{}
	}
	return gate{every: time.Minute / time.Duration(perMinute), room: 30 * time.Second, mu: &sync.Mutex{}, full: map[string]time.Time{}}
}

// pass counts one, or says how long to wait for room.
func (g *gate) pass(key string, now time.Time) time.Duration {
	if g.every == 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	at, ok := g.full[key]
	if at.Before(now) {
		at = now
	}
	if over := at.Add(g.every).Sub(now) - g.room; over > 0 {
		return max(over, time.Millisecond)
	}
	if !ok && len(g.full) >= maxKeys {
		g.trim(now)
	}
	g.full[key] = at.Add(g.every)
	return 0
}

func (g *gate) trim(now time.Time) {
	for k, at := range g.full {
		if at.Before(now) {
			delete(g.full, k)
		}
	}
	for k := range g.full {
		if len(g.full) < maxKeys/2 {
			break
		}
		delete(g.full, k)
	}
}

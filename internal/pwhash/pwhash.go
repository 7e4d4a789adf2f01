// Package pwhash is the server's slow hash over what a client sends as proof of
// its password. It must not learn whose password it is. Invariant: no more
// hashes run at once than the machine has room for, and who would wait too long
// is told so at once.
package pwhash

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"runtime"
	"sync/atomic"
	"time"

	"strongroom/internal/fault"
)

// The cost of one hash: Argon2id with 19 MiB, 2 passes and 1 lane (OWASP's
// minimum; 17 ms here), on top of the client's own derivation.
const (
	memoryKiB = 19 << 10
	passes    = 2
	lanes     = 1
	saltSize  = 16
	hashSize  = 32
)

// ErrBusy answers when the queue of hashes is full.
var ErrBusy = fault.New(fault.TooMany, "sign-in-busy", "Too many people are signing in at this moment. Try again shortly.").After(2 * time.Second)

// Hasher hashes with bounded concurrency, and so with bounded memory: 19 MiB for
// each hash that runs. It is safe for concurrent use.
type Hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
}

// New makes a Hasher that runs concurrent hashes and lets queue more wait; 0
// stands for the number of processors and for 64.
func New(concurrent, queue int) *Hasher {
	if concurrent <= 0 {
		concurrent = runtime.GOMAXPROCS(0)
	}
	if queue <= 0 {
		queue = 64
	}
	return &Hasher{slots: make(chan struct{}, concurrent), queue: int64(queue)}
}

// Running is how many hash now.
func (h *Hasher) Running() int { return len(h.slots) }

// Waiting is how many wait to hash.
func (h *Hasher) Waiting() int64 { return h.waiting.Load() }

// Do runs f under the bound: ErrBusy when the queue is full, ctx's error when
// that ends before f begins. f is for other work of this weight, such as a
// client's key derivation; what memory it takes is its caller's to know.
func (h *Hasher) Do(ctx context.Context, f func()) error {
	select {
	case h.slots <- struct{}{}:
	default:
		if h.waiting.Add(1) > h.queue {
			h.waiting.Add(-1)
			return ErrBusy
		}
		defer h.waiting.Add(-1)
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-h.slots }()
	if err := ctx.Err(); err != nil { // a slot came free at the moment it ended
		return err
	}
	f()
	return nil
}

// Hash makes the PHC string that is stored for secret.
func (h *Hasher) Hash(ctx context.Context, secret string) (phc string, err error) {
	p := params{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltSize)}
	rand.Read(p.salt)
	err = h.Do(ctx, func() {
		p.sum = p.hash(secret, hashSize)
		phc = p.String()
	})
	return phc, err
}

// Verify reports whether phc was made of secret, in constant time. A phc that is
// none, or costs more than 64 MiB, 16 passes or 16 lanes, is an error without a kind.
// One that another server made (Brought) is checked by its own rule.
func (h *Hasher) Verify(ctx context.Context, phc, secret string) (ok bool, err error) {
	if Outdated(phc) {
		b, err := parseBrought(phc)
		if err != nil {
			return false, err
		}
		err = h.Do(ctx, func() { ok = subtle.ConstantTimeCompare(b.hash(secret), b.sum) == 1 })
		return ok && err == nil, err
	}
	p, err := parse(phc)
	if err != nil {
		return false, err
	}
	err = h.Do(ctx, func() { ok = subtle.ConstantTimeCompare(p.hash(secret, len(p.sum)), p.sum) == 1 })
	return ok && err == nil, err
}

// Waste does Verify's work for a name that does not exist.
func (h *Hasher) Waste(ctx context.Context, secret string) error {
	p := params{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltSize)}
	return h.Do(ctx, func() { p.hash(secret, hashSize) })
}

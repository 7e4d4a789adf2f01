// Package pwhash is the server's slow hash over what a client sends as proof of
// its password. It must not see passwords' names or owners. Invariant: no more
// hashes run at once than the machine has room for, and who would wait too long
// is told so at once.
package pwhash

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

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

// Hasher hashes with bounded concurrency. It is safe for concurrent use.
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

// Do runs f under the bound: ErrBusy when the queue is full, ctx's error when
// that ends first.
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
	f()
	return nil
}

// Hash makes the PHC string that is stored for secret.
func (h *Hasher) Hash(ctx context.Context, secret string) (phc string, err error) {
	var salt [saltSize]byte
	rand.Read(salt[:])
	err = h.Do(ctx, func() {
		sum := argon2.IDKey([]byte(secret), salt[:], passes, memoryKiB, lanes, hashSize)
		phc = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes, b64.EncodeToString(salt[:]), b64.EncodeToString(sum))
	})
	return phc, err
}

var b64 = base64.RawStdEncoding.Strict()

var errPHC = errors.New("pwhash: not a hash of this program's")

type params struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

func parse(phc string) (p params, err error) {
	var v int
	var salt, sum string
	n, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$", &v, &p.memory, &p.passes, &p.lanes)
	if err != nil || n != 4 || v != argon2.Version || p.memory > 256<<10 || p.passes == 0 || p.passes > 16 || p.lanes == 0 {
		return p, errPHC
	}
	tail := phc
	for range 4 {
		_, tail, _ = cut(tail)
	}
	salt, sum, _ = cut(tail)
	if p.salt, err = b64.DecodeString(salt); err != nil || len(p.salt) < 8 {
		return p, errPHC
	}
	if p.sum, err = b64.DecodeString(sum); err != nil || len(p.sum) < 16 {
		return p, errPHC
	}
	return p, nil
}

func cut(s string) (head, tail string, ok bool) {
	for i := range len(s) {
		if s[i] == '$' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// Verify reports whether phc was made of secret, in constant time. A phc that is
// none is an error.
func (h *Hasher) Verify(ctx context.Context, phc, secret string) (ok bool, err error) {
	p, err := parse(phc)
	if err != nil {
		return false, err
	}
	err = h.Do(ctx, func() {
		sum := argon2.IDKey([]byte(secret), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.sum)))
		ok = subtle.ConstantTimeCompare(sum, p.sum) == 1
	})
	return ok && err == nil, err
}

// Waste does Verify's work for a name that does not exist.
func (h *Hasher) Waste(ctx context.Context, secret string) error {
	var salt [saltSize]byte
	return h.Do(ctx, func() { argon2.IDKey([]byte(secret), salt[:], passes, memoryKiB, lanes, hashSize) })
}

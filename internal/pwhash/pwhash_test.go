package pwhash

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestHashVerifies(t *testing.T) {
	h := New(1, 1)
	phc, err := h.Hash(t.Context(), "proof")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(phc, err)
	}
	for secret, want := range map[string]bool{"proof": true, "Proof": false, "": false, "proof ": false} {
		if ok, err := h.Verify(t.Context(), phc, secret); ok != want || err != nil {
			t.Errorf("%q: %v, %v", secret, ok, err)
		}
	}
	again, _ := h.Hash(t.Context(), "proof")
	if again == phc {
		t.Error("two hashes of one secret are equal: there is no salt")
	}
}

func TestNoHashIsAnError(t *testing.T) {
	h := New(1, 1)
	for _, phc := range []string{"", "x", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=19456,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"} {
		if ok, err := h.Verify(t.Context(), phc, "x"); ok || err == nil {
			t.Errorf("%q: %v, %v", phc, ok, err)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(2, 3)
		var running, most, busy atomic.Int64
		for range 10 {
			go func() {
				err := h.Do(t.Context(), func() {
					most.Store(max(most.Load(), running.Add(1)))
					time.Sleep(time.Second)
					running.Add(-1)
				})
				if errors.Is(err, ErrBusy) {
					busy.Add(1)
				}
			}()
		}
		synctest.Wait()
		if running.Load() != 2 || busy.Load() != 5 {
			t.Errorf("%d run and %d were sent away of 10, want 2 and 5", running.Load(), busy.Load())
		}
		time.Sleep(time.Minute)
		if most.Load() != 2 {
			t.Errorf("%d ran at once", most.Load())
		}
	})
}

func TestWaiterLeavesWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(1, 1)
		release := make(chan struct{})
		go h.Do(t.Context(), func() { <-release })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Do(ctx, func() { t.Error("ran") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		close(release)
	})
}

func BenchmarkVerify(b *testing.B) {
	h := New(0, 0)
	phc, _ := h.Hash(b.Context(), "proof")
	for b.Loop() {
		if ok, err := h.Verify(b.Context(), phc, "proof"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

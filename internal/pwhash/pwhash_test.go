package pwhash

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strongroom/internal/fault"
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
	again, err := h.Hash(t.Context(), "proof")
	if err != nil || again == phc {
		t.Error("two hashes of one secret are equal: there is no salt", err)
	}
}

func TestOtherParametersVerify(t *testing.T) {
	p := params{memory: 64, passes: 3, lanes: 4, salt: []byte("saltsalt")}
	p.sum = p.hash("proof", 24)
	h := New(1, 1)
	for secret, want := range map[string]bool{"proof": true, "other": false} {
		if ok, err := h.Verify(t.Context(), p.String(), secret); ok != want || err != nil {
			t.Errorf("%q: %v, %v", secret, ok, err)
		}
	}
}

func TestNoHashIsAnError(t *testing.T) {
	const tail = "$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
	if _, err := parse("$argon2id$v=19$m=19456,t=2,p=1" + tail); err != nil {
		t.Fatal("the good one that the bad ones differ from:", err)
	}
	h := New(1, 1)
	for _, phc := range []string{"", "x", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2i$v=19$m=19456,t=2,p=1" + tail, "$argon2id$v=16$m=19456,t=2,p=1" + tail,
		"$argon2id$v=19$m=4294967295,t=2,p=1" + tail, "$argon2id$v=19$m=65537,t=2,p=1" + tail, "$argon2id$v=19$m=7,t=2,p=1" + tail,
		"$argon2id$v=19$m=19456,t=0,p=1" + tail, "$argon2id$v=19$m=19456,t=17,p=1" + tail, "$argon2id$v=19$m=19456,t=2,p=0" + tail, "$argon2id$v=19$m=19456,t=2,p=17" + tail,
		"$argon2id$v=19$m=19456,t=2,p=256" + tail, "$argon2id$v=19$m=+19456,t=2,p=1" + tail, "$argon2id$v=19$m=019456,t=2,p=1" + tail, "$argon2id$v=19$m=19456,t=2,p=1,x=1" + tail,
		"$argon2id$v=19$m=19456,t=2,p=1" + tail + "\n", "$argon2id$v=19$m=19456,t=2,p=1" + tail + "$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$" + strings.Repeat("AAAA", 22)} {
		if ok, err := h.Verify(t.Context(), phc, "x"); ok || !errors.Is(err, errPHC) {
			t.Errorf("%q: %v, %v", phc, ok, err)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(2, 3)
		var mu sync.Mutex
		var running, most, busy, ran int
		for range 10 {
			go func() {
				err := h.Do(t.Context(), func() {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					running--
					ran++
					mu.Unlock()
				})
				if errors.Is(err, ErrBusy) {
					mu.Lock()
					busy++
					mu.Unlock()
				}
			}()
		}
		synctest.Wait()
		mu.Lock() // the runners sleep, so nothing changes; this is for the race detector
		if running != 2 || busy != 5 {
			t.Errorf("%d run and %d were sent away of 10, want 2 and 5", running, busy)
		}
		mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if most != 2 || ran != 5 {
			t.Errorf("%d ran at once, %d in all", most, ran)
		}
	})
}

// TestHashingWaitsInTheQueue: every way to hash is behind the bound, and says so
// at once when there is no room.
func TestHashingWaitsInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(1, 1)
		phc := params{memory: 8, passes: 1, lanes: 1, salt: make([]byte, 8), sum: make([]byte, 16)}.String()
		release := make(chan struct{})
		for range 2 { // one runs, one fills the queue
			go h.Do(t.Context(), func() { <-release })
		}
		synctest.Wait()
		_, hashed := h.Hash(t.Context(), "x")
		_, verified := h.Verify(t.Context(), phc, "x")
		for name, err := range map[string]error{"Hash": hashed, "Verify": verified, "Waste": h.Waste(t.Context(), "x")} {
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != "sign-in-busy" || f.Kind != fault.TooMany || f.RetryAfter != 2*time.Second {
				t.Errorf("%s: %v", name, err)
			}
		}
		close(release)
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
		synctest.Wait()
		if err := h.Do(ctx, func() { t.Error("ran though its time was over") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := h.Do(t.Context(), func() {}); err != nil || h.waiting.Load() != 0 {
			t.Error("a place was not given back", err)
		}
	})
}

func TestPanicGivesItsPlaceBack(t *testing.T) {
	h := New(1, 1)
	func() {
		defer func() { recover() }()
		h.Do(t.Context(), func() { panic("x") })
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := h.Do(ctx, func() {}); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, phc string) {
		if p, err := parse(phc); err == nil && (p.memory > maxMemoryKiB || p.passes > maxPasses || p.lanes > maxLanes || p.String() != phc) {
			t.Errorf("%q is accepted as %v", phc, p)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := New(0, 0)
	phc, err := h.Hash(b.Context(), "proof")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := h.Verify(b.Context(), phc, "proof"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkSemaphore is what bounding costs where nobody waits.
func BenchmarkSemaphore(b *testing.B) {
	h := New(1, 1)
	for b.Loop() {
		if err := h.Do(b.Context(), func() {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCrowd is one hash while four times as many as there is room for ask
// at once: what it takes more than BenchmarkVerify is waiting for a turn.
func BenchmarkCrowd(b *testing.B) {
	h := New(0, 64)
	phc, err := h.Hash(b.Context(), "secret")
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if ok, err := h.Verify(b.Context(), phc, "secret"); err != nil || !ok {
				b.Error(ok, err)
			}
		}
	})
}

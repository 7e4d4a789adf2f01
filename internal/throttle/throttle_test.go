package throttle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

func newLimiter(t *testing.T) (*Limiter, *testdb.Clock) {
	t.Helper()
	c := testdb.NewClock(time.Now())
	return &Limiter{Store: testdb.Open(t, "sqlite", c.Now), Now: c.Now, Log: slog.New(slog.DiscardHandler)}, c
}

func wrong(context.Context) error { return vault.ErrSignInWrong }

// guessAll guesses wrongly until refused, and returns how many were looked at and
// how long to wait for the next.
func guessAll(t *testing.T, l *Limiter, g vault.Guess) (looked int, wait time.Duration) {
	t.Helper()
	for range 1000 {
		err := l.Judge(t.Context(), g, wrong)
		if errors.Is(err, vault.ErrTooManyGuesses) {
			return looked, fault.From(err).RetryAfter
		}
		if !errors.Is(err, vault.ErrSignInWrong) {
			t.Fatal(err)
		}
		looked++
	}
	t.Fatal("nothing was refused")
	return
}

// modes are where guesses may be counted.
func modes() map[string]func(*testing.T, *Limiter) {
	return map[string]func(*testing.T, *Limiter){"database": func(*testing.T, *Limiter) {}, "redis": func(t *testing.T, l *Limiter) { l.Redis = testRedis(t) }}
}

func testRedis(t *testing.T) *Redis {
	t.Helper()
	address := os.Getenv("STRONGROOM_TEST_REDIS")
	if address == "" {
		if os.Getenv("STRONGROOM_FULL_TESTS") != "" {
			t.Fatal("STRONGROOM_TEST_REDIS is not set; run through scripts/testdb")
		}
		t.Skip("STRONGROOM_TEST_REDIS is not set; `make test` starts a server")
	}
	r, err := NewRedis(address, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestDelaysGrow: ten are free, each after them waits twice as long, a quarter of
// an hour at most, and quiet time gives some back.
func TestDelaysGrow(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) {
			l, c := newLimiter(t)
			mode(t, l)
			g := vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com", Address: "192.0.2.1"}
			looked, wait := guessAll(t, l, g)
			if looked != 11 || wait != time.Second {
				t.Fatalf("%d were looked at, then a wait of %v", looked, wait)
			}
			for _, want := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256} {
				c.Advance(wait)
				if looked, wait = guessAll(t, l, g); looked != 1 || wait != want*time.Second {
					t.Fatalf("%d were looked at, then a wait of %v, want 1 and %v s", looked, wait, want)
				}
			}
			total := 0
			for day := c.Now().Add(24 * time.Hour); c.Now().Before(day); c.Advance(wait) {
				looked, wait = guessAll(t, l, g)
				if total += looked; wait > 15*time.Minute {
					t.Fatalf("a wait of %v", wait)
				}
			}
			if total > 160 {
				t.Errorf("an account can be guessed at %d times a day", total)
			}
			c.Advance(24 * time.Hour)
			if looked, _ = guessAll(t, l, g); looked != 11 {
				t.Errorf("after a quiet day %d were looked at", looked)
			}
		})
	}
}

// TestClockSetBack: guesses from what is the future now count as if they were made
// now, and nobody waits until the clock has come there again.
func TestClockSetBack(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) {
			l, c := newLimiter(t)
			mode(t, l)
			g := vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com", Address: "192.0.2.1"}
			for range 5 {
				if err := l.Judge(t.Context(), g, wrong); !errors.Is(err, vault.ErrSignInWrong) {
					t.Fatal(err)
				}
			}
			c.Advance(-time.Hour)
			if looked, wait := guessAll(t, l, g); looked != 6 || wait != time.Second {
				t.Errorf("of a bucket with five: %d were looked at, then a wait of %v", looked, wait)
			}
			c.Advance(-time.Hour)
			if looked, wait := guessAll(t, l, g); looked != 1 || wait != 2*time.Second {
				t.Errorf("of a full one: %d were looked at, then a wait of %v", looked, wait)
			}
			c.Advance(-time.Hour)
			if err := l.Watch(t.Context(), g, func(context.Context) error { return nil }); err != nil {
				t.Errorf("what is right: %v", err)
			}
			c.Advance(-time.Second)
			if looked, wait := guessAll(t, l, g); looked != 1 || wait != 4*time.Second {
				t.Errorf("then %d were looked at, with a wait of %v", looked, wait)
			}
			c.Advance(-vault.ClockSlack / 2)
			if looked, _ := guessAll(t, l, g); looked != 0 {
				t.Errorf("a clock that is a little behind lets %d through", looked)
			}
		})
	}
}

// TestRightOnesDoNotCount: neither do they forgive wrong ones.
func TestRightOnesDoNotCount(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) {
			l, _ := newLimiter(t)
			mode(t, l)
			g := vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com", Address: "192.0.2.1"}
			looked := 0
			for n := range 100 {
				if err := l.Judge(t.Context(), g, func(context.Context) error { return nil }); err != nil {
					t.Fatalf("right one %d: %v", n, err)
				}
				if n%12 == 0 {
					if err := l.Judge(t.Context(), g, wrong); errors.Is(err, vault.ErrSignInWrong) {
						looked++
					}
				}
			}
			if more, _ := guessAll(t, l, g); looked+more != 11 {
				t.Errorf("%d wrong ones were looked at between right ones, %d after", looked, more)
			}
		})
	}
}

// TestOneNetworkManyAccounts: the accounts are counted apart, the network is not,
// and neither is another address of the same /64.
func TestOneNetworkManyAccounts(t *testing.T) {
	l, _ := newLimiter(t)
	looked := 0
	for n := range 1000 {
		g := vault.Guess{Place: vault.PlaceSignIn, Account: fmt.Sprintf("a%d@example.com", n), Address: fmt.Sprintf("2001:db8::%x", n)}
		if errors.Is(l.Judge(t.Context(), g, wrong), vault.ErrSignInWrong) {
			looked++
		}
	}
	if looked != 201 {
		t.Errorf("%d were looked at", looked)
	}
	if err := l.Judge(t.Context(), vault.Guess{Place: vault.PlaceSignIn, Account: "a1@example.com", Address: "2001:db8:0:1::1"}, wrong); !errors.Is(err, vault.ErrSignInWrong) {
		t.Errorf("another network: %v", err)
	}
}

// TestManyAtOnce: of many guesses at once at two nodes, no more are looked at than
// of one after the other.
func TestManyAtOnce(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) {
			a, _ := newLimiter(t)
			mode(t, a)
			b := &Limiter{Store: a.Store, Redis: a.Redis, Now: a.Now, Log: a.Log}
			var looked atomic.Int64
			var wg sync.WaitGroup
			for n := range 60 {
				wg.Go(func() {
					l := []*Limiter{a, b}[n%2]
					g := vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com", Address: fmt.Sprintf("192.0.2.%d", n)}
					if errors.Is(l.Judge(t.Context(), g, wrong), vault.ErrSignInWrong) {
						looked.Add(1)
					}
				})
			}
			wg.Wait()
			if looked.Load() != 11 {
				t.Errorf("%d were looked at", looked.Load())
			}
		})
	}
}

// TestWatch: what is right costs nothing and is not counted; what is wrong is.
func TestWatch(t *testing.T) {
	l, _ := newLimiter(t)
	g := vault.Guess{Place: vault.PlaceSetupCode, Address: "192.0.2.1"}
	for range 100 {
		if err := l.Watch(t.Context(), g, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	looked := 0
	for range 100 {
		if err := l.Watch(t.Context(), g, func(context.Context) error { looked++; return vault.ErrSetupCode }); err == nil {
			t.Fatal("a wrong code passed")
		}
	}
	if looked != 11 {
		t.Errorf("%d were looked at", looked)
	}
}

// TestRedisThatIsDown: the database counts, and the same bound holds.
func TestRedisThatIsDown(t *testing.T) {
	l, _ := newLimiter(t)
	var err error
	if l.Redis, err = NewRedis("redis://:hunter2@127.0.0.1:1/0", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	defer l.Redis.Close()
	if looked, _ := guessAll(t, l, vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com", Address: "192.0.2.1"}); looked != 11 {
		t.Errorf("%d were looked at", looked)
	}
}

// TestDatabaseThatIsGone: a guess that cannot be counted is not looked at.
func TestDatabaseThatIsGone(t *testing.T) {
	l, _ := newLimiter(t)
	l.Store.Close()
	for _, judge := range []func(context.Context, vault.Guess, func(context.Context) error) error{l.Judge, l.Watch} {
		err := judge(t.Context(), vault.Guess{Place: vault.PlaceSignIn, Account: "a@example.com"}, func(context.Context) error { t.Error("it was looked at"); return nil })
		if err == nil {
			t.Error("no error")
		}
	}
}

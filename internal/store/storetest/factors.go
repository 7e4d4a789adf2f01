package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func factor(t *testing.T, s *store.Store, u *vault.User, kind vault.FactorKind, change func(*vault.Factor)) *vault.Factor {
	t.Helper()
	f := &vault.Factor{ID: vault.NewID[vault.FactorID](), User: u.ID, Kind: kind, Name: "blue", Number: 1, Secret: vault.NewSecret("SEED")}
	if change != nil {
		change(f)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFactor(ctx, f) })
	return f
}

func factorRoundTrip(t *testing.T, s *store.Store) {
	u, other := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	code := factor(t, s, u, vault.FactorRecovery, nil)
	key := factor(t, s, u, vault.FactorPasskey, func(f *vault.Factor) {
		f.Key = vault.PublicKey{ID: []byte{1, 2}, Host: "vault.example.com", Record: []byte(`{"id":"x"}`), Transports: []string{"usb"}}
		f.PRF, f.Unlocks = true, vault.PasskeyKeys{User: "4.x", Public: "2.y", Private: "2.z"}
	})
	has := func(want bool) {
		t.Helper()
		read(t, s, func(ctx context.Context, tx *store.Tx) error {
			if has, err := tx.HasSecond(ctx, u.ID); err != nil || has != want {
				t.Errorf("has a second factor: %v, %v", has, err)
			}
			return nil
		})
	}
	has(false)
	mailed := factor(t, s, u, vault.FactorEmail, func(f *vault.Factor) { f.Email, f.NFC = "c@example.com", true })
	has(true)
	factor(t, s, other, vault.FactorEmail, nil)
	key.Name = "red"
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		key.LastUsedAt = tx.Now
		if err := tx.UpdateFactor(ctx, key); err != nil {
			return err
		}
		if err := tx.DeleteFactor(ctx, other.ID, key.ID); !errors.Is(err, vault.ErrFactorNotFound) {
			t.Errorf("another person's: %v", err)
		}
		return nil
	})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		fs, err := tx.Factors(ctx, u.ID)
		same(t, fs, []*vault.Factor{mailed, code, key})
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSeconds(ctx, u.ID) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		fs, err := tx.Factors(ctx, u.ID)
		same(t, fs, []*vault.Factor{key})
		return err
	})
}

// race runs six of do at once and returns how many won; the others must have lost by lost.
func race(t *testing.T, lost error, do func() error) (won int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 6 {
		wg.Go(func() {
			err := do()
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, lost):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return won
}

func stepOnce(t *testing.T, s *store.Store) {
	f := factor(t, s, user(t, s, "a@example.com"), vault.FactorAuthenticator, func(f *vault.Factor) { f.Counter = 10 })
	step := func(n int64) error {
		return s.Tx(t.Context(), func(tx *store.Tx) error { c := *f; return tx.AdvanceFactor(t.Context(), &c, n) })
	}
	if won := race(t, vault.ErrSecondWrong, func() error { return step(11) }); won != 1 {
		t.Errorf("one step counted %d times", won)
	}
	for _, n := range []int64{11, 10, 9} {
		if err := step(n); !errors.Is(err, vault.ErrSecondWrong) {
			t.Errorf("step %d after 11: %v", n, err)
		}
	}
	must(t, step(13))
}

func mailedCodes(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	put := func(hash string) *vault.Code {
		c := &vault.Code{User: u.ID, Purpose: vault.CodeSignIn, Email: "a@example.com", Hash: hash}
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutCode(ctx, c) })
		return c
	}
	try := func() (c *vault.Code, err error) {
		err = s.Tx(t.Context(), func(tx *store.Tx) error {
			c, err = tx.TryCode(t.Context(), u.ID, vault.CodeSignIn)
			return err
		})
		return c, err
	}
	if _, err := try(); !errors.Is(err, vault.ErrCodeWrong) {
		t.Errorf("none was sent: %v", err)
	}
	put("old")
	c := put("new")
	for n := range vault.CodeTries {
		got, err := try()
		must(t, err)
		c.Tries = n + 1
		same(t, got, c)
	}
	if _, err := try(); !errors.Is(err, vault.ErrCodeWrong) {
		t.Errorf("a try too many: %v", err)
	}
	c = put("again")
	drop := func() error {
		return s.Tx(t.Context(), func(tx *store.Tx) error { return tx.DropCode(t.Context(), c) })
	}
	if won := race(t, vault.ErrCodeWrong, drop); won != 1 {
		t.Errorf("one code was used %d times", won)
	}
}

func spendOnce(t *testing.T, s *store.Store) {
	spend := func() error {
		return s.Tx(t.Context(), func(tx *store.Tx) error { return tx.Spend(t.Context(), "token", tx.Now.Add(time.Minute).UnixMicro()) })
	}
	if won := race(t, vault.ErrSpent, spend); won != 1 {
		t.Errorf("one token was good for %d", won)
	}
}

func rememberedDevices(t *testing.T, s *store.Store) {
	u, other := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	r := &vault.Remembered{ID: vault.NewID[string](), User: u.ID, Epoch: u.Epoch, Device: "d", Name: "firefox", Address: "192.0.2.1"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertRemembered(ctx, r, "token") })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.RememberedBy(ctx, u.ID, "token")
		same(t, got, r)
		if _, err := tx.RememberedBy(ctx, other.ID, "token"); !errors.Is(err, vault.ErrRemembered) {
			t.Errorf("another person's token: %v", err)
		}
		list, err2 := tx.Remembered(ctx, u.ID, u.Epoch)
		same(t, list, []*vault.Remembered{r})
		if list, err := tx.Remembered(ctx, u.ID, u.Epoch+1); err != nil || len(list) > 0 {
			t.Errorf("of another epoch: %v, %v", list, err)
		}
		return errors.Join(err, err2)
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.DeleteRemembered(ctx, other.ID, r.ID); !errors.Is(err, vault.ErrRemembered) {
			t.Errorf("another person's: %v", err)
		}
		return tx.DeleteRemembered(ctx, u.ID, r.ID)
	})
	mine, theirs := session(t, s, u, "mine", time.Hour), session(t, s, u, "theirs", time.Hour)
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.KeepSession(ctx, u.ID, mine.ID, 9) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		if got, err := tx.Session(ctx, mine.ID); err != nil || got.Epoch != 9 {
			t.Errorf("the session that stays: %+v, %v", got, err)
		}
		if _, err := tx.Session(ctx, theirs.ID); !errors.Is(err, vault.ErrSessionNotFound) {
			t.Errorf("the one that ends: %v", err)
		}
		return nil
	})
}

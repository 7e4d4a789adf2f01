package storetest

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// rate never lets a second try wait for less than an hour, so that the clock of
// the machine does not matter.
var rate = vault.Rate{Free: 3, Every: 24 * time.Hour, Wait: time.Hour, MaxWait: 3 * time.Hour}

func try(t *testing.T, s *store.Store, names ...string) (full string, next time.Time) {
	t.Helper()
	var ids []string
	var rates []vault.Rate
	for _, n := range names {
		ids, rates = append(ids, s.GuessIndex(n)), append(rates, rate)
	}
	full, next, err := s.Take(t.Context(), ids, rates)
	must(t, err)
	return full, next
}

func guessesAreCounted(t *testing.T, s *store.Store) {
	for n := range 4 { // the fourth passes and makes the fifth wait
		if full, _ := try(t, s, "a"); full != "" {
			t.Fatalf("try %d of 3 was refused", n+1)
		}
	}
	full, next := try(t, s, "a")
	if wait := time.Until(next); full != s.GuessIndex("a") || wait < 50*time.Minute || wait > time.Hour {
		t.Errorf("the fifth try: %q, wait %v", full, wait)
	}
	// Of two buckets one is full: then the other counts nothing.
	for range 10 {
		if full, _ := try(t, s, "a", "b"); full != s.GuessIndex("a") {
			t.Fatal(full)
		}
	}
	for n := range 3 {
		if full, _ := try(t, s, "b"); full != "" {
			t.Errorf("try %d of b was refused though none before counted", n+1)
		}
	}
	must(t, s.GiveBack(t.Context(), []string{s.GuessIndex("b")}, []vault.Rate{rate}))
	must(t, s.GiveBack(t.Context(), []string{s.GuessIndex("b")}, []vault.Rate{rate}))
	for n := range 3 { // two of four, and one that makes wait
		if full, _ := try(t, s, "b"); full != "" {
			t.Errorf("try %d after two were given back was refused", n+1)
		}
	}
	if full, _ := try(t, s, "b"); full == "" {
		t.Error("the count forgot what was not given back")
	}
	if full, at, err := s.Look(t.Context(), []string{s.GuessIndex("none"), s.GuessIndex("b")}); err != nil || full != s.GuessIndex("b") || at.IsZero() {
		t.Error(full, at, err)
	}
}

// guessesOfTheFuture: tries from before the clock was set back count, and their waits do not.
func guessesOfTheFuture(t *testing.T, src store.Source) {
	keys := Keys(t)
	ahead := open(t, store.Options{Source: src, Keys: keys, Now: func() time.Time { return time.Now().Add(30 * 24 * time.Hour) }})
	for range 2 {
		try(t, ahead, "some")
	}
	for full := ""; full == ""; {
		full, _ = try(t, ahead, "all")
	}
	s := open(t, store.Options{Source: src, Keys: keys})
	for name, left := range map[string]int{"some": 2, "all": 1} {
		for n := range left {
			if full, next := try(t, s, name); full != "" {
				t.Errorf("try %d of %d of %q was refused until %v", n+1, left, name, next)
			}
		}
		if full, next := try(t, s, name); full == "" || time.Until(next) > rate.MaxWait {
			t.Errorf("after %d tries of %q the next waits until %v", left, name, next)
		}
	}
}

// guessesOfACrowd: of many at once as many pass as of one after the other. The clock stands
// still: to one who read it before the others, and comes after them, a bucket is a moment fuller.
func guessesOfACrowd(t *testing.T, src store.Source) {
	s := open(t, store.Options{Source: src, Keys: Keys(t), Now: testdb.NewClock(time.Now()).Now})
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if full, _ := try(t, s, "crowd", "network"); full == "" {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := passed.Load(); n != 4 {
		t.Errorf("%d of 40 passed, want 4", n)
	}
}

func familiarNetworks(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	other := user(t, s, "b@example.com")
	must(t, s.SawNetwork(t.Context(), u.ID, "2001:db8:1:2::7"))
	must(t, s.SawNetwork(t.Context(), u.ID, "2001:db8:1:2::7"))
	for _, c := range []struct {
		account, address string
		user             vault.UserID
		home             bool
	}{
		{"a@example.com", "2001:db8:1:2:ffff::1", u.ID, true}, {string(u.ID), "2001:db8:1:2::9", u.ID, true}, {"a@example.com", "2001:db8:1:3::7", u.ID, false},
		{"b@example.com", "2001:db8:1:2::7", other.ID, false}, {"nobody@example.com", "2001:db8:1:2::7", "", false}, {"", "2001:db8:1:2::7", "", false},
	} {
		must(t, s.Read(t.Context(), func(tx *store.Tx) error {
			id, f, err := tx.Familiar(t.Context(), vault.Guess{Account: c.account, Address: c.address})
			if id != c.user || f.Network != c.home || f.Device != "" {
				t.Errorf("%+v: %q %+v", c, id, f)
			}
			return err
		}))
	}
	for range 70 {
		must(t, s.SawNetwork(t.Context(), u.ID, "198.51.100."+vault.NewID[string]())) // no address at all: one network
	}
	for n := range 70 {
		must(t, s.SawNetwork(t.Context(), u.ID, "198.51.100."+strconv.Itoa(n)))
	}
	must(t, s.Read(t.Context(), func(tx *store.Tx) error {
		_, f, err := tx.Familiar(t.Context(), vault.Guess{Account: string(u.ID), Address: "198.51.100.69"})
		_, old, err2 := tx.Familiar(t.Context(), vault.Guess{Account: string(u.ID), Address: "2001:db8:1:2::7"})
		if !f.Network || old.Network {
			t.Errorf("the last network %+v, the one unused longest %+v", f, old)
		}
		must(t, err2)
		return err
	}))
	must(t, s.Tx(t.Context(), func(tx *store.Tx) error { return tx.ClearThrottles(t.Context()) }))
	must(t, s.Tx(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), u.ID) }))
}

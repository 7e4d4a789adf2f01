package galera

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/store/storetest"
	"strongroom/internal/vault"
)

// nodes opens a store at each database node, as several nodes of ours would.
func nodes(t *testing.T, at func(int) store.Source, keys func(n int) seal.Keys) (all []*store.Store) {
	t.Helper()
	all = make([]*store.Store, 3)
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for n := range all {
		wg.Go(func() {
			all[n], errs[n] = store.Open(t.Context(), store.Options{Source: at(n), Keys: keys(n), Now: time.Now})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range all {
			s.Close()
		}
	})
	return all
}

func sameKeys(t *testing.T) func(int) seal.Keys {
	keys := storetest.Keys(t)
	return func(int) seal.Keys { return keys }
}

// startAtOnce: of three that start at once, at a database node each, one migrates.
func startAtOnce(t *testing.T, r *ring) {
	for range 3 {
		at := r.database(t, "s"+strings.ReplaceAll(vault.NewID[string](), "-", ""))
		nodes(t, at, sameKeys(t))
	}
}

// causal: what is committed at one node is there at the next one's first look.
func causal(t *testing.T, r *ring) {
	all := nodes(t, r.database(t, "causal"), sameKeys(t))
	for n := range 300 {
		u := &vault.User{ID: vault.NewID[vault.UserID](), Email: vault.NewID[string]() + "@example.com"}
		if err := all[n%3].Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(t.Context(), u) }); err != nil {
			t.Fatal(err)
		}
		err := all[(n+1)%3].Read(t.Context(), func(tx *store.Tx) error { _, err := tx.User(t.Context(), u.ID); return err })
		if err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
	}
}

// leases: a job has one holder, whichever nodes ask at once.
func leases(t *testing.T, r *ring) {
	all := nodes(t, r.database(t, "leases"), sameKeys(t))
	for range 30 {
		name := vault.NewID[string]()
		if err := all[0].Tx(t.Context(), func(tx *store.Tx) error { return tx.AddJob(t.Context(), name) }); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		held := 0
		crowd(all, func(s *store.Store) {
			got := false
			err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				got, err = tx.ClaimJob(t.Context(), name, vault.NewID[vault.NodeID](), tx.Now.Add(time.Minute), true)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if got {
				held++
			}
		})
		if held != 1 {
			t.Fatalf("%d nodes hold the lease", held)
		}
	}
}

// guesses: a bucket of five gives way to five guesses, at whichever nodes.
func guesses(t *testing.T, r *ring) {
	all := nodes(t, r.database(t, "guesses"), sameKeys(t))
	var mu sync.Mutex
	passed := 0
	id, rate := all[0].GuessIndex("x"), vault.Rate{Free: 5, Every: time.Hour, Wait: time.Hour, MaxWait: time.Hour}
	for range 5 {
		crowd(all, func(s *store.Store) {
			full, _, err := s.Take(t.Context(), []string{id}, []vault.Rate{rate})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if full == "" {
				passed++
			}
		})
	}
	if passed < 5 || passed > 6 { // the one that fills the bucket passes, too
		t.Errorf("%d guesses passed", passed)
	}
}

// crowd runs f nine times at once, three times at each node.
func crowd(all []*store.Store, f func(*store.Store)) {
	var wg sync.WaitGroup
	for n := range 9 {
		wg.Go(func() { f(all[n%3]) })
	}
	wg.Wait()
}

// chained: three nodes write lines and chain them at once; the log verifies.
func chained(t *testing.T, r *ring) {
	all := nodes(t, r.database(t, "chained"), sameKeys(t))
	crowd(all, func(s *store.Store) {
		for range 20 {
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.Record(t.Context(), vault.Event{Kind: vault.EventAuditCut})
			})
			if err != nil {
				t.Error(err)
			}
			if _, err := s.ChainEvents(t.Context(), 50); err != nil {
				t.Error(err)
			}
		}
	})
	report, err := all[1].VerifyChain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Bad != 0 || report.Lines == 0 {
		t.Errorf("the chain: %+v", report)
	}
}

// rotated: a rotation at one node while the others make accounts, under the old key
// until they learn of the new one: when it says that nothing is left, nothing is.
func rotated(t *testing.T, r *ring) {
	oldKey, newKey := seal.GenerateKey(), seal.GenerateKey()
	both := storetest.Keys(t, newKey, oldKey)
	at := r.database(t, "rotated")
	var writers []*store.Store
	for n := range 2 {
		s, err := store.Open(t.Context(), store.Options{Source: at(n), Keys: storetest.Keys(t, oldKey), Now: time.Now, Reload: func() (seal.Keys, error) { return both, nil }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		writers = append(writers, s)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	for n := range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				u := &vault.User{ID: vault.NewID[vault.UserID](), Email: vault.NewID[string]() + "@example.com"}
				if err := writers[n%2].Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(t.Context(), u) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	rotator, err := store.Open(t.Context(), store.Options{Source: at(2), Keys: both, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer rotator.Close()
	for left := 1; left > 0; {
		rot, err := rotator.Rotate(t.Context(), 20)
		if err != nil {
			t.Fatal(err)
		}
		left = rot.Left
	}
	stop()
	wg.Wait()
	use, err := rotator.KeysInUse(t.Context())
	if err != nil || len(use) != 1 {
		t.Errorf("keys in use after the rotation: %v, %v", use, err)
	}
}

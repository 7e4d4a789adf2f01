package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

func wrongKeys(t *testing.T, src store.Source) {
	keys := Keys(t)
	s := open(t, store.Options{Source: src, Keys: keys})
	u := user(t, s, "a@example.com")
	s.Close()
	_, err := store.Open(t.Context(), store.Options{Source: src, Keys: Keys(t), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "FERNET_KEY does not open this database") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a wrong key was told %v", err)
	}
	s = open(t, store.Options{Source: src, Keys: keys})
	read(t, s, func(ctx context.Context, tx *store.Tx) error { _, err := tx.User(ctx, u.ID); return err })
}

func newerSchema(t *testing.T, src store.Source) {
	keys := Keys(t)
	s := open(t, store.Options{Source: src, Keys: keys})
	s.Close()
	testdb.Exec(t, src, "UPDATE schema_version SET version_id = version_id + 1000 WHERE version_id > 0")
	_, err := store.Open(t.Context(), store.Options{Source: src, Keys: keys, Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "newer strongroom") {
		t.Errorf("a newer schema was told %v", err)
	}
}

func look(t *testing.T, src store.Source) {
	keys := Keys(t)
	for range 2 {
		if _, err := store.Open(t.Context(), store.Options{Source: src, Keys: keys, Now: time.Now, Look: true}); !errors.Is(err, store.ErrOld) {
			t.Errorf("an empty database was told %v", err)
		}
	}
	open(t, store.Options{Source: src, Keys: keys})
	s := open(t, store.Options{Source: src, Keys: keys, Look: true})
	must(t, s.Ping(t.Context()))
}

// rotation writes with a store that started under the old key while another
// process rotates; nothing fails, and then the old key is not needed.
func rotation(t *testing.T, src store.Source) {
	oldKey, newKey := seal.GenerateKey(), seal.GenerateKey()
	both := Keys(t, newKey, oldKey)
	s := open(t, store.Options{Source: src, Keys: Keys(t, oldKey), Reload: func() (seal.Keys, error) { return both, nil }})
	for n := range 20 {
		user(t, s, "before"+string(rune('a'+n))+"@example.com")
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				u := &vault.User{ID: vault.NewID[vault.UserID](), Email: vault.NewID[string]() + "@example.com"}
				if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(t.Context(), u) }); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	rotator := open(t, store.Options{Source: src, Keys: both})
	for left := 1; left > 0; {
		r, err := rotator.Rotate(t.Context(), 5)
		must(t, err)
		left = r.Left
	}
	stop.Store(true)
	wg.Wait()
	only := open(t, store.Options{Source: src, Keys: Keys(t, newKey)})
	c, err := only.CheckSeals(t.Context())
	must(t, err)
	if len(c.Broken) > 0 || c.Rows < 20 {
		t.Errorf("after rotation %d rows, broken: %v", c.Rows, c.Broken)
	}
}

// newestKeyMissing: after a rotation no account is made under the old key, neither by a
// node that has not got the new one nor by one that has it in the wrong order.
func newestKeyMissing(t *testing.T, src store.Source) {
	oldKey, newKey := seal.GenerateKey(), seal.GenerateKey()
	known := Keys(t, oldKey)
	s := open(t, store.Options{Source: src, Keys: known, Reload: func() (seal.Keys, error) { return known, nil }})
	fixed := open(t, store.Options{Source: src, Keys: known})
	rotator := open(t, store.Options{Source: src, Keys: Keys(t, newKey, oldKey)})
	_, err := rotator.Rotate(t.Context(), 100)
	must(t, err)
	add := func(s *store.Store) error {
		u := &vault.User{ID: vault.NewID[vault.UserID](), Email: vault.NewID[string]() + "@example.com"}
		return s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(t.Context(), u) })
	}
	for name, s := range map[string]*store.Store{"reloads": s, "does not": fixed} {
		if err := add(s); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("an account without the newest key, by one that %s: %v", name, err)
		}
	}
	known = Keys(t, oldKey, newKey)
	must(t, add(s))
	if use, err := rotator.KeysInUse(t.Context()); err != nil || len(use) != 1 {
		t.Errorf("keys in use: %v, %v", use, err)
	}
}

// movedSeals exchanges sealed values as someone with write access could.
func movedSeals(t *testing.T, src store.Source) {
	s := open(t, store.Options{Source: src, Keys: Keys(t)})
	a, b := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	one, two, other := item(t, s, a, nil), item(t, s, a, nil), item(t, s, b, nil)
	for _, from := range []*vault.Item{two, other} {
		moved := testdb.Cell(t, src, "SELECT sealed FROM items WHERE id = '"+string(from.ID)+"'")
		testdb.Exec(t, src, "UPDATE items SET sealed = '"+moved+"' WHERE id = '"+string(one.ID)+"'")
		err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Item(t.Context(), a.ID, one.ID); return err })
		if !errors.Is(err, seal.ErrPlace) && !errors.Is(err, seal.ErrToken) {
			t.Errorf("a moved value opened: %v", err)
		}
	}
	c, err := s.CheckSeals(t.Context())
	must(t, err)
	if len(c.Broken) != 1 {
		t.Errorf("the check found %v", c.Broken)
	}
}

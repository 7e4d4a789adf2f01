package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

var errOwn = errors.New("this caller's own error")

// crowd writes from many callers at once, who may share a transaction: one that
// fails, panics or goes away takes back its own changes and nobody else's.
func crowd(t *testing.T, s *store.Store) {
	u := user(t, s, "crowd@example.com")
	var mu sync.Mutex
	kept := map[vault.ItemID]bool{}
	var wg sync.WaitGroup
	for n := range 120 {
		wg.Go(func() {
			id := vault.NewID[vault.ItemID]()
			err := oneOfMany(t.Context(), s, u, id, n)
			mu.Lock()
			defer mu.Unlock()
			kept[id] = err == nil
			switch {
			case n%6 == 0 && !errors.Is(err, errOwn), n%6 == 1 && (err == nil || !strings.Contains(err.Error(), "own panic")), n%6 > 2 && err != nil:
				t.Errorf("writer %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		items, err := tx.Items(ctx, u.ID, vault.ItemFilter{})
		for _, i := range items {
			if !kept[i.ID] {
				t.Errorf("%s is there, though its transaction failed", i.ID)
			}
			delete(kept, i.ID)
		}
		return err
	})
	for id, acknowledged := range kept {
		if acknowledged {
			t.Errorf("%s is lost", id)
		}
	}
}

func oneOfMany(ctx context.Context, s *store.Store, u *vault.User, id vault.ItemID, n int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(p.(string))
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return s.Tx(ctx, func(tx *store.Tx) error {
		if n%6 == 2 {
			cancel()
		}
		if err := tx.InsertItem(ctx, &vault.Item{ID: id, Owner: u.ID, Type: vault.Login, Data: []byte(`{"name":"x"}`)}); err != nil {
			return err
		}
		switch n % 6 {
		case 0:
			return errOwn
		case 1:
			panic("own panic")
		}
		return nil
	})
}

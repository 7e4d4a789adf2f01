package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func session(t *testing.T, s *store.Store, u *vault.User, refresh string, life time.Duration) *vault.Session {
	t.Helper()
	ses := &vault.Session{ID: vault.NewID[vault.SessionID](), User: u.ID, Door: vault.DoorREST, Epoch: 3, Client: "curl", Address: "192.0.2.1",
		ExpiresAt: time.Now().UTC().Truncate(time.Microsecond).Add(life), Sealed: "half"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSession(ctx, ses, refresh) })
	return ses
}

func refreshOnce(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	ses := session(t, s, u, "first", time.Hour)
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, who, err := tx.SessionAndUser(ctx, ses.ID)
		if err != nil {
			return err
		}
		same(t, got, ses)
		if who.ID != u.ID || who.Epoch != u.Epoch || who.State != u.State {
			t.Errorf("session of %+v", who)
		}
		return nil
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for n := range 6 {
		wg.Go(func() {
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				c := *ses
				ok, err := tx.RotateRefresh(t.Context(), &c, "first", "next "+strconv.Itoa(n))
				if err == nil && !ok {
					err = errUsed
				}
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, errUsed):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("one refresh token was good for %d", won)
	}
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, used, err := tx.SessionByRefresh(ctx, "first")
		if err != nil || got.ID != ses.ID || !used {
			t.Errorf("the used token: %v, %v, %v", got, used, err)
		}
		return nil
	})
}

var errUsed = errors.New("used")

// proofs: a session remembers when it was last proven, and only its owner's can be.
func proofs(t *testing.T, s *store.Store) {
	u, other := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	ses := session(t, s, u, "r", time.Hour)
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.ProveSession(ctx, other.ID, ses.ID); !errors.Is(err, vault.ErrSessionNotFound) {
			t.Errorf("another person's: %v", err)
		}
		ses.ProvenAt = tx.Now
		return tx.ProveSession(ctx, u.ID, ses.ID)
	})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.Session(ctx, ses.ID)
		same(t, got, ses)
		return err
	})
}

func sessionsExpire(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	session(t, s, u, "old", -time.Minute)
	live := session(t, s, u, "new", time.Hour)
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.Sessions(ctx, u.ID, 10)
		same(t, list, []*vault.Session{live})
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeleteExpired(ctx)
		if n != 1 {
			t.Errorf("%d expired", n)
		}
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSessions(ctx, u.ID) })
	wants(t, s, vault.ErrSessionNotFound, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Session(ctx, live.ID); return err })
}

func accessTokens(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	f := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: u.ID, Name: "2.f"}
	a := &vault.AccessToken{ID: vault.NewID[vault.TokenID](), User: u.ID, Name: "näme", Write: true, Folder: f.ID, Epoch: 2,
		ExpiresAt: time.Now().UTC().Truncate(time.Microsecond).Add(time.Hour), Sealed: "half"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertFolder(ctx, f), tx.InsertAccessToken(ctx, a, "srp_secret"))
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		a.LastUsedAt = tx.Now
		return tx.TouchAccessToken(ctx, a.ID)
	})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.AccessTokenBySecret(ctx, "srp_secret")
		same(t, got, a)
		return err
	})
	wants(t, s, vault.ErrTokenNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AccessTokenBySecret(ctx, "srp_Secret")
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteAccessToken(ctx, u.ID, a.ID) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.AccessTokens(ctx, u.ID)
		if len(list) != 0 {
			t.Errorf("%d tokens are left", len(list))
		}
		return err
	})
}

func rollsBack(t *testing.T, s *store.Store) {
	boom := errors.New("boom")
	u := user(t, s, "a@example.com")
	i := &vault.Item{ID: vault.NewID[vault.ItemID](), Owner: u.ID, Type: vault.Login, Data: []byte("{}")}
	wants(t, s, boom, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertItem(ctx, i); err != nil {
			return err
		}
		return boom
	})
	wants(t, s, vault.ErrItemNotFound, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Item(ctx, u.ID, i.ID); return err })
}

func setupCode(t *testing.T, s *store.Store) {
	for _, code := range []string{"one", "two"} {
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutSetupCode(ctx, code) })
		read(t, s, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.SetupCode(ctx)
			same(t, got, code)
			return err
		})
	}
	for _, want := range []bool{true, false} {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.DropSetupCode(ctx)
			same(t, got, want)
			return err
		})
	}
}

func events(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	e := vault.Event{Kind: vault.EventItemAdded, User: u.ID, Actor: u.ID, Subject: "x", Door: vault.DoorREST, Address: "192.0.2.1", Detail: "d"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { e.At = tx.Now; return tx.Record(ctx, e) })
	wants(t, s, errUsed, func(ctx context.Context, tx *store.Tx) error { return errors.Join(tx.Record(ctx, e), errUsed) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.Events(ctx, vault.EventFilter{User: u.ID, Limit: 10})
		if len(got) == 1 && got[0].ID != "" {
			got[0].ID = ""
		}
		same(t, got, []vault.Event{e})
		return err
	})
	eventsArePaged(t, s, u)
}

// eventsArePaged: every line once, newest first, whatever the page; filters narrow.
func eventsArePaged(t *testing.T, s *store.Store, u *vault.User) {
	for n := range 7 {
		kind := []vault.EventKind{vault.EventItemAdded, vault.EventItemDeleted}[n%2]
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.RecordAll(ctx, []vault.Event{{Kind: kind, User: u.ID}, {Kind: kind}, {Kind: vault.EventSignedIn}})
		})
	}
	count := func(f vault.EventFilter) (n int) {
		seen := map[string]bool{}
		f.Limit = 2
		for {
			var es []vault.Event
			read(t, s, func(ctx context.Context, tx *store.Tx) (err error) { es, err = tx.Events(ctx, f); return err })
			for _, e := range es {
				if seen[e.ID] || f.After.ID != "" && e.At.After(f.After.At) {
					t.Fatalf("%s came twice or out of order", e.ID)
				}
				seen[e.ID] = true
				f.After = vault.Cursor{At: e.At, ID: e.ID}
			}
			if n += len(es); len(es) < 2 {
				return n
			}
		}
	}
	for _, c := range []struct {
		f    vault.EventFilter
		want int
	}{
		{vault.EventFilter{}, 22}, {vault.EventFilter{User: u.ID}, 8}, {vault.EventFilter{User: u.ID, Kinds: []vault.EventKind{vault.EventItemDeleted}}, 3},
		{vault.EventFilter{Kinds: []vault.EventKind{vault.EventItemDeleted, vault.EventSignedIn}}, 13}, {vault.EventFilter{From: time.Now().Add(time.Hour)}, 0},
		{vault.EventFilter{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, 22}, {vault.EventFilter{Until: time.Now().Add(-time.Hour)}, 0},
	} {
		if got := count(c.f); got != c.want {
			t.Errorf("%+v finds %d, want %d", c.f, got, c.want)
		}
	}
	// Who is gone is still found in the log, though no column names them any more.
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, u.ID) })
	if got := count(vault.EventFilter{User: u.ID, Kinds: []vault.EventKind{vault.EventItemDeleted}}); got != 3 {
		t.Errorf("%d lines of a deleted account are found, want 3", got)
	}
	if got := count(vault.EventFilter{User: vault.NewID[vault.UserID]()}); got != 0 {
		t.Errorf("%d lines of nobody", got)
	}
}

// readModifyWrite counts with a user's epoch: every increment must be there.
func readModifyWrite(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				got, err := tx.UserForUpdate(t.Context(), u.ID)
				if err != nil {
					return err
				}
				got.Epoch++
				return tx.UpdateUser(t.Context(), got)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.User(ctx, u.ID)
		if err == nil && got.Epoch != 8 {
			t.Errorf("8 increments gave %d", got.Epoch)
		}
		return err
	})
}

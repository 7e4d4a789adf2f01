package storetest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func userRoundTrip(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.User(ctx, u.ID)
		same(t, got, u)
		return err
	})
	u.Role, u.Epoch, u.Email, u.KDF.Iterations = vault.RoleAdmin, 7, "b@example.com", 6
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateUser(ctx, u) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.UserByEmail(ctx, "b@example.com")
		same(t, got, u)
		return err
	})
	wants(t, s, vault.ErrUserNotFound, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.UserByEmail(ctx, "a@example.com")
		return err
	})
}

// changesNeverMeet: no two times of change are the same, even where the clock stands.
func changesNeverMeet(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	seen := map[time.Time]bool{u.Changed: true}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		for n := range 6 {
			if n%2 == 0 {
				must(t, tx.Touch(ctx, u.ID))
			} else {
				must(t, tx.UpdateUser(ctx, u))
			}
			got, err := tx.User(ctx, u.ID)
			if err != nil || seen[got.Changed] || n%2 == 1 && !got.Changed.Equal(u.Changed) {
				t.Errorf("change %d at %v: %v", n, got.Changed, err)
			}
			seen[got.Changed] = true
		}
		return nil
	})
	if len(seen) != 7 {
		t.Errorf("%v", seen)
	}
}

func emailIsUnique(t *testing.T, s *store.Store) {
	user(t, s, "a@example.com")
	wants(t, s, vault.ErrUserTaken, func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertUser(ctx, &vault.User{ID: vault.NewID[vault.UserID](), Email: "a@example.com"})
	})
	b := user(t, s, "á@example.com") // byte for byte, whatever the database's collation
	b.Email = "a@example.com"
	wants(t, s, vault.ErrUserTaken, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateUser(ctx, b) })
}

func usersArePaged(t *testing.T, s *store.Store) {
	for n := range 7 {
		user(t, s, strconv.Itoa(n)+"@example.com")
	}
	var seen []string
	for after := (vault.Cursor{}); ; {
		var us []*vault.User
		read(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
			us, err = tx.Users(ctx, vault.UserFilter{}, after, 3)
			return err
		})
		for _, u := range us {
			seen = append(seen, u.Email[:1])
			after = vault.Cursor{At: u.CreatedAt, ID: string(u.ID)}
		}
		if len(us) < 3 {
			break
		}
	}
	same(t, seen, []string{"0", "1", "2", "3", "4", "5", "6"})
}

func deleteUser(t *testing.T, s *store.Store) {
	u, other := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	f := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: u.ID, Name: "2.f"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFolder(ctx, f) })
	item(t, s, u, func(i *vault.Item) { i.Folder = f.ID })
	kept := item(t, s, other, nil)
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertSession(ctx, &vault.Session{ID: vault.NewID[vault.SessionID](), User: u.ID, ExpiresAt: tx.Now.Add(time.Hour)}, "r"); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: u.ID})
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, u.ID) })
	for _, err := range []error{
		s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.User(t.Context(), u.ID); return err }),
		s.Read(t.Context(), func(tx *store.Tx) error { _, _, err := tx.SessionByRefresh(t.Context(), "r"); return err }),
	} {
		if err == nil {
			t.Error("something of the deleted user is there")
		}
	}
	use, err := s.KeysInUse(t.Context())
	must(t, err)
	for _, n := range use {
		if n != 2 { // the instance's and the other user's
			t.Errorf("%d data keys are left", n)
		}
	}
	get(t, s, kept)
	c, err := s.CheckSeals(t.Context())
	must(t, err)
	if len(c.Broken) > 0 {
		t.Error(c.Broken)
	}
}

func itemRoundTrip(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	i := item(t, s, u, func(i *vault.Item) { i.Favorite, i.Reprompt, i.Type = true, true, vault.SSHKey })
	same(t, get(t, s, i), i)
	i.DeletedAt, i.ArchivedAt, i.Favorite = i.CreatedAt, i.CreatedAt.Add(time.Second), false
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateItem(ctx, i) })
	got := get(t, s, i)
	same(t, got, i)
	if got.Revision != 2 || got.UpdatedAt.Location() != time.UTC {
		t.Errorf("revision %d at %v", got.Revision, got.UpdatedAt)
	}
	wants(t, s, vault.ErrItemExists, func(ctx context.Context, tx *store.Tx) error { return tx.InsertItem(ctx, i) })
}

// manyItems: an import comes back whole and in its order, or leaves nothing.
func manyItems(t *testing.T, s *store.Store) {
	a, b := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	theirs := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: b.ID, Name: "2.f"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFolder(ctx, theirs) })
	items := make([]*vault.Item, 123)
	for n := range items {
		items[n] = &vault.Item{ID: vault.NewID[vault.ItemID](), Owner: a.ID, Type: vault.Login, Data: []byte(`{"name":"2.` + strconv.Itoa(n) + `"}`),
			CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, n*1000, time.UTC)}
	}
	items[7].Data, items[8].Data = bytes.Repeat([]byte("x"), vault.MaxItemData), bytes.Repeat([]byte("y"), vault.MaxItemData)
	items[122].Folder = theirs.ID
	wants(t, s, vault.ErrItemInvalid, func(ctx context.Context, tx *store.Tx) error { return tx.InsertItems(ctx, items) })
	items[122].Folder = ""
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.CountItems(ctx, a.ID)
		if n != 0 {
			t.Errorf("%d items of a refused import are there", n)
		}
		must(t, tx.InsertItems(ctx, nil))
		if err != nil {
			return err
		}
		return tx.InsertItems(ctx, items)
	})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.Items(ctx, a.ID, vault.ItemFilter{All: true})
		want := make([]vault.Item, len(items))
		for n := range items {
			want[n] = *items[n]
		}
		same(t, got, want)
		return err
	})
}

func staleItem(t *testing.T, s *store.Store) {
	i := item(t, s, user(t, s, "a@example.com"), nil)
	old := *i
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateItem(ctx, i) })
	wants(t, s, vault.ErrItemStale, func(ctx context.Context, tx *store.Tx) error { c := old; return tx.UpdateItem(ctx, &c) })
	// An update that changes nothing still finds its row.
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.Touch(ctx, i.Owner) })
}

func concurrentUpdates(t *testing.T, s *store.Store) {
	i := item(t, s, user(t, s, "a@example.com"), nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { c := *i; return tx.UpdateItem(t.Context(), &c) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, vault.ErrItemStale) {
				t.Errorf("a loser was told %v", err)
			}
		})
	}
	wg.Wait()
	if got := get(t, s, i); won != 1 || got.Revision != 2 {
		t.Errorf("%d writers won, revision %d", won, got.Revision)
	}
}

func itemsPaged(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	yes := true
	var made []vault.ItemID
	for n := range 9 {
		i := item(t, s, u, func(i *vault.Item) {
			i.Favorite = n%2 == 0
			if n == 4 {
				i.Type = vault.Card
			}
			if n == 8 {
				i.DeletedAt = time.Now()
			}
		})
		made = append(made, i.ID)
	}
	list := func(f vault.ItemFilter) (ids []vault.ItemID) {
		read(t, s, func(ctx context.Context, tx *store.Tx) error {
			ids = nil
			is, err := tx.Items(ctx, u.ID, f)
			for _, i := range is {
				ids = append(ids, i.ID)
				if !bytes.Contains(i.Data, []byte("näme")) {
					t.Errorf("content %q", i.Data)
				}
			}
			return err
		})
		return ids
	}
	same(t, list(vault.ItemFilter{}), made[:8])
	same(t, list(vault.ItemFilter{Trash: true}), made[8:])
	same(t, list(vault.ItemFilter{Type: vault.Card}), made[4:5])
	same(t, list(vault.ItemFilter{Favorite: &yes, Limit: 2}), []vault.ItemID{made[0], made[2]})
	third := get(t, s, &vault.Item{Owner: u.ID, ID: made[2]})
	after := vault.Cursor{At: third.CreatedAt, ID: string(third.ID)}
	same(t, list(vault.ItemFilter{After: after, Limit: 3}), made[3:6])
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteItem(ctx, u.ID, made[2]) })
	same(t, list(vault.ItemFilter{After: after, Limit: 2}), made[3:5]) // the cursor's row may be gone
}

func foreignThings(t *testing.T, s *store.Store) {
	a, b := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	i := item(t, s, a, nil)
	f := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: a.ID, Name: "2.f"}
	ses := &vault.Session{ID: vault.NewID[vault.SessionID](), User: a.ID, ExpiresAt: time.Now().Add(time.Hour)}
	tok := &vault.AccessToken{ID: vault.NewID[vault.TokenID](), User: a.ID, Name: "t"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.InsertFolder(ctx, f), tx.InsertSession(ctx, ses, "r"), tx.InsertAccessToken(ctx, tok, "srp_x"))
	})
	for _, c := range []struct {
		want error
		try  func(context.Context, *store.Tx) error
	}{
		{vault.ErrItemNotFound, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Item(ctx, b.ID, i.ID); return err }},
		{vault.ErrItemNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteItem(ctx, b.ID, i.ID) }},
		{vault.ErrItemStale, func(ctx context.Context, tx *store.Tx) error { c := *i; c.Owner = b.ID; return tx.UpdateItem(ctx, &c) }},
		{vault.ErrFolderNotFound, func(ctx context.Context, tx *store.Tx) error { _, err := tx.Folder(ctx, b.ID, f.ID); return err }},
		{vault.ErrFolderNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteFolder(ctx, b.ID, f.ID) }},
		{vault.ErrSessionNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteSession(ctx, b.ID, ses.ID) }},
		{vault.ErrTokenNotFound, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteAccessToken(ctx, b.ID, tok.ID) }},
	} {
		wants(t, s, c.want, c.try)
	}
}

func foreignFolder(t *testing.T, s *store.Store) {
	a, b := user(t, s, "a@example.com"), user(t, s, "b@example.com")
	f := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: a.ID, Name: "2.f"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFolder(ctx, f) })
	wants(t, s, vault.ErrItemInvalid, func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertItem(ctx, &vault.Item{ID: vault.NewID[vault.ItemID](), Owner: b.ID, Type: vault.Login, Folder: f.ID, Data: []byte("{}")})
	})
	i := item(t, s, b, nil)
	i.Folder = f.ID
	wants(t, s, vault.ErrItemInvalid, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateItem(ctx, i) })
}

func folderDeletion(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	f := &vault.Folder{ID: vault.NewID[vault.FolderID](), Owner: u.ID, Name: "2.old"}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFolder(ctx, f) })
	i := item(t, s, u, func(i *vault.Item) { i.Folder = f.ID })
	f.Name = "2.new"
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.UpdateFolder(ctx, f) })
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		fs, err := tx.Folders(ctx, u.ID)
		same(t, fs, []*vault.Folder{f})
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteFolder(ctx, u.ID, f.ID) })
	if got := get(t, s, i); got.Folder != "" || got.Revision != 2 {
		t.Errorf("the item is in %q at revision %d", got.Folder, got.Revision)
	}
}

func largeValues(t *testing.T, s *store.Store) {
	u := user(t, s, "a@example.com")
	data := append([]byte(`{"x":"`), bytes.Repeat([]byte("ß?\x01"), 120_000)...)
	i := item(t, s, u, func(i *vault.Item) { i.Data = append(data, `"}`...) })
	same(t, get(t, s, i), i)
}

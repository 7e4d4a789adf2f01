package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/keyring"
	node "strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Other people have so many items each, and so many of them are written together.
const (
	itemsEach   = 200
	peopleAtOne = 10
)

// beginFull makes s with a database that holds items of other people already.
// They are written past the doors, by the store itself: sealed as always, but
// without a million requests.
func (s *server) beginFull(ctx context.Context, out io.Writer, database string, items int) error {
	if _, err := s.start(ctx); err != nil { // it makes its keys and tables
		return err
	}
	s.stop()
	at := time.Now()
	if err := s.fillStore(ctx, database, items); err != nil {
		return fmt.Errorf("filling %s: %w", s.folder, err)
	}
	fmt.Fprintf(out, "%s items of %s people were written in %s\n", count(items), count((items+itemsEach-1)/itemsEach), time.Since(at).Round(time.Second))
	if _, err := s.start(ctx); err != nil {
		return err
	}
	return s.learn(ctx)
}

func (s *server) fillStore(ctx context.Context, database string, items int) error {
	environ := []string{"DATA_DIR=" + s.folder}
	if database != "" {
		environ = append(environ, "DATABASE_URL="+database)
	}
	load := func() (*config.Config, error) { return config.Load(config.Options{Environ: environ}) }
	c, err := load()
	if err != nil {
		return err
	}
	o, err := node.Configure(c, load)
	if err != nil {
		return err
	}
	o.Store.Now = time.Now
	st, err := store.Open(ctx, o.Store)
	if err != nil {
		return err
	}
	defer st.Close()
	f := &filler{contents: contents(64)}
	for f.done < items {
		done := f.done
		if err := st.Tx(ctx, func(tx *store.Tx) error {
			f.done = done // a transaction that is run again begins anew
			for n := 0; n < peopleAtOne && f.done < items; n++ {
				if err := f.person(ctx, tx, min(itemsEach, items-f.done)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// contents are what items hold, as a client would have sent it.
func contents(n int) [][]byte {
	m := newMaker(keyring.NewSymKey(), 1)
	all := make([][]byte, n)
	for i := range all {
		c := m.item()
		for _, known := range []string{"type", "favorite", "reprompt", "folderId", "organizationId", "lastKnownRevisionDate"} {
			delete(c, known)
		}
		all[i], _ = json.Marshal(c) // maps of texts always encode
	}
	return all
}

type filler struct {
	done     int
	contents [][]byte
}

// person writes one account with a device, a session and n items.
func (f *filler) person(ctx context.Context, tx *store.Tx, n int) error {
	u := &vault.User{ID: vault.NewID[vault.UserID](), Email: vault.NewID[string]() + "@example.com", Salt: "x", KDF: vault.KDF{Type: 0, Iterations: 600_000}, ProtectedKey: "2.x|y|z"}
	if err := tx.InsertUser(ctx, u); err != nil {
		return err
	}
	d := &vault.Device{ID: vault.NewID[vault.DeviceID](), User: u.ID, Identifier: vault.NewID[string](), Name: "linux", Type: 25}
	if err := tx.InsertDevice(ctx, d); err != nil {
		return err
	}
	ses := &vault.Session{ID: vault.NewID[vault.SessionID](), User: u.ID, Door: vault.DoorBitwarden, Device: d.ID, ExpiresAt: tx.Now.Add(24 * time.Hour)}
	if err := tx.InsertSession(ctx, ses, vault.NewID[string]()); err != nil {
		return err
	}
	items := make([]*vault.Item, n)
	for i := range items {
		items[i] = &vault.Item{ID: vault.NewRowID[vault.ItemID](), Owner: u.ID, Type: vault.Login, CreatedAt: tx.Now.Add(time.Duration(i) * time.Microsecond), Data: f.contents[f.done%len(f.contents)]}
		f.done++
	}
	if err := tx.InsertItems(ctx, items); err != nil {
		return err
	}
	return tx.Record(ctx, vault.Event{Kind: vault.EventItemsImported, User: u.ID, Actor: u.ID, Door: vault.DoorBitwarden})
}

package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// invitations: a token counts once, for one address, until its end or the next
// token; an address has one invitation at a time.
func invitations(t *testing.T, src store.Source) {
	c := newClock()
	s := open(t, store.Options{Source: src, Keys: Keys(t), Now: c.now})
	invite := func(email, token string) *vault.Invitation {
		i := &vault.Invitation{ID: vault.NewID[vault.InvitationID](), Email: email, Role: vault.RoleAuditor, By: "machine", Mailed: true, ExpiresAt: c.now().Add(time.Hour)}
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.InsertInvitation(ctx, i, token) })
		return i
	}
	use := func(token, email string) error {
		return s.Tx(t.Context(), func(tx *store.Tx) error { return tx.UseInvitation(t.Context(), token, email) })
	}
	ann := invite("ann@example.com", "token of ann")
	wants(t, s, vault.ErrInvited, func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertInvitation(ctx, &vault.Invitation{ID: vault.NewID[vault.InvitationID](), Email: "ann@example.com"}, "another")
	})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.InvitationByToken(ctx, "token of ann")
		same(t, got, ann)
		return err
	})
	if err := use("token of ann", "eve@example.com"); !errors.Is(err, vault.ErrInvitationNotFound) {
		t.Errorf("for another address: %v", err)
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if use("token of ann", "ann@example.com") == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("used %d times", won.Load())
	}
	bob := invite("bob@example.com", "first")
	bob.ExpiresAt, bob.Mailed = c.now().Add(2*time.Hour), false
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.ResendInvitation(ctx, bob, "second") })
	c.advance(2*time.Hour - time.Second)
	for _, dead := range []string{"first", "", "second\x00"} {
		if err := use(dead, "bob@example.com"); !errors.Is(err, vault.ErrInvitationNotFound) {
			t.Errorf("%q: %v", dead, err)
		}
	}
	c.advance(time.Second)
	if err := use("second", "bob@example.com"); !errors.Is(err, vault.ErrInvitationNotFound) {
		t.Errorf("after its end: %v", err)
	}
	invite("cy@example.com", "of cy")
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DropInvitationOf(ctx, "cy@example.com") })
	dee := invite("dee@example.com", "of dee")
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Invitations(ctx, vault.Cursor{}, 10)
		same(t, all, []*vault.Invitation{bob, dee})
		if err != nil {
			return err
		}
		rest, err := tx.Invitations(ctx, vault.Cursor{At: bob.CreatedAt, ID: string(bob.ID)}, 10)
		same(t, rest, []*vault.Invitation{dee})
		return err
	})
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DropInvitations(ctx, tx.Now.Add(time.Second))
		if n != 1 {
			t.Errorf("%d expired ones dropped", n)
		}
		return err
	})
}

// usersFiltered: by exact address, state and role, over pages.
func usersFiltered(t *testing.T, s *store.Store) {
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		user(t, s, email)
	}
	find := func(f vault.UserFilter, limit int) (emails []string) {
		var after vault.Cursor
		for {
			var us []*vault.User
			read(t, s, func(ctx context.Context, tx *store.Tx) (err error) {
				us, err = tx.Users(ctx, f, after, limit)
				return err
			})
			for _, u := range us {
				emails = append(emails, u.Email)
				after = vault.Cursor{At: u.CreatedAt, ID: string(u.ID)}
			}
			if len(us) < limit {
				return emails
			}
		}
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.UserByEmail(ctx, "b@example.com")
		if err != nil {
			return err
		}
		quota := int64(7 << 20)
		u.State, u.Role, u.Quota = vault.Suspended, vault.RoleAuditor, &quota
		return tx.UpdateUser(ctx, u)
	})
	suspended, active, auditor := vault.Suspended, vault.Active, vault.RoleAuditor
	same(t, find(vault.UserFilter{}, 1), []string{"a@example.com", "b@example.com", "c@example.com"})
	same(t, find(vault.UserFilter{Email: "c@example.com"}, 10), []string{"c@example.com"})
	same(t, len(find(vault.UserFilter{Email: "example.com"}, 10)), 0)
	same(t, find(vault.UserFilter{State: &suspended, Role: &auditor}, 10), []string{"b@example.com"})
	same(t, find(vault.UserFilter{State: &active}, 1), []string{"a@example.com", "c@example.com"})
	read(t, s, func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.UserByEmail(ctx, "b@example.com")
		if err != nil {
			return err
		}
		used, own, err := tx.Room(ctx, u.ID)
		if used != 0 || own == nil || *own != 7<<20 {
			t.Errorf("room %d %v", used, own)
		}
		return err
	})
}

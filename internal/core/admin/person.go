package admin

import (
	"context"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Person is what an administrator sees of somebody: sizes and times, and nothing
// that is in a vault.
type Person struct {
	*vault.User
	vault.Usage
	Second bool // has a second factor
}

// Person shows one account and what it takes.
func (s *Service) Person(ctx context.Context, c vault.Caller, id vault.UserID) (p Person, err error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return p, err
	}
	if !vault.ValidID(id) {
		return p, vault.ErrUserNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if p.User, err = tx.User(ctx, id); err != nil {
			return err
		}
		if p.Second, err = tx.HasSecond(ctx, id); err != nil {
			return err
		}
		p.Usage, err = tx.Usage(ctx, id)
		return err
	})
	return p, err
}

// on runs one change of somebody's account under the locks that keep the last
// administrator: others is how many there are besides.
func (s *Service) on(ctx context.Context, c vault.Caller, id vault.UserID, do func(tx *store.Tx, u *vault.User, others int) error) error {
	if err := c.MustFresh(vault.ManageUsers, s.Now()); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrUserNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		others, err := tx.CountAdmins(ctx, id)
		if err != nil {
			return err
		}
		u, err := tx.UserForUpdate(ctx, id)
		if err != nil {
			return err
		}
		return do(tx, u, others)
	})
}

func record(ctx context.Context, tx *store.Tx, c vault.Caller, u vault.UserID, kind vault.EventKind, detail string) error {
	return tx.Record(ctx, vault.Event{Kind: kind, User: u, Actor: c.User, Subject: string(u), Door: c.Door, Address: c.Address, Device: c.Device, Detail: detail})
}

// endSessions closes all that was opened for u before; the caller writes u.
func endSessions(ctx context.Context, tx *store.Tx, u *vault.User) error {
	u.Epoch++ // access tokens made before are dead, too
	if err := tx.DeleteSessions(ctx, u.ID); err != nil {
		return err
	}
	return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID})
}

// SignOut ends all of somebody's sessions and access tokens, everywhere.
func (s *Service) SignOut(ctx context.Context, c vault.Caller, id vault.UserID) error {
	return s.on(ctx, c, id, func(tx *store.Tx, u *vault.User, _ int) error {
		u.Stamp = vault.NewID[string]()
		if err := endSessions(ctx, tx, u); err != nil {
			return err
		}
		if err := record(ctx, tx, c, u.ID, vault.EventStamp, "by an administrator"); err != nil {
			return err
		}
		return tx.UpdateUser(ctx, u)
	})
}

// ResetFactors takes all second factors off somebody's account, with what goes
// with them, and ends their sessions; they are told by mail. It lets whoever has
// the password in, and opens nothing by itself. Without any it is
// vault.ErrFactorNotFound.
func (s *Service) ResetFactors(ctx context.Context, c vault.Caller, id vault.UserID) error {
	var email string
	err := s.on(ctx, c, id, func(tx *store.Tx, u *vault.User, _ int) error {
		email = u.Email
		has, err := tx.HasSecond(ctx, u.ID)
		if err != nil {
			return err
		}
		if !has {
			return vault.ErrFactorNotFound
		}
		if err := tx.DeleteSeconds(ctx, u.ID); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, u); err != nil {
			return err
		}
		if err := record(ctx, tx, c, u.ID, vault.EventFactorsReset, ""); err != nil {
			return err
		}
		return tx.UpdateUser(ctx, u)
	})
	if err == nil {
		s.Mail.Later(email, mail.FactorsReset(s.Now()))
	}
	return err
}

// Delete removes somebody's account and all that is in it, for good. The last
// administrator stays.
func (s *Service) Delete(ctx context.Context, c vault.Caller, id vault.UserID) error {
	return s.on(ctx, c, id, func(tx *store.Tx, u *vault.User, others int) error {
		if err := vault.CheckDemotion(u, vault.RoleUser, u.State, others); err != nil {
			return err
		}
		if err := tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID}); err != nil {
			return err
		}
		if err := tx.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		return record(ctx, tx, c, u.ID, vault.EventUserDeleted, "by an administrator")
	})
}

// SetQuota says how many bytes of files somebody may store, 0 for no limit; nil
// leaves it to the instance.
func (s *Service) SetQuota(ctx context.Context, c vault.Caller, id vault.UserID, bytes *int64) error {
	if bytes != nil && *bytes < 0 {
		return vault.ErrUserInvalid.At("mib", "must not be negative")
	}
	return s.on(ctx, c, id, func(tx *store.Tx, u *vault.User, _ int) error {
		u.Quota = bytes
		detail := "the instance's"
		if bytes != nil {
			detail = vault.Size(*bytes)
		}
		if err := record(ctx, tx, c, u.ID, vault.EventQuota, detail); err != nil {
			return err
		}
		return tx.UpdateUser(ctx, u)
	})
}

package account

import (
	"context"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Prove checks what a client derives from the caller's password, before what
// must not happen by a stolen token alone. Wrong is vault.ErrProofWrong.
func (s *Service) Prove(ctx context.Context, c vault.Caller, proof string) error {
	u, err := s.Me(ctx, c)
	if err != nil {
		return err
	}
	return s.Limiter.Judge(ctx, vault.Guess{Place: vault.PlaceStepUp, Account: string(c.User), Address: c.Address, Device: c.Device}, func(ctx context.Context) error {
		return s.prove(ctx, c, u, proof)
	})
}

func (s *Service) prove(ctx context.Context, c vault.Caller, u *vault.User, proof string) error {
	ok, err := s.Hasher.Verify(ctx, u.PasswordHash.Reveal(), proof)
	if err != nil {
		return err
	}
	if !ok {
		return s.denied(ctx, c)
	}
	return nil
}

func (s *Service) denied(ctx context.Context, c vault.Caller) error {
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignInFailed, User: c.User, Actor: c.User, Door: c.Door, Address: c.Address, Device: c.Device, Detail: "verification"})
	})
	return orElse(err, vault.ErrProofWrong)
}

// Edit changes the caller's own account. edit may run more than once and must
// not touch what proves or opens anything; those have verbs of their own.
func (s *Service) Edit(ctx context.Context, c vault.Caller, kind vault.EventKind, edit func(u *vault.User, now time.Time) error) (u *vault.User, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if u, err = tx.UserForUpdate(ctx, c.User); err != nil {
			return err
		}
		if err := edit(u, tx.Now); err != nil {
			return err
		}
		if err := u.CheckProfile(); err != nil {
			return err
		}
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		if err := tx.Record(ctx, event(c, kind)); err != nil {
			return err
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSettings, User: c.User, Device: c.Device})
	})
	return u, err
}

func event(c vault.Caller, kind vault.EventKind) vault.Event {
	return vault.Event{Kind: kind, User: c.User, Actor: c.User, Subject: string(c.User), Door: c.Door, Address: c.Address, Device: c.Device}
}

// Rekey is a new way to prove and open an account: by another password, another
// derivation or another address. Salt "" stays.
type Rekey struct {
	KDF          vault.KDF
	Salt, Proof  string
	ProtectedKey string
	Hint         *string
	Email        string // "" stays
}

// Change gives the caller's account another password, derivation or address.
// proof is of the old one. Every session ends, the caller's too, and access tokens
// with them.
func (s *Service) Change(ctx context.Context, c vault.Caller, proof string, kind vault.EventKind, r Rekey) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	if err := r.KDF.Check(); err != nil {
		return err
	}
	if !vault.ValidEncString(r.ProtectedKey) || r.Proof == "" {
		return vault.ErrUserInvalid.At("masterKeyWrappedUserKey", "is not an encrypted string of a known type")
	}
	if err := s.Prove(ctx, c, proof); err != nil {
		return err
	}
	hash, err := s.Hasher.Hash(ctx, r.Proof)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		if r.Email != "" {
			u.Email, u.Salt, u.EmailVerified = r.Email, r.Email, true
		}
		if r.Salt != "" && r.Salt != u.Salt {
			return vault.ErrUserInvalid.At("salt", "is not this account's")
		}
		if r.Hint != nil {
			u.Hint = *r.Hint
		}
		u.KDF, u.PasswordHash, u.ProtectedKey = r.KDF, vault.NewSecret(hash), r.ProtectedKey
		u.Pending = vault.Pending{}
		if err := u.CheckProfile(); err != nil {
			return err
		}
		return s.newEpoch(ctx, tx, c, u, kind)
	})
}

// NewStamp ends every session of the caller's, this one included.
func (s *Service) NewStamp(ctx context.Context, c vault.Caller) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		return s.newEpoch(ctx, tx, c, u, vault.EventStamp)
	})
}

// newEpoch writes u with all that was opened before it closed.
func (s *Service) newEpoch(ctx context.Context, tx *store.Tx, c vault.Caller, u *vault.User, kind vault.EventKind) error {
	u.Epoch++
	u.Stamp = vault.NewID[string]()
	if err := tx.UpdateUser(ctx, u); err != nil {
		return err
	}
	if err := tx.DeleteSessions(ctx, u.ID); err != nil {
		return err
	}
	if err := tx.Record(ctx, event(c, kind)); err != nil {
		return err
	}
	return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID, Device: c.Device})
}

// Delete removes the caller's account and all that is in it, for good.
func (s *Service) Delete(ctx context.Context, c vault.Caller) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.delete(ctx, c)
}

func (s *Service) delete(ctx context.Context, c vault.Caller) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		others, err := tx.CountAdmins(ctx, u.ID)
		if err != nil {
			return err
		}
		if err := vault.CheckDemotion(u, vault.RoleUser, u.State, others); err != nil {
			return err
		}
		if err := tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID}); err != nil {
			return err
		}
		if err := tx.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		return tx.Record(ctx, event(c, vault.EventUserDeleted))
	})
}

// PublicKey returns the key under which others encrypt for a person, whom the
// caller must know by id.
func (s *Service) PublicKey(ctx context.Context, c vault.Caller, id vault.UserID) (u *vault.User, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrUserNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, id)
		return err
	})
	return u, err
}

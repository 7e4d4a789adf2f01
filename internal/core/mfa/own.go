package mfa

import (
	"context"
	"crypto/subtle"
	"strings"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

func event(c vault.Caller, kind vault.EventKind, f *vault.Factor) vault.Event {
	return vault.Event{Kind: kind, User: c.User, Actor: c.User, Subject: string(f.ID), Door: c.Door, Address: c.Address, Detail: f.Kind.String()}
}

func (s *Service) mine(ctx context.Context, c vault.Caller) (u *vault.User, fs []*vault.Factor, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if u, err = tx.User(ctx, c.User); err == nil {
			fs, err = tx.Factors(ctx, c.User)
		}
		return err
	})
	return u, fs, err
}

// List is what the caller has set up, without the recovery code.
func (s *Service) List(ctx context.Context, c vault.Caller) ([]*vault.Factor, error) {
	if err := c.Must(vault.ManageFactors); err != nil {
		return nil, err
	}
	fs, err := s.factors(ctx, c.User)
	shown := fs[:0]
	for _, f := range fs {
		if f.Kind != vault.FactorRecovery {
			shown = append(shown, f)
		}
	}
	return shown, err
}

// change is every change of the caller's factors: it ends all sessions and access
// tokens but the one that made it, forgets remembered devices, and tells the owner.
func (s *Service) change(ctx context.Context, c vault.Caller, kind vault.EventKind, what func(tx *store.Tx, u *vault.User, fs []*vault.Factor) (*vault.Factor, error)) (f *vault.Factor, err error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, err
	}
	var email string
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		fs, err := tx.Factors(ctx, u.ID)
		if err != nil {
			return err
		}
		if f, err = what(tx, u, fs); err != nil {
			return err
		}
		email, u.Epoch = u.Email, u.Epoch+1
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		if err := tx.KeepSession(ctx, u.ID, c.Session, u.Epoch); err != nil {
			return err
		}
		if err := tx.Record(ctx, event(c, kind, f)); err != nil {
			return err
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID, Device: c.Device})
	})
	if err == nil {
		s.Mail.Later(email, mail.FactorsChanged(f.Kind.String(), kind == vault.EventFactorRemoved, c.Address, s.Now()))
	}
	return f, err
}

// add keeps a factor that was shown to work. The first second factor brings a
// recovery code with it.
func (s *Service) add(ctx context.Context, c vault.Caller, f *vault.Factor) (*vault.Factor, error) {
	return s.change(ctx, c, vault.EventFactorAdded, func(tx *store.Tx, u *vault.User, fs []*vault.Factor) (*vault.Factor, error) {
		f.ID, f.User = vault.NewID[vault.FactorID](), u.ID
		if old := only(fs, f.Kind); old != nil && f.Kind <= vault.FactorEmail { // the new one takes its place
			if err := tx.DeleteFactor(ctx, u.ID, old.ID); err != nil {
				return nil, err
			}
			fs = vault.Without(fs, old.ID)
		}
		if err := f.Admit(fs); err != nil {
			return nil, err
		}
		if f.Kind.Second() && only(fs, vault.FactorRecovery) == nil {
			r := &vault.Factor{ID: vault.NewID[vault.FactorID](), User: u.ID, Kind: vault.FactorRecovery, Number: 1, Secret: vault.NewSecret(vault.NewRecoveryCode())}
			if err := tx.InsertFactor(ctx, r); err != nil {
				return nil, err
			}
		}
		return f, tx.InsertFactor(ctx, f)
	})
}

// Remove takes away the caller's factors that pick picks; none is
// vault.ErrFactorNotFound. With the last second factor the recovery code goes.
func (s *Service) Remove(ctx context.Context, c vault.Caller, pick func(*vault.Factor) bool) error {
	_, err := s.change(ctx, c, vault.EventFactorRemoved, func(tx *store.Tx, u *vault.User, fs []*vault.Factor) (*vault.Factor, error) {
		var gone *vault.Factor
		rest := fs
		for _, f := range fs {
			if f.Kind == vault.FactorRecovery || !pick(f) {
				continue
			}
			if err := tx.DeleteFactor(ctx, u.ID, f.ID); err != nil {
				return nil, err
			}
			gone, rest = f, vault.Without(rest, f.ID)
		}
		if gone == nil {
			return nil, vault.ErrFactorNotFound
		}
		if len(vault.Seconds(rest)) == 0 {
			return gone, tx.DeleteSeconds(ctx, u.ID)
		}
		return gone, nil
	})
	return err
}

// RemoveOne takes away one of the caller's factors by its id.
func (s *Service) RemoveOne(ctx context.Context, c vault.Caller, id vault.FactorID) error {
	if err := c.Must(vault.ManageFactors); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrFactorNotFound
	}
	return s.Remove(ctx, c, func(f *vault.Factor) bool { return f.ID == id })
}

// RecoveryCode shows the caller's recovery code: the same one until it is used.
func (s *Service) RecoveryCode(ctx context.Context, c vault.Caller) (string, error) {
	if err := c.Fresh(s.Now()); err != nil {
		return "", err
	}
	fs, err := s.factors(ctx, c.User)
	if err != nil {
		return "", err
	}
	f := only(fs, vault.FactorRecovery)
	if f == nil {
		return "", vault.ErrFactorNotFound.Saying("There is no recovery code before there is a second factor.")
	}
	return f.Secret.Reveal(), s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, event(c, vault.EventRecoveryShown, f)) })
}

// recover uses the recovery code up, and with it all second factors: whoever
// needs it has lost them. Every session ends.
func (s *Service) recover(ctx context.Context, fs []*vault.Factor, a vault.Attempt, v *vault.Verified) error {
	f := only(fs, vault.FactorRecovery)
	typed := vault.RecoveryCode(a.Second.Code)
	if f == nil || subtle.ConstantTimeCompare([]byte(f.Secret.Reveal()), []byte(typed)) != 1 {
		return vault.ErrSecondWrong
	}
	var u *vault.User
	err := s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		if err := tx.DeleteFactor(ctx, f.User, f.ID); err != nil { // of two uses at once one is refused
			return missing(err, vault.ErrSecondWrong)
		}
		if u, err = tx.UserForUpdate(ctx, f.User); err != nil {
			return err
		}
		u.Epoch++
		for _, step := range []func() error{
			func() error { return tx.DeleteSeconds(ctx, u.ID) },
			func() error { return tx.UpdateUser(ctx, u) },
			func() error { return tx.DeleteSessions(ctx, u.ID) },
			func() error {
				return tx.Record(ctx, vault.Event{Kind: vault.EventRecoveryUsed, User: u.ID, Actor: u.ID, Subject: string(f.ID), Door: a.Door, Address: a.Address, Detail: f.Kind.String()})
			},
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID})
	})
	if err == nil {
		v.User = u
		s.Mail.Later(u.Email, mail.FactorsChanged(f.Kind.String(), true, a.Address, s.Now()))
	}
	return err
}

// remember makes a token that stands in for u's second factor on a's device.
func (s *Service) remember(ctx context.Context, u *vault.User, a vault.Attempt) (string, error) {
	tok := token.NewOpaque(token.RememberPrefix)
	r := &vault.Remembered{ID: vault.NewID[string](), User: u.ID, Epoch: u.Epoch, Device: a.Second.Device, Name: clip(a.Second.Name), Address: a.Address}
	return tok, s.Store.Tx(ctx, func(tx *store.Tx) error {
		have, err := tx.Remembered(ctx, u.ID, u.Epoch)
		if err != nil {
			return err
		}
		for n := vault.MaxRemembered - 1; n < len(have); n++ {
			if err := tx.DeleteRemembered(ctx, u.ID, have[n].ID); err != nil {
				return err
			}
		}
		if err := tx.InsertRemembered(ctx, r, tok); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventRemembered, User: u.ID, Actor: u.ID, Subject: r.ID, Door: a.Door, Address: a.Address})
	})
}

func clip(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// remembered reports whether a's device needs no second factor.
func (s *Service) remembered(ctx context.Context, u *vault.User, a vault.Attempt) (good bool, err error) {
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		good = false
		r, err := tx.RememberedBy(ctx, u.ID, a.Second.Code)
		if err != nil {
			return missing(err, nil)
		}
		if good = r.Good(u, a.Second.Device, tx.Now); !good {
			return nil
		}
		return tx.UseRemembered(ctx, r)
	})
	return good, err
}

// Remembered lists the caller's remembered devices.
func (s *Service) Remembered(ctx context.Context, c vault.Caller) (rs []*vault.Remembered, err error) {
	if err := c.Must(vault.ManageFactors); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, c.User)
		if err == nil {
			rs, err = tx.Remembered(ctx, u.ID, u.Epoch)
		}
		return err
	})
	return rs, err
}

// Forget asks one of the caller's remembered devices for a second factor again.
func (s *Service) Forget(ctx context.Context, c vault.Caller, id string) error {
	if err := c.Must(vault.ManageFactors); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrRemembered
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteRemembered(ctx, c.User, id); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventForgotten, User: c.User, Actor: c.User, Subject: id, Door: c.Door, Address: c.Address})
	})
}

package signin

import (
	"context"
	"errors"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// limited is the one place through which guesses of a second look go.
func (s *Service) limited(ctx context.Context, g vault.Guess, judge func(context.Context) error) error {
	return s.Limiter.Judge(ctx, g, judge)
}

// StepUp notes on the caller's session that its person is there: a.Proof is what a
// client derives from the password, a.Derive gives it; without either a second
// factor is shown. It returns until when that counts for vault.Caller.Fresh; wrong is
// vault.ErrProofWrong or vault.ErrFactorInvalid.
func (s *Service) StepUp(ctx context.Context, c vault.Caller, a vault.Attempt) (until time.Time, err error) {
	if err := c.Must(vault.ManageFactors); err != nil {
		return until, err
	}
	var u *vault.User
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, c.User)
		return err
	})
	if err != nil {
		return until, err
	}
	a.Email, a.Door, a.Address, a.Device = u.Email, c.Door, c.Address, c.Device
	if a.Proof == "" && a.Derive == nil && a.Second.Code != "" {
		err = s.Factors.Show(ctx, u, a)
		if errors.Is(err, vault.ErrSecondWrong) {
			err = errFactor.Because(err)
		}
	} else {
		err = s.limited(ctx, vault.Guess{Place: vault.PlaceStepUp, Account: string(c.User), Address: c.Address, Device: c.Device}, func(ctx context.Context) error {
			if err := a.Derived(ctx); err != nil {
				return err
			}
			return s.prove(ctx, c, u, a.Proof)
		})
	}
	if err != nil {
		return until, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		until = tx.Now.Add(vault.ProofLife)
		if err := tx.ProveSession(ctx, c.User, c.Session); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventStepUp, User: c.User, Actor: c.User, Subject: string(c.Session), Door: c.Door, Address: c.Address, Device: c.Device})
	})
	return until, err
}

// errFactor is no sign-out: who shows a wrong code stays signed in.
var errFactor = vault.ErrFactorInvalid.At("otp", "is wrong, or was used before")

func (s *Service) prove(ctx context.Context, c vault.Caller, u *vault.User, proof string) error {
	ok, err := s.Hasher.Verify(ctx, u.PasswordHash.Reveal(), proof)
	if err != nil || ok {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignInFailed, User: c.User, Actor: c.User, Door: c.Door, Address: c.Address, Device: c.Device, Detail: "step-up"})
	})
	if err != nil {
		return err
	}
	return vault.ErrProofWrong
}

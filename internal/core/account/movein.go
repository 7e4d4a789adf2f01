package account

import (
	"context"
	"errors"

	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// CheckMove reports why an account of another server cannot move in as it is,
// without keeping anything.
func (s *Service) CheckMove(ctx context.Context, m *vault.Move) error {
	if _, err := moved(m); err != nil {
		return err
	}
	return s.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.UserByEmail(ctx, m.Email)
		if errors.Is(err, vault.ErrUserNotFound) { // who came before may have another address by now
			_, err = tx.User(ctx, m.ID)
		}
		if err == nil {
			return vault.ErrUserTaken
		}
		if errors.Is(err, vault.ErrUserNotFound) {
			return nil
		}
		return err
	})
}

// moved is the account that m becomes.
func moved(m *vault.Move) (*vault.User, error) {
	hash, err := pwhash.Brought(m.Proof.Salt, m.Proof.Hash, m.Proof.Rounds)
	if err != nil {
		return nil, vault.ErrUserInvalid.At("password_hash", "is not one that can be checked here, with its salt and number of rounds")
	}
	u := &vault.User{ID: m.ID, Email: m.Email, Name: m.Name, Hint: m.Hint, Salt: m.Email, KDF: m.KDF, State: m.State, PasswordHash: vault.NewSecret(hash),
		ProtectedKey: m.ProtectedKey, PublicKey: m.PublicKey, PrivateKey: m.PrivateKey, Stamp: vault.NewID[string](),
		EmailVerified: m.EmailVerified, APIKey: vault.NewSecret(m.APIKey), Domains: m.Domains}
	if err := u.CheckProfile(); err != nil {
		return nil, err
	}
	return u, m.Check()
}

// MoveIn makes the account that another server had, with what its client
// encrypted there, whole or not at all: whoever had a password has it still. The
// bytes of its files must be there already. Only the machine's owner may ask. An
// account that is there is vault.ErrUserTaken.
func (s *Service) MoveIn(ctx context.Context, m *vault.Move) error {
	u, err := moved(m)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		if err := tx.DropInvitationOf(ctx, u.Email); err != nil {
			return err
		}
		for _, f := range m.Folders {
			if err := tx.InsertFolder(ctx, f); err != nil {
				return err
			}
		}
		if err := tx.InsertItems(ctx, m.Items); err != nil {
			return err
		}
		for _, i := range m.Items {
			for _, a := range i.Attachments {
				if err := tx.InsertAttachment(ctx, a); err != nil {
					return err
				}
			}
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventUserRegistered, User: u.ID, Subject: string(u.ID), Door: vault.DoorBitwarden, Detail: u.Role.String()})
	})
}

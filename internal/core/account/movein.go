package account

import (
	"context"
	"errors"

	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Settle leaves behind what of an account of another server is not kept here, and
// says so in m. It comes before CheckMove and MoveIn.
func (s *Service) Settle(m *vault.Move) {
	for _, x := range m.Sends {
		if x.Bad != nil || x.Auth != vault.SendByPassword {
			continue
		}
		hash, err := pwhash.Brought(x.Proof.Salt, x.Proof.Hash, x.Proof.Rounds)
		if err != nil {
			x.Bad = vault.ErrSendInvalid.At("password_hash", unchecked)
		}
		x.PasswordHash = vault.NewSecret(hash)
	}
	m.Settle(s.Now())
}

const unchecked = "is not one that can be checked here, with its salt and number of rounds"

// CheckMove reports why an account of another server cannot move in as it is,
// without keeping anything.
func (s *Service) CheckMove(ctx context.Context, m *vault.Move) error {
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.UserByEmail(ctx, m.Email)
		if errors.Is(err, vault.ErrUserNotFound) { // who came before may have another address by now
			_, err = tx.User(ctx, m.ID)
		}
		if err == nil {
			return vault.ErrUserTaken
		}
		if errors.Is(err, vault.ErrUserNotFound) {
			return newSends(ctx, tx, m)
		}
		return err
	})
	if err == nil {
		_, err = moved(m)
	}
	return err
}

// newSends reports a Send whose id somebody else's has here: the file of one must
// not be put in the place of the other's.
func newSends(ctx context.Context, tx *store.Tx, m *vault.Move) error {
	for _, x := range m.Sends {
		_, err := tx.AnySend(ctx, x.ID)
		if err == nil {
			return vault.ErrSendInvalid.At("uuid", "is that of a Send of another account here: "+string(x.ID))
		}
		if !errors.Is(err, vault.ErrSendNotFound) {
			return err
		}
	}
	return nil
}

// moved is the account that m becomes.
func moved(m *vault.Move) (*vault.User, error) {
	hash, err := pwhash.Brought(m.Proof.Salt, m.Proof.Hash, m.Proof.Rounds)
	if err != nil {
		return nil, vault.ErrUserInvalid.At("password_hash", unchecked)
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
		if err := beside(ctx, tx, m); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventUserRegistered, User: u.ID, Subject: string(u.ID), Door: vault.DoorBitwarden, Detail: u.Role.String()})
	})
}

// beside brings what an account has beside its vault.
func beside(ctx context.Context, tx *store.Tx, m *vault.Move) error {
	for _, f := range m.Factors {
		if err := tx.InsertFactor(ctx, f); err != nil {
			return err
		}
	}
	for _, x := range m.Sends {
		if err := tx.InsertSend(ctx, x.Send); err != nil {
			return err
		}
	}
	for _, d := range m.Devices {
		if err := tx.InsertDevice(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

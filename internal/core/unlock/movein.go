package unlock

import (
	"context"
	"strconv"

	"strongroom/internal/generate"
	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Newcomer is somebody whose account comes from another program, which kept their
// login password in a way that it could read.
type Newcomer struct {
	Name, Password string
	Role           vault.Role
	Entries        []Password
}

// Weak reports why a newcomer's password would not be taken today, "" if it
// would. It is kept all the same: they must be able to sign in to change it.
func (s *Service) Weak(who Newcomer) string {
	email, err := s.Names.Email(who.Name)
	if err != nil {
		return ""
	}
	score, reason := generate.Strength(who.Password, email, s.Names.Short(email), "strongroom")
	if vault.CheckPassword(who.Password, score, reason) == nil {
		return ""
	}
	if reason == "" {
		reason = "it is shorter than 12 characters"
	}
	return reason
}

// CheckNewcomer reports why somebody cannot move in, without keeping anything.
func (s *Service) CheckNewcomer(ctx context.Context, who Newcomer) error {
	email, err := s.Names.Email(who.Name)
	if err != nil {
		return err
	}
	if who.Password == "" || len(who.Password) > maxPassword {
		return vault.ErrUserInvalid.At("password", "must have 1 to 1024 bytes")
	}
	for n := range who.Entries {
		if err := who.Entries[n].check("entries[" + strconv.Itoa(n) + "]."); err != nil {
			return err
		}
	}
	return s.Accounts.Check(ctx, vault.NewAccount{Email: email, Invited: true})
}

// MoveIn makes a newcomer's account, keys and all, with the password they had,
// and their entries in it: the whole account or nothing. Only the machine's owner
// may ask. An account that is there is vault.ErrUserTaken.
func (s *Service) MoveIn(ctx context.Context, who Newcomer) (*vault.User, error) {
	if err := s.CheckNewcomer(ctx, who); err != nil {
		return nil, err
	}
	email, err := s.Names.Email(who.Name)
	if err != nil {
		return nil, err
	}
	var a keyring.Account
	if busy := s.Hasher.Do(ctx, func() { a, err = keyring.NewAccount(email, who.Password, keyring.DefaultKDF) }); busy != nil {
		return nil, busy
	}
	if err != nil {
		return nil, err
	}
	items := make([]*vault.Item, len(who.Entries))
	for n := range who.Entries {
		if items[n], err = sealNew(a.UserKey, &who.Entries[n], s.Now()); err != nil {
			return nil, err
		}
	}
	return s.Accounts.Register(ctx, vault.NewAccount{Email: email, Salt: a.Salt, KDF: fromKDF(a.KDF), Proof: a.AuthHash,
		ProtectedKey: a.ProtectedKey, PublicKey: a.PublicKey, PrivateKey: a.ProtectedPrivateKey, Invited: true, Role: who.Role, Items: items, Door: vault.DoorREST})
}

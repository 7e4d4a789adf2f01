// Package account makes accounts and shows people their own. It must not see a
// password: what it takes was derived from one by a client, or by the REST door
// acting as one. Invariant: no account is made that SignUps, a setup code or an
// administrator did not allow.
package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/mail"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of accounts.
type Service struct {
	Store   *store.Store
	Hasher  *pwhash.Hasher
	Signer  *token.Signer
	SignUps vault.SignUps
	Mail    *mail.Sender
	Now     func() time.Time
}

var errLink = fault.New(fault.Invalid, "link-expired", "This link or code has expired or is not valid. Ask for a new one.")

// Check tells early, before costly derivations, whether email may register.
// Register asks again.
func (s *Service) Check(ctx context.Context, email, setupCode string, invited bool) error {
	return s.Store.Read(ctx, func(tx *store.Tx) error {
		if setupCode != "" {
			if err := checkCode(ctx, tx, setupCode); err != nil {
				return err
			}
		} else if err := s.SignUps.Allow(email); err != nil && !invited {
			return err
		}
		if _, err := tx.UserByEmail(ctx, email); err == nil {
			return vault.ErrUserTaken
		}
		return nil
	})
}

func checkCode(ctx context.Context, tx *store.Tx, code string) error {
	want, err := tx.SetupCode(ctx)
	if err != nil {
		return err
	}
	if want == "" || subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToUpper(strings.TrimSpace(code)))) != 1 {
		return vault.ErrSetupCode
	}
	return nil
}

// Register makes an account. The setup code makes it an administrator's and is
// used up; of two that come with it at once, one is refused.
func (s *Service) Register(ctx context.Context, n vault.NewAccount) (*vault.User, error) {
	if err := n.KDF.Check(); err != nil {
		return nil, err
	}
	if err := n.CheckKeys(); err != nil {
		return nil, err
	}
	hash, err := s.Hasher.Hash(ctx, n.Proof)
	if err != nil {
		return nil, err
	}
	var u *vault.User
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		u = &vault.User{ID: vault.NewID[vault.UserID](), Email: n.Email, Name: n.Name, Hint: n.Hint, Salt: n.Salt, KDF: n.KDF,
			PasswordHash: vault.NewSecret(hash), ProtectedKey: n.ProtectedKey, PublicKey: n.PublicKey, PrivateKey: n.PrivateKey,
			Stamp: vault.NewID[string](), UserKeyID: n.UserKeyID, V2: n.V2, EmailVerified: n.EmailVerified}
		if err := u.CheckProfile(); err != nil {
			return err
		}
		switch {
		case n.SetupCode != "":
			if err := checkCode(ctx, tx, n.SetupCode); err != nil {
				return err
			}
			if first, err := tx.DropSetupCode(ctx); err != nil || !first {
				return orElse(err, vault.ErrSetupCode)
			}
			u.Role = vault.RoleAdmin
		case !n.Invited:
			if err := s.SignUps.Allow(n.Email); err != nil {
				return err
			}
		}
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventUserRegistered, User: u.ID, Subject: string(u.ID), Door: n.Door, Address: n.Address, Detail: u.Role.String()})
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Me returns the caller's own account.
func (s *Service) Me(ctx context.Context, c vault.Caller) (u *vault.User, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, c.User)
		return err
	})
	return u, err
}

// SetupCode returns the code that makes the first administrator, made now if
// there was none, or "" when there is an administrator. Only the server's own
// start may ask.
func (s *Service) SetupCode(ctx context.Context) (code string, err error) {
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		has, err := tx.HasAdmin(ctx)
		if err != nil {
			return err
		}
		if has {
			code = ""
			_, err := tx.DropSetupCode(ctx)
			return err
		}
		if code, err = tx.SetupCode(ctx); err != nil || code != "" {
			return err
		}
		code = newCode()
		return tx.PutSetupCode(ctx, code)
	})
	return code, err
}

// newCode makes 100 random bits in five groups that a person can type.
func newCode() string {
	var b [13]byte
	rand.Read(b[:])
	s := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20]
}

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
	"errors"
	"strings"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/throttle"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of accounts.
type Service struct {
	Store   *store.Store
	Hasher  *pwhash.Hasher
	Signer  *token.Signer
	SignUps func() vault.SignUps // as it stands now
	Mail    *mail.Sender
	Now     func() time.Time

	Limiter *throttle.Limiter
}

// Check tells early, before costly derivations, whether n may register. Register
// asks again.
func (s *Service) Check(ctx context.Context, n vault.NewAccount) error {
	return s.guarded(ctx, n, func(ctx context.Context) error {
		return s.Store.Read(ctx, func(tx *store.Tx) error {
			if err := s.mayRegister(ctx, tx, &n); err != nil {
				return err
			}
			if _, err := tx.UserByEmail(ctx, n.Email); err == nil {
				return vault.ErrUserTaken
			}
			return nil
		})
	})
}

// guarded counts what a stranger learns of setup codes, invitations and taken names;
// who sits at the machine is no stranger.
func (s *Service) guarded(ctx context.Context, n vault.NewAccount, judge func(context.Context) error) error {
	if n.Invited {
		return judge(ctx)
	}
	g := vault.Guess{Place: vault.PlaceSignUp, Address: n.Address}
	switch {
	case n.SetupCode != "":
		g.Place = vault.PlaceSetupCode
	case n.Invitation != "":
		g.Place = vault.PlaceInvitation
	}
	return s.Limiter.Watch(ctx, g, judge)
}

// mayRegister is the rule of this package's invariant. It uses nothing up; what an
// invitation says of its address goes into n.
func (s *Service) mayRegister(ctx context.Context, tx *store.Tx, n *vault.NewAccount) error {
	switch {
	case n.SetupCode != "":
		return checkCode(ctx, tx, n.SetupCode)
	case n.Invitation != "":
		i, err := tx.InvitationByToken(ctx, n.Invitation)
		if err != nil || i.Email != n.Email {
			return invitationFault(err)
		}
		n.Role, n.EmailVerified = i.Role, i.Mailed
		return nil
	case n.Invited:
		return nil
	}
	return s.SignUps().Allow(n.Email)
}

// invitationFault says the same of an invitation that never was and of one for
// somebody else.
func invitationFault(err error) error {
	if err == nil || errors.Is(err, vault.ErrInvitationNotFound) {
		return vault.ErrInvitationInvalid
	}
	return err
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
// used up; of two that come with it at once, one is refused. So is an invitation.
func (s *Service) Register(ctx context.Context, n vault.NewAccount) (u *vault.User, err error) {
	err = s.guarded(ctx, n, func(ctx context.Context) (err error) {
		u, err = s.register(ctx, n)
		return err
	})
	return u, err
}

func (s *Service) register(ctx context.Context, n vault.NewAccount) (*vault.User, error) {
	if err := n.KDF.Check(); err != nil {
		return nil, err
	}
	if err := n.CheckKeys(); err != nil {
		return nil, err
	}
	// Who may not register costs no hash. The transaction asks again, and uses up.
	err := s.Store.Read(ctx, func(tx *store.Tx) error { other := n; return s.mayRegister(ctx, tx, &other) })
	if err != nil {
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
		if err := s.admit(ctx, tx, n, u); err != nil {
			return err
		}
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		if err := tx.DropInvitationOf(ctx, u.Email); err != nil {
			return err
		}
		if err := bring(ctx, tx, u.ID, n.Items); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventUserRegistered, User: u.ID, Subject: string(u.ID), Door: n.Door, Address: n.Address, Detail: u.Role.String()})
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// bring adds what an account comes with, in its order.
func bring(ctx context.Context, tx *store.Tx, u vault.UserID, items []*vault.Item) error {
	for n, i := range items {
		i.ID, i.Owner, i.CreatedAt = vault.NewID[vault.ItemID](), u, tx.Now.Add(time.Duration(n)*time.Microsecond)
		if err := i.Check(); err != nil {
			return err
		}
		if err := tx.InsertItem(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// admit uses up what lets u in and gives it the role that goes with that.
func (s *Service) admit(ctx context.Context, tx *store.Tx, n vault.NewAccount, u *vault.User) error {
	if err := s.mayRegister(ctx, tx, &n); err != nil {
		return err
	}
	u.Role, u.EmailVerified = n.Role, n.EmailVerified
	switch {
	case n.SetupCode != "":
		if first, err := tx.DropSetupCode(ctx); err != nil || !first {
			return orElse(err, vault.ErrSetupCode)
		}
		u.Role = vault.RoleAdmin
	case n.Invitation != "":
		if err := tx.UseInvitation(ctx, n.Invitation, u.Email); err != nil {
			return invitationFault(err)
		}
	}
	return nil
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

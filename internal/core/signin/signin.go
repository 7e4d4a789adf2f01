// Package signin opens and ends sessions and finds out who is calling. It must
// not see a password: a door hands it what the client derived from one.
// Invariant: a token counts only together with its row, read anew each time.
package signin

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/mail"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/throttle"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of signing in and out.
type Service struct {
	Store  *store.Store
	Hasher *pwhash.Hasher
	Signer *token.Signer
	Mail   *mail.Sender
	Now    func() time.Time
	Log    *slog.Logger

	Limiter *throttle.Limiter
	Factors Factors
	Policy  func() vault.FactorPolicy
}

// Factors are the verbs of package mfa that this one needs.
type Factors interface {
	// Check is the second step of a sign-in whose first was right: what is missing
	// is a vault.Challenge.
	Check(ctx context.Context, u *vault.User, a vault.Attempt) (*vault.Verified, error)
	// Show checks a second factor of somebody who is signed in.
	Show(ctx context.Context, u *vault.User, a vault.Attempt) error
	// Passkey finds out who signs in with a passkey.
	Passkey(ctx context.Context, a vault.Attempt) (*vault.Verified, error)
}

// Verify returns the account that a's proof and second factor are right for, or
// vault.ErrSignInWrong in the same words and after the same work whether or not
// the account exists, or a vault.Challenge for the second factor.
func (s *Service) Verify(ctx context.Context, a vault.Attempt) (*vault.Verified, error) {
	u, err := s.First(ctx, a)
	if err != nil {
		return nil, err
	}
	return s.Factors.Check(ctx, u, a)
}

// First is Verify without the second factor: it opens nothing.
func (s *Service) First(ctx context.Context, a vault.Attempt) (u *vault.User, err error) {
	err = s.limited(ctx, vault.Guess{Place: vault.PlaceSignIn, Account: a.Email, Address: a.Address, Device: a.Device}, func(ctx context.Context) (err error) {
		if err := a.Derived(ctx); err != nil {
			return err
		}
		u, err = s.verify(ctx, a)
		return err
	})
	return u, err
}

func (s *Service) verify(ctx context.Context, a vault.Attempt) (*vault.User, error) {
	var u *vault.User
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByEmail(ctx, a.Email)
		return err
	})
	if errors.Is(err, vault.ErrUserNotFound) {
		if err := s.Hasher.Waste(ctx, a.Proof); err != nil {
			return nil, err
		}
		return nil, s.failed(ctx, a, "")
	}
	if err != nil {
		return nil, err
	}
	ok, err := s.Hasher.Verify(ctx, u.PasswordHash.Reveal(), a.Proof)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, s.failed(ctx, a, u.ID)
	}
	if u.State != vault.Active {
		return nil, vault.ErrUserSuspended
	}
	if pwhash.Outdated(u.PasswordHash.Reveal()) {
		if err := s.renew(ctx, u, a.Proof); err != nil { // the next sign-in tries again
			s.Log.WarnContext(ctx, "putting a hash of our own in the place of another server's", "err", err)
		}
	}
	return u, nil
}

// renew puts our own hash in the place of one that another server made, now that
// what it is of is at hand. A password that was changed meanwhile stays.
func (s *Service) renew(ctx context.Context, u *vault.User, proof string) error {
	was := u.PasswordHash.Reveal()
	hash, err := s.Hasher.Hash(ctx, proof)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.UserForUpdate(ctx, u.ID)
		if err != nil || now.PasswordHash.Reveal() != was {
			return err
		}
		now.PasswordHash = vault.NewSecret(hash)
		return tx.UpdateUser(ctx, now)
	})
}

func (s *Service) failed(ctx context.Context, a vault.Attempt, u vault.UserID) error {
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignInFailed, User: u, Door: a.Door, Address: a.Address, Device: a.Device})
	})
	if err != nil {
		return err
	}
	return vault.ErrSignInWrong
}

// Open begins a session of the REST door.
func (s *Service) Open(ctx context.Context, o vault.Opening) (*vault.Tokens, error) {
	ses := &vault.Session{ID: vault.NewID[vault.SessionID](), User: o.User.ID, Door: o.Door, Epoch: o.User.Epoch,
		Client: clip(o.Client, 200), Address: o.Address, Sealed: o.Sealed}
	refresh := newRefresh(o.Half)
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		ses.ExpiresAt, ses.ProvenAt = tx.Now.Add(vault.SessionIdle), tx.Now
		if err := tx.InsertSession(ctx, ses, refresh); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: ses.User, Actor: ses.User, Subject: string(ses.ID), Door: o.Door, Address: o.Address})
	})
	if err == nil {
		err = s.Limiter.Welcome(ctx, ses.User, o.Address)
	}
	if err != nil {
		return nil, err
	}
	t, err := s.tokens(ses, o.Half, refresh)
	if err == nil {
		t.Remember = o.Remember
	}
	return t, err
}

func (s *Service) tokens(ses *vault.Session, half, refresh string) (*vault.Tokens, error) {
	now := s.Now()
	access, err := s.Signer.Sign(token.AudienceREST, token.Claims{Subject: string(ses.User), Session: string(ses.ID), Epoch: ses.Epoch,
		Half: half, Issued: now, Expires: now.Add(vault.AccessLife)})
	return &vault.Tokens{Access: access, Refresh: refresh, Life: vault.AccessLife, Session: ses.ID}, err
}

// A refresh token carries the session's half too, so that a refreshed session
// opens the vault without the password.

func newRefresh(half string) string { return token.NewOpaque(token.RefreshPrefix) + "." + half }

// errReused is what a replayed refresh token comes to once its family is ended.
var errReused = errors.New("signin: refresh token used before")

// Refresh trades a refresh token for new tokens. A token that was used before
// ends the whole session: one of its two holders is a thief.
func (s *Service) Refresh(ctx context.Context, refresh, address string) (t *vault.Tokens, err error) {
	err = s.Limiter.Watch(ctx, vault.Guess{Place: vault.PlaceRefresh, Address: address}, func(ctx context.Context) (err error) {
		t, err = s.refresh(ctx, refresh, address)
		return err
	})
	return t, err
}

func (s *Service) refresh(ctx context.Context, refresh, address string) (*vault.Tokens, error) {
	opaque, half, ok := strings.Cut(refresh, ".")
	if !ok || !strings.HasPrefix(opaque, token.RefreshPrefix) || len(refresh) > 256 {
		return nil, vault.ErrSignedOut
	}
	next := newRefresh(half)
	var ses *vault.Session
	var reused bool
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		reused = false
		var used bool
		var err error
		if ses, used, err = tx.SessionByRefresh(ctx, refresh); err != nil {
			return err
		}
		u, err := tx.User(ctx, ses.User)
		if err != nil {
			return err
		}
		if err := ses.Live(u, tx.Now); err != nil {
			return err
		}
		ses.ExpiresAt = tx.Now.Add(vault.SessionIdle)
		if !used {
			rotated, err := tx.RotateRefresh(ctx, ses, refresh, next)
			if err != nil || rotated {
				return err
			}
		}
		reused = true
		if err := tx.DeleteSession(ctx, ses.User, ses.ID); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventRefreshReused, User: ses.User, Subject: string(ses.ID), Door: ses.Door, Address: address})
	})
	switch {
	case errors.Is(err, vault.ErrSessionNotFound):
		return nil, vault.ErrSignedOut
	case err != nil:
		return nil, err
	case reused:
		return nil, vault.ErrSignedOut.Because(errReused)
	}
	return s.tokens(ses, half, next)
}

// Caller finds out whose bearer token this is: a session's, a machine's, or that
// of a client that decrypts by itself, such as the web vault. The last carries no
// half of a key, so it reaches a person's sessions and the administration, and
// opens nothing. Anything dead is vault.ErrSignedOut.
func (s *Service) Caller(ctx context.Context, bearer, address string) (vault.Caller, error) {
	if strings.HasPrefix(bearer, token.AccessPrefix) {
		return s.machine(ctx, bearer, address)
	}
	claims, err := s.Signer.Verify(token.AudienceREST, bearer, s.Now())
	if err != nil {
		return s.ClientCaller(ctx, bearer, address)
	}
	var c vault.Caller
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		ses, u, err := tx.SessionAndUser(ctx, vault.SessionID(claims.Session))
		if err != nil {
			return err
		}
		if string(ses.User) != claims.Subject || claims.Epoch > ses.Epoch || ses.Door != vault.DoorREST {
			return vault.ErrSignedOut
		}
		c = vault.Caller{User: u.ID, Role: u.Role, Door: ses.Door, Session: ses.ID, Address: address, Proven: ses.ProvenAt,
			Half: vault.NewSecret(claims.Half), Sealed: ses.Sealed}
		return s.live(ctx, tx, &c, ses.Live(u, tx.Now))
	})
	return s.found(c, err)
}

func (s *Service) machine(ctx context.Context, secret, address string) (vault.Caller, error) {
	half, err := token.Derive(secret)
	if err != nil {
		return vault.Caller{}, err
	}
	var c vault.Caller
	var stale bool
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.AccessTokenBySecret(ctx, secret)
		if err != nil {
			return err
		}
		u, err := tx.User(ctx, a.User)
		if err != nil {
			return err
		}
		c = vault.Caller{User: u.ID, Role: u.Role, Door: vault.DoorToken, Token: a.ID, Address: address,
			ReadOnly: !a.Write, Folder: a.Folder, Half: vault.NewSecret(half), Sealed: a.Sealed}
		stale = tx.Now.Sub(a.LastUsedAt) > time.Minute
		return s.live(ctx, tx, &c, a.Live(u, tx.Now))
	})
	if err == nil && stale {
		err = s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.TouchAccessToken(ctx, c.Token) })
	}
	return s.found(c, err)
}

// live finishes a caller whose session or token stands, unless dead says that it
// does not: where everybody must have a second factor, it looks whether there is one.
func (s *Service) live(ctx context.Context, tx *store.Tx, c *vault.Caller, dead error) error {
	if dead != nil || s.Policy().Allow(false) {
		return dead
	}
	has, err := tx.HasSecond(ctx, c.User)
	c.MustEnrol = !s.Policy().Allow(has)
	return err
}

func (s *Service) found(c vault.Caller, err error) (vault.Caller, error) {
	if err == nil {
		return c, nil
	}
	if fault.Of(err, fault.NotFound) {
		err = vault.ErrSignedOut
	}
	return vault.Caller{}, err
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

package signin

import (
	"context"

	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// MaxSessions is how many sessions Sessions lists.
const MaxSessions = 500

// Sessions lists the caller's own sessions, newest first.
func (s *Service) Sessions(ctx context.Context, c vault.Caller) (ss []*vault.Session, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ss, err = tx.Sessions(ctx, c.User, MaxSessions)
		return err
	})
	return ss, err
}

// SignOut ends the caller's own session and destroys its half of the key.
func (s *Service) SignOut(ctx context.Context, c vault.Caller) error {
	if err := c.Must(vault.ManageFactors); err != nil {
		return err
	}
	return s.end(ctx, c, c.Session, vault.EventSignedOut)
}

// EndSession ends one of the caller's sessions; another person's is
// vault.ErrSessionNotFound.
func (s *Service) EndSession(ctx context.Context, c vault.Caller, id vault.SessionID) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.end(ctx, c, id, vault.EventSessionEnded)
}

func (s *Service) end(ctx context.Context, c vault.Caller, id vault.SessionID, kind vault.EventKind) error {
	if !vault.ValidID(id) {
		return vault.ErrSessionNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteSession(ctx, c.User, id); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: kind, User: c.User, Actor: c.User, Subject: string(id), Door: c.Door, Address: c.Address, Device: c.Device})
	})
}

// AccessTokens lists the caller's machine tokens.
func (s *Service) AccessTokens(ctx context.Context, c vault.Caller) (as []*vault.AccessToken, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		as, err = tx.AccessTokens(ctx, c.User)
		return err
	})
	return as, err
}

// MakeAccessToken makes a machine token and returns its secret, the only time it
// is seen. split is handed the half that the secret stands for and returns what
// may be stored of the user key.
func (s *Service) MakeAccessToken(ctx context.Context, c vault.Caller, a *vault.AccessToken, split func(half string) (string, error)) (secret string, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return "", err
	}
	if err := c.Fresh(s.Now()); err != nil {
		return "", err
	}
	secret = token.NewOpaque(token.AccessPrefix)
	half, err := token.Derive(secret)
	if err != nil {
		return "", err
	}
	if a.Sealed, err = split(half); err != nil {
		return "", err
	}
	a.ID, a.User = vault.NewID[vault.TokenID](), c.User
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := a.Check(tx.Now); err != nil {
			return err
		}
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil {
			return err
		}
		a.Epoch = u.Epoch
		if have, err := tx.AccessTokens(ctx, c.User); err != nil {
			return err
		} else if len(have) >= vault.MaxTokens {
			return vault.ErrTokenLimit
		}
		if a.Folder != "" {
			if _, err := tx.Folder(ctx, c.User, a.Folder); err != nil {
				return vault.ErrTokenInvalid.At("folder", "is not one of your folders")
			}
		}
		if err := tx.InsertAccessToken(ctx, a, secret); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventTokenMade, User: c.User, Actor: c.User, Subject: string(a.ID), Door: c.Door, Address: c.Address, Device: c.Device})
	})
	return secret, err
}

// RevokeAccessToken ends one of the caller's machine tokens.
func (s *Service) RevokeAccessToken(ctx context.Context, c vault.Caller, id vault.TokenID) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrTokenNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteAccessToken(ctx, c.User, id); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventTokenRevoked, User: c.User, Actor: c.User, Subject: string(id), Door: c.Door, Address: c.Address, Device: c.Device})
	})
}

// Expire removes what ended by time: sessions, access tokens, requests to log in.
// Only the server's own timer may ask. It returns how many there were.
func (s *Service) Expire(ctx context.Context) (n int64, err error) {
	err = s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.DeleteExpired(ctx)
		return err
	})
	return n, err
}

package account

import (
	"context"
	"strings"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// What a token sent by mail, or handed out in its place, is good for.
const (
	forSignUp   = "sign-up"
	forDeletion = "delete"
)

// signUpLife is how long an address that was proved may be used to register.
const signUpLife = 24 * time.Hour

func (s *Service) mailed(purpose, subject string, epoch int64, life time.Duration) (string, error) {
	now := s.Now()
	return s.Signer.Sign(token.AudienceMail, token.Claims{Subject: subject, Session: purpose, Epoch: epoch, Issued: now, Expires: now.Add(life)})
}

func (s *Service) open(purpose, tok string) (token.Claims, error) {
	c, err := s.Signer.Verify(token.AudienceMail, tok, s.Now())
	if err != nil || c.Session != purpose {
		return c, vault.ErrLinkExpired
	}
	return c, nil
}

// StartSignUp gives the token with which email may finish to register. With mail
// it goes there, in the link that link makes of it, and "" comes back, for a taken
// address too, so that a stranger learns nothing; without mail the client gets it at once.
func (s *Service) StartSignUp(ctx context.Context, c vault.Caller, email string, link func(token string) string) (string, error) {
	if err := s.SignUps().Allow(email); err != nil {
		return "", err
	}
	tok, err := s.mailed(forSignUp, email, 0, signUpLife)
	if err != nil || !s.Mail.On() {
		return tok, err
	}
	if err := s.letter(ctx, c, vault.PlaceLetter, email); err != nil {
		return "", err
	}
	taken, err := s.find(ctx, email)
	if err == nil && taken == nil {
		s.Mail.Later(email, mail.VerifyEmail(link(tok)))
	}
	return "", err
}

// find returns the account of an address, nil for none.
func (s *Service) find(ctx context.Context, email string) (u *vault.User, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByEmail(ctx, email)
		return err
	})
	if fault.Of(err, fault.NotFound) {
		return nil, nil
	}
	return u, err
}

// CheckSignUp reports whether tok, of a proved address or of an invitation, still
// lets email register.
func (s *Service) CheckSignUp(ctx context.Context, c vault.Caller, email, tok string) error {
	if strings.HasPrefix(tok, token.InvitePrefix) {
		return s.Check(ctx, vault.NewAccount{Email: email, Invitation: tok, Address: c.Address})
	}
	return s.Limiter.Watch(ctx, vault.Guess{Place: vault.PlaceLink, Address: c.Address}, func(context.Context) error {
		c, err := s.open(forSignUp, tok)
		if err == nil && c.Subject != email {
			err = vault.ErrLinkExpired
		}
		return err
	})
}

// FinishSignUp makes the account of an address that was proved or invited.
func (s *Service) FinishSignUp(ctx context.Context, tok string, n vault.NewAccount) (*vault.User, error) {
	if strings.HasPrefix(tok, token.InvitePrefix) {
		n.Invitation = tok
		return s.Register(ctx, n)
	}
	if err := s.CheckSignUp(ctx, vault.Caller{Address: n.Address}, n.Email, tok); err != nil {
		return nil, err
	}
	n.EmailVerified = s.Mail.On()
	return s.Register(ctx, n)
}

// SetKeyID notes the id of the caller's user key; another one than is there
// already is vault.ErrKeyIDSet.
func (s *Service) SetKeyID(ctx context.Context, c vault.Caller, id string) error {
	if id == "" {
		return vault.ErrUserInvalid.At("userKeyId", "is required")
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := c.Must(vault.ManageSelf); err != nil {
			return err
		}
		u, err := tx.UserForUpdate(ctx, c.User)
		if err != nil || u.UserKeyID == id {
			return err
		}
		if u.UserKeyID != "" {
			return vault.ErrKeyIDSet
		}
		u.UserKeyID = id
		if err := u.CheckProfile(); err != nil {
			return err
		}
		return tx.UpdateUser(ctx, u)
	})
}

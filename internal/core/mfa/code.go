package mfa

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// again is how soon another code may be mailed; until then the last one is still
// on its way.
const again = 30 * time.Second

func (s *Service) hash(u vault.UserID, p vault.CodePurpose, code string) string {
	return base64.RawURLEncoding.EncodeToString(s.Signer.MAC("mailed code", string(u), fmt.Sprint(p), strings.TrimSpace(code)))
}

// mailCode sends a code to an address, unless one was sent there a moment ago.
func (s *Service) mailCode(ctx context.Context, u vault.UserID, p vault.CodePurpose, email, purpose string, e vault.Event) error {
	if !s.Mail.On() {
		return mail.ErrOff
	}
	var last *vault.Code
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		last, err = tx.Code(ctx, u, p)
		return err
	})
	if err != nil && !errors.Is(err, vault.ErrCodeWrong) {
		return err
	}
	if last != nil && last.Email == email && s.Now().Sub(last.SentAt) < again {
		return nil
	}
	if _, err := s.Limiter.Try(ctx, vault.Guess{Place: vault.PlaceLetter, Account: string(u), Address: e.Address}); err != nil {
		return err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := fmt.Sprintf("%06d", n)
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.PutCode(ctx, &vault.Code{User: u, Purpose: p, Email: email, Hash: s.hash(u, p, code)}); err != nil {
			return err
		}
		return tx.Record(ctx, e)
	})
	if err == nil {
		s.Mail.Later(email, mail.Code(code, purpose))
	}
	return err
}

// tryCode uses one of a code's tries, and the code up when it is right. It
// returns the address that the code was mailed to.
func (s *Service) tryCode(ctx context.Context, u vault.UserID, p vault.CodePurpose, typed string) (email string, err error) {
	right := false
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		right = false
		c, err := tx.TryCode(ctx, u, p)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(c.Hash), []byte(s.hash(u, p, typed))) != 1 {
			return nil // the try is spent
		}
		right, email = true, c.Email
		return tx.DropCode(ctx, c)
	})
	if err == nil && !right {
		err = vault.ErrCodeWrong
	}
	return email, err
}

func (s *Service) checkMailed(ctx context.Context, u *vault.User, fs []*vault.Factor, code string) error {
	f := only(fs, vault.FactorEmail)
	if f == nil {
		return vault.ErrSecondWrong
	}
	email, err := s.tryCode(ctx, u.ID, vault.CodeSignIn, code)
	if errors.Is(err, vault.ErrCodeWrong) || err == nil && email != f.Email {
		return vault.ErrSecondWrong
	}
	if err != nil {
		return err
	}
	return s.used(ctx, f)
}

// used notes when a factor that needs no counter was last right.
func (s *Service) used(ctx context.Context, f *vault.Factor) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		f.LastUsedAt = tx.Now
		return missing(tx.UpdateFactor(ctx, f), vault.ErrSecondWrong)
	})
}

func (s *Service) mailSignIn(ctx context.Context, u *vault.User, fs []*vault.Factor, a vault.Attempt) error {
	f := only(fs, vault.FactorEmail)
	if f == nil {
		return nil // the challenge says what there is
	}
	return s.mailCode(ctx, u.ID, vault.CodeSignIn, f.Email, "sign in",
		vault.Event{Kind: vault.EventCodeSent, User: u.ID, Door: a.Door, Address: a.Address, Detail: vault.FactorEmail.String()})
}

// SendCode mails a code to sign in with to u, whose password was right.
func (s *Service) SendCode(ctx context.Context, u *vault.User, a vault.Attempt) error {
	fs, err := s.factors(ctx, u.ID)
	if err != nil {
		return err
	}
	return s.mailSignIn(ctx, u, fs, a)
}

// SendCodeFor is SendCode for who holds the ticket of a challenge. An address
// that the ticket is not of is vault.ErrTicket.
func (s *Service) SendCodeFor(ctx context.Context, ticket string, a vault.Attempt) error {
	id, epoch, err := s.begun(ticketMail, ticket)
	if err != nil {
		return err
	}
	var u *vault.User
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, id)
		return err
	})
	if err != nil {
		return missing(err, vault.ErrTicket)
	}
	if u.Email != a.Email || u.Epoch != epoch || u.State != vault.Active {
		return vault.ErrTicket
	}
	return s.SendCode(ctx, u, a)
}

// only is the first factor of a kind, nil for none.
func only(fs []*vault.Factor, k vault.FactorKind) *vault.Factor {
	for _, f := range fs {
		if f.Kind == k {
			return f
		}
	}
	return nil
}

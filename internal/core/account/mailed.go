package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"math/big"
	"strings"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Links and codes that go by mail. Without mail their verbs are mail.ErrOff.

const (
	forVerification = "verify-email"
	linkLife        = 24 * time.Hour
	codeLife        = 15 * time.Minute
	codeTries       = 5
)

// Hint mails an account's hint to its address. Nobody learns whether there is one.
func (s *Service) Hint(ctx context.Context, c vault.Caller, email string) error {
	if err := s.letter(ctx, c, vault.PlaceHint, email); err != nil {
		return err
	}
	u, err := s.find(ctx, email)
	if u != nil {
		s.Mail.Later(u.Email, mail.Hint(u.Hint))
	}
	return err
}

// letter counts a letter that somebody has sent to an address. Each costs its reader
// something, so there is no right one.
func (s *Service) letter(ctx context.Context, c vault.Caller, place vault.Place, email string) error {
	if !s.Mail.On() {
		return mail.ErrOff
	}
	_, err := s.Limiter.Try(ctx, vault.Guess{Place: place, Account: email, Address: c.Address})
	return err
}

// AskDeletion mails the link that deletes an account, to who cannot sign in any
// more. link makes it of the account's id and a token.
func (s *Service) AskDeletion(ctx context.Context, c vault.Caller, email string, link func(id vault.UserID, token string) string) error {
	if err := s.letter(ctx, c, vault.PlaceLetter, email); err != nil {
		return err
	}
	u, err := s.find(ctx, email)
	if err != nil || u == nil {
		return err
	}
	tok, err := s.mailed(forDeletion, string(u.ID), u.Epoch, linkLife)
	if err == nil {
		s.Mail.Later(u.Email, mail.DeleteAccount(link(u.ID, tok)))
	}
	return err
}

// DeleteMailed deletes the account of a mailed link.
func (s *Service) DeleteMailed(ctx context.Context, c vault.Caller, id vault.UserID, tok string) error {
	u, err := s.ofLink(ctx, c, forDeletion, id, tok)
	if err != nil {
		return err
	}
	c.User = u.ID
	return s.delete(ctx, c)
}

// ofLink returns the account of a link that is still good: it dies when anything
// about signing in changes.
func (s *Service) ofLink(ctx context.Context, c vault.Caller, purpose string, id vault.UserID, tok string) (u *vault.User, err error) {
	err = s.Limiter.Watch(ctx, vault.Guess{Place: vault.PlaceLink, Address: c.Address}, func(ctx context.Context) (err error) {
		u, err = s.followed(ctx, purpose, id, tok)
		return err
	})
	return u, err
}

func (s *Service) followed(ctx context.Context, purpose string, id vault.UserID, tok string) (u *vault.User, err error) {
	c, err := s.open(purpose, tok)
	if err != nil || c.Subject != string(id) {
		return nil, vault.ErrLinkExpired
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, id)
		return err
	})
	if err != nil || u.Epoch != c.Epoch {
		return nil, vault.ErrLinkExpired
	}
	return u, nil
}

// AskVerification mails the link that proves the caller's address.
func (s *Service) AskVerification(ctx context.Context, c vault.Caller, link func(id vault.UserID, token string) string) error {
	if !s.Mail.On() {
		return mail.ErrOff
	}
	u, err := s.Me(ctx, c)
	if err == nil {
		err = s.letter(ctx, c, vault.PlaceLetter, u.Email)
	}
	if err != nil {
		return err
	}
	tok, err := s.mailed(forVerification, string(u.ID), u.Epoch, linkLife)
	if err == nil {
		s.Mail.Later(u.Email, mail.VerifyEmail(link(u.ID, tok)))
	}
	return err
}

// VerifyMailed notes that the address of a mailed link is its owner's.
func (s *Service) VerifyMailed(ctx context.Context, c vault.Caller, id vault.UserID, tok string) error {
	u, err := s.ofLink(ctx, c, forVerification, id, tok)
	if err != nil {
		return err
	}
	c.User = u.ID
	_, err = s.Edit(ctx, c, vault.EventEmail, func(u *vault.User, _ time.Time) error { u.EmailVerified = true; return nil })
	return err
}

// AskEmail mails a code to the address that the caller's account is to have.
func (s *Service) AskEmail(ctx context.Context, c vault.Caller, proof, email string) error {
	if !s.Mail.On() {
		return mail.ErrOff
	}
	if err := s.Prove(ctx, c, proof); err != nil {
		return err
	}
	if err := s.letter(ctx, c, vault.PlaceLetter, email); err != nil {
		return err
	}
	if taken, err := s.find(ctx, email); err != nil || taken != nil {
		return orElse(err, vault.ErrUserTaken)
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := strings.Repeat("0", 6-len(n.String())) + n.String()
	_, err = s.Edit(ctx, c, vault.EventProfile, func(u *vault.User, now time.Time) error {
		u.Pending = vault.Pending{Purpose: "email", Email: email, Hash: hashCode(u.ID, code), Until: now.Add(codeLife)}
		return nil
	})
	if err == nil {
		s.Mail.Later(email, mail.Code(code, "change the address of your account"))
	}
	return err
}

func hashCode(id vault.UserID, code string) string {
	h := sha256.Sum256([]byte(string(id) + "/" + code))
	return hex.EncodeToString(h[:])
}

// ChangeEmail gives the caller's account the address whose code is right; r holds
// the keys that the new address, being the salt, asks for.
func (s *Service) ChangeEmail(ctx context.Context, c vault.Caller, proof, code string, r Rekey) error {
	err := s.Limiter.Judge(ctx, vault.Guess{Place: vault.PlaceLink, Account: string(c.User), Address: c.Address, Device: c.Device}, func(ctx context.Context) error {
		return s.checkCode(ctx, c, code, r.Email)
	})
	if err != nil {
		return err
	}
	r.Salt = r.Email
	return s.Change(ctx, c, proof, vault.EventEmail, r)
}

func (s *Service) checkCode(ctx context.Context, c vault.Caller, code, email string) error {
	right := false
	_, err := s.Edit(ctx, c, vault.EventProfile, func(u *vault.User, now time.Time) error {
		p := &u.Pending
		right = p.Purpose == "email" && p.Email == email && p.Tries < codeTries && now.Before(p.Until) &&
			subtle.ConstantTimeCompare([]byte(p.Hash), []byte(hashCode(u.ID, strings.TrimSpace(code)))) == 1
		p.Tries++
		return nil
	})
	if err == nil && !right {
		err = vault.ErrCodeWrong
	}
	return err
}

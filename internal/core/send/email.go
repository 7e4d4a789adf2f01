package send

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// A mailed code: how long it holds, and how often one may guess.
const (
	codeLife  = 10 * time.Minute
	codeTries = 5
)

// proveEmail asks for an address that the maker named, then for the code that was
// mailed there. Every refusal after the first is the same, so that nobody learns
// which addresses are named. Without mail no code can be sent, and none is right.
func (s *Service) proveEmail(ctx context.Context, x *vault.Send, p Proof) error {
	email := strings.ToLower(strings.TrimSpace(p.Email))
	if email == "" {
		return vault.ErrSendNeedsMail
	}
	named := slices.ContainsFunc(strings.Split(x.Emails, ","), func(e string) bool { return strings.EqualFold(strings.TrimSpace(e), email) })
	if !named {
		return vault.ErrSendNeedsCode
	}
	if p.Code == "" {
		return s.mailCode(ctx, x, email)
	}
	right := false
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.AnySend(ctx, x.ID)
		if err != nil {
			return err
		}
		right = now.CodeHash != "" && now.CodeTries < codeTries && tx.Now.Before(now.CodeUntil) && now.CodeRecipient == email &&
			subtle.ConstantTimeCompare([]byte(now.CodeHash), []byte(codeHash(x.ID, p.Code))) == 1
		if now.CodeTries++; right {
			now.CodeHash = "" // it lets in once
		}
		return tx.UpdateSend(ctx, now)
	})
	if err == nil && !right {
		err = vault.ErrSendNeedsCode
	}
	return err
}

func (s *Service) mailCode(ctx context.Context, x *vault.Send, email string) error {
	if !s.Mail.On() {
		return vault.ErrSendNeedsCode
	}
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return err
	}
	code := strings.Repeat("0", 8-len(n.String())) + n.String()
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.AnySend(ctx, x.ID)
		if err != nil {
			return err
		}
		now.CodeHash, now.CodeUntil, now.CodeTries, now.CodeRecipient = codeHash(x.ID, code), tx.Now.Add(codeLife), 0, email
		return tx.UpdateSend(ctx, now)
	})
	if err != nil {
		return err
	}
	s.Mail.Later(email, mail.Code(code, "open what was sent to you"))
	return vault.ErrSendNeedsCode
}

func codeHash(id vault.SendID, code string) string {
	h := sha256.Sum256([]byte(string(id) + "/" + code))
	return hex.EncodeToString(h[:])
}

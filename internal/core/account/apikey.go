package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"strongroom/internal/vault"
)

// APIKey returns the caller's account with its API key, made when there is none
// or renew asks for another. Ask for the password first.
func (s *Service) APIKey(ctx context.Context, c vault.Caller, renew bool) (*vault.User, error) {
	u, err := s.Me(ctx, c)
	if err != nil || u.APIKey.Reveal() != "" && !renew {
		return u, err
	}
	return s.Edit(ctx, c, vault.EventAPIKey, func(u *vault.User, _ time.Time) error {
		var b [24]byte
		rand.Read(b[:])
		u.APIKey = vault.NewSecret(base64.RawURLEncoding.EncodeToString(b[:]))
		return nil
	})
}

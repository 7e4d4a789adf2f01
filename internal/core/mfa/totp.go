package mfa

import (
	"context"
	"crypto/subtle"
	"net/url"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// issuer names this program in authenticator apps.
const issuer = "Strongroom"

// enrolURI is what authenticator apps read from a QR code.
func enrolURI(email, seed string) string {
	return "otpauth://totp/" + url.PathEscape(issuer+":"+email) + "?" + url.Values{"secret": {seed}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}.Encode()
}

// stepOf returns the step at which a seed makes code, one before or after now at
// most, or -1.
func (s *Service) stepOf(seed, code string) int64 {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	now := s.Now().Unix() / int64(vault.TOTPPeriod.Seconds())
	found := int64(-1)
	for step := now - 1; step <= now+1; step++ {
		is, err := hotp.GenerateCodeCustom(seed, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(is), []byte(code)) == 1 {
			found = step
		}
	}
	return found
}

func (s *Service) checkTOTP(ctx context.Context, fs []*vault.Factor, code string) error {
	f := only(fs, vault.FactorAuthenticator)
	if f == nil {
		return vault.ErrSecondWrong
	}
	step := s.stepOf(f.Secret.Reveal(), code)
	if step < 0 {
		return vault.ErrSecondWrong
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AdvanceFactor(ctx, f, step) })
}

package mfa

import (
	"context"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// PasskeyOptions are those with which whoever has a passkey of this server can
// sign in. Nobody is named and nothing is kept.
func (s *Service) PasskeyOptions(origin string) (options []byte, token string, err error) {
	w, _, err := relying(origin)
	if err != nil {
		return nil, "", err
	}
	challenge := protocol.URLEncodedBase64(s.newChallenge("passkey"))
	o, _, err := w.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", err
	}
	options, err = json.Marshal(o.Response)
	return options, challenge.String(), err
}

// Passkey finds out who signs in with a passkey, which counts as both factors.
// Whatever is wrong is vault.ErrSignInWrong.
func (s *Service) Passkey(ctx context.Context, a vault.Attempt) (*vault.Verified, error) {
	v := &vault.Verified{}
	var fs []*vault.Factor
	var err error
	if v.User, fs, err = s.named(ctx, a.Second.Code); vault.WrongGuess(err) {
		nobody := err // counts for the network alone
		return nil, s.limited(ctx, "", a, func(context.Context) error { return nobody })
	}
	if err != nil {
		return nil, err
	}
	err = s.limited(ctx, v.User.ID, a, func(ctx context.Context) (err error) {
		v.Passkey, err = s.asserted(ctx, v.User, fs, vault.FactorPasskey, a.Second.Origin, a.Second.Code, "passkey")
		return err
	})
	if vault.WrongGuess(err) {
		a.Second.Kind = vault.FactorPasskey
		if err := s.failed(ctx, v.User, a); !vault.WrongGuess(err) {
			return nil, err
		}
		return nil, vault.ErrSignInWrong.Because(err)
	}
	if err == nil && v.User.State != vault.Active {
		err = vault.ErrUserSuspended
	}
	return v, err
}

// named finds whom a passkey's answer names, before it is known to be right:
// vault.ErrSignInWrong for nobody.
func (s *Service) named(ctx context.Context, response string) (u *vault.User, fs []*vault.Factor, err error) {
	p, err := protocol.ParseCredentialRequestResponseBytes(plain(response))
	if err != nil {
		return nil, nil, vault.ErrSignInWrong.Because(err)
	}
	id, err := uuid.FromBytes(p.Response.UserHandle)
	if err != nil {
		return nil, nil, vault.ErrSignInWrong.Because(err)
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if u, err = tx.User(ctx, vault.UserID(id.String())); err == nil {
			fs, err = tx.Factors(ctx, u.ID)
		}
		return err
	})
	return u, fs, missing(err, vault.ErrSignInWrong)
}

// UnlockOptions ask for one of the caller's own passkeys, to set up or renew what
// it opens the vault with.
func (s *Service) UnlockOptions(ctx context.Context, c vault.Caller, origin string) (options []byte, token string, err error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, "", err
	}
	u, fs, err := s.mine(ctx, c)
	if err != nil {
		return nil, "", err
	}
	options, err = s.assertion(u, fs, vault.FactorPasskey, origin)
	var o struct {
		Challenge string `json:"challenge"`
	}
	if err == nil {
		err = json.Unmarshal(options, &o)
	}
	return options, o.Challenge, err
}

// SetUnlock lets one of the caller's passkeys open the vault: response shows which.
func (s *Service) SetUnlock(ctx context.Context, c vault.Caller, origin, response string, keys vault.PasskeyKeys) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	u, fs, err := s.mine(ctx, c)
	if err != nil {
		return err
	}
	f, err := s.asserted(ctx, u, fs, vault.FactorPasskey, origin, response, "assert", vault.FactorPasskey.String(), string(u.ID))
	if err != nil {
		if vault.WrongGuess(err) {
			return vault.ErrFactorInvalid.At("deviceResponse", "is not of one of your passkeys").Because(err)
		}
		return err
	}
	f.PRF, f.Unlocks = true, keys
	if err := f.Check(); err != nil || keys == (vault.PasskeyKeys{}) {
		return orElse(err, vault.ErrFactorInvalid.At("encryptedUserKey", "is required"))
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.UpdateFactor(ctx, f); err != nil {
			return err
		}
		if err := tx.Record(ctx, event(c, vault.EventFactorChanged, f)); err != nil {
			return err
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSettings, User: c.User, Device: c.Device})
	})
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

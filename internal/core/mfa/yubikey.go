package mfa

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the validation protocol's own: HMAC-SHA1
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

// YubiKeys says which server knows whether a YubiKey's password is right
// (validation protocol 2.0), and as whom it is asked. Without ID YubiKeys are off.
type YubiKeys struct {
	ID  string
	Key []byte
	URL string
}

var (
	errYubiKeyOff  = fault.New(fault.Unavailable, "yubikey-off", "This server does not know whom to ask about YubiKeys (YUBICO_CLIENT_ID). Ask its administrator.")
	errYubiKeyDown = fault.New(fault.Unavailable, "yubikey-unanswered", "The server that knows about YubiKeys did not answer as it should. Try again, or show another factor.")
)

const yubiMaxSize = 4096 // bytes of an answer

func (s *Service) checkYubiKey(ctx context.Context, fs []*vault.Factor, code string) error {
	id := vault.YubiKeyID(code)
	n := slices.IndexFunc(fs, func(f *vault.Factor) bool { return f.Kind == vault.FactorYubiKey && f.Secret.Reveal() == id })
	if n < 0 || id == "" {
		return vault.ErrSecondWrong
	}
	if err := s.validate(ctx, code); err != nil {
		return err
	}
	return s.used(ctx, fs[n])
}

// validate asks the validation server about a password, which is good once.
func (s *Service) validate(ctx context.Context, code string) error {
	code = strings.ToLower(strings.TrimSpace(code))
	if s.YubiKey.ID == "" {
		return errYubiKeyOff
	}
	if len(code) != vault.YubiLength {
		return vault.ErrSecondWrong
	}
	var random [16]byte
	rand.Read(random[:])
	nonce := hex.EncodeToString(random[:])
	q := url.Values{"id": {s.YubiKey.ID}, "otp": {code}, "nonce": {nonce}}
	q.Set("h", sign(s.YubiKey.Key, q))
	a, err := s.Ask.Get(ctx, s.YubiKey.URL+"?"+q.Encode(), yubiMaxSize)
	if err != nil {
		return errYubiKeyDown.Because(err)
	}
	got := url.Values{}
	for line := range strings.Lines(string(a.Body)) {
		if name, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			got.Set(name, v)
		}
	}
	h := got.Get("h")
	got.Del("h")
	if len(s.YubiKey.Key) > 0 && !hmac.Equal([]byte(h), []byte(sign(s.YubiKey.Key, got))) {
		return errYubiKeyDown.Because(errUnsigned)
	}
	switch status := got.Get("status"); status {
	case "OK":
		if got.Get("otp") != code || got.Get("nonce") != nonce {
			return errYubiKeyDown.Because(errUnsigned)
		}
		return nil
	case "BAD_OTP", "REPLAYED_OTP", "REPLAYED_REQUEST":
		return vault.ErrSecondWrong
	default:
		return errYubiKeyDown.Because(errStatus(status))
	}
}

type errStatus string

func (e errStatus) Error() string { return "the validation server's status is " + string(e) }

const errUnsigned = errStatus("not signed, or of another question")

// sign is the protocol's signature: HMAC-SHA1 over the pairs by name.
func sign(key []byte, q url.Values) string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + q.Get(name)
	}
	m := hmac.New(sha1.New, key)
	m.Write([]byte(strings.Join(names, "&")))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// SetYubiKeys makes the caller's YubiKeys those that keys names, by what they typed
// just now or, for ones that are set up already, by their public ids.
func (s *Service) SetYubiKeys(ctx context.Context, c vault.Caller, keys []string, nfc bool) error {
	if err := c.Fresh(s.Now()); err != nil {
		return err
	}
	fs, err := s.factors(ctx, c.User)
	if err != nil {
		return err
	}
	have, keep := map[string]bool{}, map[string]bool{}
	for _, f := range fs {
		if f.Kind == vault.FactorYubiKey {
			have[f.Secret.Reveal()] = true
		}
	}
	var fresh []string
	for _, k := range keys {
		id := vault.YubiKeyID(k)
		switch {
		case strings.TrimSpace(k) == "":
		case id == "", len(strings.TrimSpace(k)) < vault.YubiLength && !have[id]:
			return errNoYubiKey
		case have[id]:
			keep[id] = true
		default:
			fresh = append(fresh, k)
		}
	}
	if len(keep) < len(have) {
		err := s.Remove(ctx, c, func(f *vault.Factor) bool { return f.Kind == vault.FactorYubiKey && !keep[f.Secret.Reveal()] })
		if err != nil {
			return err
		}
	}
	for _, k := range fresh {
		if _, err := s.AddYubiKey(ctx, c, k, "", nfc); err != nil {
			return err
		}
	}
	return nil
}

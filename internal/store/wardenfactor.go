package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"strongroom/internal/vault"
)

// Numbers of the protocol's providers, by which the kinds of factors are kept. From
// wardenPending on they are steps that somebody was in the middle of.
const (
	wardenAuthenticator = 0
	wardenEmail         = 1
	wardenYubiKey       = 3
	wardenRemember      = 5
	wardenPending       = 1000
)

var wardenProviders = map[int64]string{wardenAuthenticator: "authenticator", wardenEmail: "email", 2: "Duo", wardenYubiKey: "YubiKey", 7: "security keys (WebAuthn)"}

var errUnknownForm = errors.New("how it is kept is not known")

// factors reads what somebody shows besides the password. What cannot be read is
// left behind, and has guarded the account all the same.
func (w *Warden) factors(ctx context.Context, id string, v *WardenVault) error {
	err := w.f.each(ctx, `SELECT atype, enabled, data FROM twofactor WHERE user_uuid = ? ORDER BY atype`, []any{id}, func(rows *sql.Rows) error {
		var kind, enabled, data any
		if err := rows.Scan(&kind, &enabled, &data); err != nil {
			return err
		}
		var f form
		k, on := f.number("atype", kind, 0), f.flag("enabled", enabled)
		if f.bad == nil && (!on || k == wardenRemember || k >= wardenPending) {
			return nil
		}
		v.Guarded = true
		if kind == nil || f.bad != nil {
			v.Leave(vault.LeftFactor, "one of an unknown kind", orElse(f.bad, errUnknownForm))
			return nil
		}
		v.factor(k, data)
		return nil
	})
	if err == nil && v.Guarded {
		err = w.recovery(ctx, id, v)
	}
	return err
}

func (v *WardenVault) factor(kind int64, data any) {
	var f form
	var fs []*vault.Factor
	switch kind {
	case wardenAuthenticator:
		fs = []*vault.Factor{{Kind: vault.FactorAuthenticator, Secret: vault.NewSecret(f.text("data", data))}}
	case wardenEmail:
		var in struct {
			Email string `json:"email"`
		}
		f.json("data", data, &in)
		fs = []*vault.Factor{{Kind: vault.FactorEmail, Email: in.Email}}
	case wardenYubiKey:
		fs = v.yubiKeys(&f, data)
	default:
		f.bad = errUnknownForm
	}
	if f.bad == nil {
		v.Factors = append(v.Factors, fs...)
		return
	}
	name, known := wardenProviders[kind]
	if !known {
		name = fmt.Sprintf("one of kind %d", kind)
	}
	v.Leave(vault.LeftFactor, name, f.bad)
}

// yubiKeys are the keys that one entry names, by their public ids or by what one
// of them typed.
func (v *WardenVault) yubiKeys(f *form, data any) (fs []*vault.Factor) {
	var in struct {
		Keys []string `json:"keys"`
		NFC  bool     `json:"nfc"`
	}
	f.json("data", data, &in)
	seen := map[string]bool{"": true}
	for _, k := range in.Keys {
		if seen[k] {
			continue
		}
		if seen[k] = true; vault.YubiKeyID(k) != "" {
			k = vault.YubiKeyID(k)
		}
		fs = append(fs, &vault.Factor{Kind: vault.FactorYubiKey, Secret: vault.NewSecret(k), NFC: in.NFC})
	}
	if len(fs) == 0 {
		f.fail("data", "YubiKey")
	}
	return fs
}

// recovery reads the code that stands in for all of them, if there is one.
func (w *Warden) recovery(ctx context.Context, id string, v *WardenVault) error {
	var code any
	if err := w.f.s.read.QueryRowContext(ctx, `SELECT `+w.column("users", "totp_recover")+` FROM users WHERE uuid = ?`, id).Scan(&code); err != nil {
		return err
	}
	var f form
	text := f.text("totp_recover", code)
	switch {
	case f.bad != nil:
		v.Leave(vault.LeftRecovery, "", f.bad)
	case text != "":
		v.Factors = append(v.Factors, &vault.Factor{Kind: vault.FactorRecovery, Number: 1, Secret: vault.NewSecret(vault.RecoveryCode(text))})
	}
	return nil
}

package bitwarden

import (
	"context"
	"encoding/json"
	"strconv"

	"strongroom/internal/vault"
)

type yubiKeysJSON struct {
	Enabled bool    `json:"enabled"`
	Key1    *string `json:"key1"`
	Key2    *string `json:"key2"`
	Key3    *string `json:"key3"`
	Key4    *string `json:"key4"`
	Key5    *string `json:"key5"`
	NFC     bool    `json:"nfc"`
}

type yubiKeyAnswer struct {
	yubiKeysJSON
	Nested yubiKeysJSON `json:"yubiKey"`
	Ticket *string      `json:"userVerificationToken"`
	Object string       `json:"object"`
}

func yubiKeysOf(fs []*vault.Factor, ticket string) any {
	k := yubiKeysJSON{Enabled: len(fs) > 0}
	for n, to := range []**string{&k.Key1, &k.Key2, &k.Key3, &k.Key4, &k.Key5} {
		if n < len(fs) {
			*to, k.NFC = orNull(fs[n].Secret.Reveal()), k.NFC || fs[n].NFC
		}
	}
	return yubiKeyAnswer{k, k, orNull(ticket), "twoFactorYubiKey"}
}

func (d *Door) getYubiKey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	_, fs, ticket, err := d.begin(ctx, c, r, vault.FactorYubiKey)
	if err != nil {
		return nil, err
	}
	return yubiKeysOf(fs, ticket), nil
}

// setYubiKey takes the whole list: what was typed by a key is new, an id stays, and
// what is missing goes.
func (d *Door) setYubiKey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		provedIn
		Key1 string `json:"key1"`
		Key2 string `json:"key2"`
		Key3 string `json:"key3"`
		Key4 string `json:"key4"`
		Key5 string `json:"key5"`
		NFC  bool   `json:"nfc"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.proved(ctx, c, in.provedIn, vault.FactorYubiKey, "")
	if err != nil {
		return nil, err
	}
	if err := d.Factors.SetYubiKeys(ctx, c, []string{in.Key1, in.Key2, in.Key3, in.Key4, in.Key5}, in.NFC); err != nil {
		return nil, err
	}
	fs, err := d.ofKind(ctx, c, vault.FactorYubiKey)
	if err != nil {
		return nil, err
	}
	return yubiKeysOf(fs, ""), nil
}

type keyJSON struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Migrated bool   `json:"migrated"`
}

func keyFactorsOf(fs []*vault.Factor, ticket string) any {
	keys := []keyJSON{}
	for _, f := range fs {
		keys = append(keys, keyJSON{ID: f.Number, Name: f.Name})
	}
	nested := map[string]any{"enabled": len(fs) > 0, "keys": keys}
	return map[string]any{"enabled": len(fs) > 0, "keys": keys, "webAuthn": nested, "userVerificationToken": orNull(ticket), "object": "twoFactorWebAuthn"}
}

func (d *Door) getKeys(ctx context.Context, c vault.Caller, r *request) (any, error) {
	_, fs, ticket, err := d.begin(ctx, c, r, vault.FactorWebAuthn)
	if err != nil {
		return nil, err
	}
	return keyFactorsOf(fs, ticket), nil
}

func (d *Door) keyChallenge(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in provedIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.proved(ctx, c, in, vault.FactorWebAuthn, "")
	if err != nil {
		return nil, err
	}
	options, _, err := d.Factors.BeginKey(ctx, c, vault.FactorWebAuthn, d.origin(ctx))
	if err != nil {
		return nil, err
	}
	return merged(options, map[string]any{"options": json.RawMessage(options), "status": "ok", "errorMessage": "", "object": "twoFactorWebAuthnChallenge"})
}

// keyNumber is a number that clients send as one or as text.
type keyNumber int

func (n *keyNumber) UnmarshalJSON(b []byte) error {
	i, err := strconv.Atoi(string(trimQuotes(b)))
	if err != nil && string(b) != "null" {
		return vault.ErrFactorInvalid.At("id", "must be a number")
	}
	*n = keyNumber(i)
	return nil
}

func trimQuotes(b []byte) []byte {
	if len(b) > 1 && b[0] == '"' {
		return b[1 : len(b)-1]
	}
	return b
}

func (d *Door) setKey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		provedIn
		Name     string          `json:"name"`
		Response json.RawMessage `json:"deviceResponse"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.proved(ctx, c, in.provedIn, vault.FactorWebAuthn, "")
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		in.Name = "Security key"
	}
	if _, err := d.Factors.AddKey(ctx, c, &vault.Factor{Kind: vault.FactorWebAuthn, Name: in.Name}, d.origin(ctx), string(in.Response)); err != nil {
		return nil, err
	}
	fs, err := d.ofKind(ctx, c, vault.FactorWebAuthn)
	if err != nil {
		return nil, err
	}
	return keyFactorsOf(fs, ""), nil
}

func (d *Door) dropKey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		provedIn
		ID keyNumber `json:"id"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.proved(ctx, c, in.provedIn, vault.FactorWebAuthn, "")
	if err != nil {
		return nil, err
	}
	err = d.Factors.Remove(ctx, c, func(f *vault.Factor) bool { return f.Kind == vault.FactorWebAuthn && f.Number == int(in.ID) })
	if err != nil {
		return nil, err
	}
	fs, err := d.ofKind(ctx, c, vault.FactorWebAuthn)
	if err != nil {
		return nil, err
	}
	return keyFactorsOf(fs, ""), nil
}

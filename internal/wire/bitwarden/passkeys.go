package bitwarden

import (
	"context"
	"encoding/json"

	"strongroom/internal/vault"
)

// Passkeys that sign in by themselves and, where they can make keys, open the vault.
func (d *Door) passkeyRoutes() {
	d.row(0, d.passkeyLogin, "GET /identity/accounts/webauthn/assertion-options")
	d.row(vault.ManageSelf, d.passkeys, "GET /api/webauthn")
	d.row(vault.ManageSelf, d.beginPasskey, "POST /api/webauthn/attestation-options")
	d.row(vault.ManageSelf, d.askPasskey, "POST /api/webauthn/assertion-options")
	d.row(vault.ManageSelf, d.addPasskey, "POST /api/webauthn")
	d.row(vault.ManageSelf, d.unlockPasskey, "PUT /api/webauthn")
	d.row(vault.ManageSelf, d.dropPasskey, "POST /api/webauthn/{id}/delete")
}

type keyOptionsJSON struct {
	Options json.RawMessage `json:"options"`
	Token   string          `json:"token"`
	Object  string          `json:"object"`
}

func (d *Door) passkeyLogin(ctx context.Context, _ vault.Caller, _ *request) (any, error) {
	options, token, err := d.Factors.PasskeyOptions(d.origin(ctx))
	return keyOptionsJSON{options, token, "webAuthnLoginAssertionOptions"}, err
}

type passkeyJSON struct {
	ID     vault.FactorID `json:"id"`
	Name   string         `json:"name"`
	PRF    int            `json:"prfStatus"`
	User   *string        `json:"encryptedUserKey"`
	Public *string        `json:"encryptedPublicKey"`
	Object string         `json:"object"`
}

func passkeyOf(f *vault.Factor) passkeyJSON {
	status := 2 // the passkey can make no keys
	switch {
	case f.Unlocks != vault.PasskeyKeys{}:
		status = 0
	case f.PRF:
		status = 1
	}
	return passkeyJSON{f.ID, f.Name, status, orNull(f.Unlocks.User), orNull(f.Unlocks.Public), "webauthnCredential"}
}

func (d *Door) passkeys(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	fs, err := d.ofKind(ctx, c, vault.FactorPasskey)
	if err != nil {
		return nil, err
	}
	out := []passkeyJSON{}
	for _, f := range fs {
		out = append(out, passkeyOf(f))
	}
	return list(out), nil
}

// proven reads a body that holds a fresh proof and nothing else, and takes it.
func (d *Door) proven(ctx context.Context, c vault.Caller, r *request) (vault.Caller, error) {
	var in secretIn
	if err := r.read(&in); err != nil {
		return c, err
	}
	return d.stepUp(ctx, c, in.Proof)
}

func (d *Door) beginPasskey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, err := d.proven(ctx, c, r)
	if err != nil {
		return nil, err
	}
	options, token, err := d.Factors.BeginKey(ctx, c, vault.FactorPasskey, d.origin(ctx))
	return keyOptionsJSON{options, token, "webauthnCredentialCreateOptions"}, err
}

func (d *Door) askPasskey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, err := d.proven(ctx, c, r)
	if err != nil {
		return nil, err
	}
	options, token, err := d.Factors.UnlockOptions(ctx, c, d.origin(ctx))
	return keyOptionsJSON{options, token, "webAuthnLoginAssertionOptions"}, err
}

type passkeyIn struct {
	Response json.RawMessage `json:"deviceResponse"`
	Name     string          `json:"name"`
	PRF      bool            `json:"supportsPrf"`
	User     string          `json:"encryptedUserKey"`
	Public   string          `json:"encryptedPublicKey"`
	Private  string          `json:"encryptedPrivateKey"`
}

func (in passkeyIn) keys() vault.PasskeyKeys {
	return vault.PasskeyKeys{User: in.User, Public: in.Public, Private: in.Private}
}

func (d *Door) addPasskey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in passkeyIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	f, err := d.Factors.AddKey(ctx, c, &vault.Factor{Kind: vault.FactorPasskey, Name: in.Name, PRF: in.PRF, Unlocks: in.keys()}, d.origin(ctx), string(in.Response))
	if err != nil {
		return nil, err
	}
	return passkeyOf(f), nil
}

func (d *Door) unlockPasskey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in passkeyIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return nil, d.Factors.SetUnlock(ctx, c, d.origin(ctx), string(in.Response), in.keys())
}

func (d *Door) dropPasskey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, err := d.proven(ctx, c, r)
	if err != nil {
		return nil, err
	}
	id := vault.FactorID(r.param("id"))
	return nil, d.Factors.Remove(ctx, c, func(f *vault.Factor) bool { return f.Kind == vault.FactorPasskey && f.ID == id })
}

// passkeyGrant signs in with a passkey.
func (d *Door) passkeyGrant(ctx context.Context, c vault.Caller, f form) (any, error) {
	in, err := signInOf(c, f)
	if err != nil {
		return nil, err
	}
	in.Second = vault.Second{Kind: vault.FactorPasskey, Code: f["deviceresponse"], Origin: d.origin(ctx)}
	g, err := d.SignIn.SignInPasskey(ctx, in)
	if err != nil {
		return nil, err
	}
	return tokenOf(g), nil
}

// prfJSON is what a passkey opens the vault with, in the cases of the sync.
type prfJSON struct {
	Private    string   `json:"encryptedPrivateKey"`
	User       string   `json:"encryptedUserKey"`
	Credential string   `json:"credentialId"`
	Transports []string `json:"transports"`
}

func prfOf(fs []*vault.Factor) (all []prfJSON) {
	for _, f := range fs {
		if f.Kind == vault.FactorPasskey && f.Unlocks != (vault.PasskeyKeys{}) {
			all = append(all, prfJSON{f.Unlocks.Private, f.Unlocks.User, f.Key.Text(), f.Key.Transports})
		}
	}
	return all
}

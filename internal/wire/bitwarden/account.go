package bitwarden

import (
	"context"

	"strongroom/internal/core/account"
	"strongroom/internal/vault"
)

func (d *Door) accountRoutes() {
	d.row(vault.ReadVault, d.profile, "GET /api/accounts/profile")
	d.row(vault.ManageSelf, d.editProfile, "PUT /api/accounts/profile", "POST /api/accounts/profile")
	d.row(vault.ManageSelf, d.editAvatar, "PUT /api/accounts/avatar", "POST /api/accounts/avatar")
	d.row(vault.ReadVault, d.domains, "GET /api/settings/domains")
	d.row(vault.ManageSelf, d.editDomains, "PUT /api/settings/domains", "POST /api/settings/domains")
	d.row(vault.ManageSelf, d.verifyPassword, "POST /api/accounts/verify-password")
	d.row(vault.ManageSelf, d.changePassword, "POST /api/accounts/password")
	d.row(vault.ManageSelf, d.changeKDF, "POST /api/accounts/kdf")
	d.row(vault.ManageSelf, d.newStamp, "POST /api/accounts/security-stamp")
	d.row(vault.ManageSelf, d.setKeyID, "POST /api/accounts/key-management/user-key-id")
	d.row(vault.ManageSelf, d.rotate, "POST /api/accounts/key-management/rotate-user-account-keys")
	d.large(1, maxImport)
	d.row(vault.ReadVault, d.rotationData, "GET /api/accounts/key-management/key-rotation-data")
	d.row(vault.ReadVault, d.ownKeys, "GET /api/accounts/keys")
	d.row(vault.ManageSelf, d.setKeys, "POST /api/accounts/keys")
	d.row(vault.ManageSelf, d.apiKey(false), "POST /api/accounts/api-key")
	d.row(vault.ManageSelf, d.apiKey(true), "POST /api/accounts/rotate-api-key")
	d.row(vault.ManageSelf, d.deleteAccount, "DELETE /api/accounts", "POST /api/accounts/delete")
	d.row(vault.ReadVault, d.publicKey, "GET /api/users/{id}/public-key")
	d.row(vault.ReadVault, d.publicKeys, "GET /api/users/{id}/keys")
}

// secretIn is how a client proves that its person is there. This server's
// accounts all have a password, so its hash is the one way.
type secretIn struct {
	Proof string `json:"masterPasswordHash"`
}

// prove reads a body with a secret and checks it; into, if not nil, is filled
// from the same body.
func (d *Door) prove(ctx context.Context, c vault.Caller, r *request, into *secretIn) error {
	var in secretIn
	if into == nil {
		into = &in
	}
	if err := r.read(into); err != nil {
		return err
	}
	return d.Accounts.Prove(ctx, c, into.Proof)
}

func (d *Door) verifyPassword(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if err := d.prove(ctx, c, r, nil); err != nil {
		return nil, err
	}
	return map[string]string{"object": "masterPasswordPolicy"}, nil
}

// rekeyIn is both generations of a new password or derivation.
type rekeyIn struct {
	Proof       string    `json:"masterPasswordHash"`
	NewProof    string    `json:"newMasterPasswordHash"`
	Key         string    `json:"key"`
	Hint        *string   `json:"masterPasswordHint"`
	KDF         *int      `json:"kdf"`
	Iterations  int       `json:"kdfIterations"`
	Memory      *int      `json:"kdfMemory"`
	Parallelism *int      `json:"kdfParallelism"`
	Auth        *authIn   `json:"authenticationData"`
	Unlock      *unlockIn `json:"unlockData"`
}

func (in rekeyIn) rekey(now vault.KDF) (account.Rekey, error) {
	r := account.Rekey{KDF: now, Proof: in.NewProof, ProtectedKey: in.Key, Hint: in.Hint}
	if in.KDF != nil {
		r.KDF = kdfJSON{*in.KDF, in.Iterations, in.Memory, in.Parallelism}.vault()
	}
	if in.Auth != nil || in.Unlock != nil {
		if err := pair(in.Auth, in.Unlock); err != nil {
			return r, err
		}
		r.KDF, r.Salt, r.Proof, r.ProtectedKey = in.Auth.KDF.vault(), in.Auth.Salt, in.Auth.Proof, in.Unlock.Key
	}
	return r, nil
}

func (d *Door) rekeyed(kind vault.EventKind) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		var in rekeyIn
		if err := r.read(&in); err != nil {
			return nil, err
		}
		u, err := d.Accounts.Me(ctx, c)
		if err != nil {
			return nil, err
		}
		to, err := in.rekey(u.KDF)
		if err != nil {
			return nil, err
		}
		return nil, d.Accounts.Change(ctx, c, in.Proof, kind, to)
	}
}

func (d *Door) changePassword(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return d.rekeyed(vault.EventPassword)(ctx, c, r)
}

func (d *Door) changeKDF(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return d.rekeyed(vault.EventKDF)(ctx, c, r)
}

func (d *Door) newStamp(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if err := d.prove(ctx, c, r, nil); err != nil {
		return nil, err
	}
	return nil, d.Accounts.NewStamp(ctx, c)
}

// setKeyID: a client of 2026.9 that gets an error here ends its login with one.
func (d *Door) setKeyID(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		ID string `json:"userKeyId"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return nil, d.Accounts.SetKeyID(ctx, c, in.ID)
}

type ownKeysJSON struct {
	Key        string   `json:"key"`
	PublicKey  string   `json:"publicKey"`
	PrivateKey string   `json:"privateKey"`
	Keys       keysJSON `json:"accountKeys"`
	Object     string   `json:"object"`
}

func (d *Door) ownKeys(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	u, err := d.Accounts.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	return ownKeysJSON{u.ProtectedKey, u.PublicKey, u.PrivateKey, keysOf(u), "keys"}, nil
}

// setKeys is for accounts that have none; every account here was made with its keys.
func (d *Door) setKeys(context.Context, vault.Caller, *request) (any, error) {
	return nil, vault.ErrKeysSet
}

type apiKeyJSON struct {
	Key      string `json:"apiKey"`
	Revision string `json:"revisionDate"`
	Object   string `json:"object"`
}

func (d *Door) apiKey(renew bool) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		if err := d.prove(ctx, c, r, nil); err != nil {
			return nil, err
		}
		u, err := d.Accounts.APIKey(ctx, c, renew)
		if err != nil {
			return nil, err
		}
		return apiKeyJSON{u.APIKey.Reveal(), when(u.Changed), "apiKey"}, nil
	}
}

func (d *Door) deleteAccount(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if err := d.prove(ctx, c, r, nil); err != nil {
		return nil, err
	}
	return nil, d.Accounts.Delete(ctx, c)
}

func (d *Door) publicKey(ctx context.Context, c vault.Caller, r *request) (any, error) {
	u, err := d.Accounts.PublicKey(ctx, c, vault.UserID(r.param("id")))
	if err != nil {
		return nil, err
	}
	return map[string]string{"userId": string(u.ID), "publicKey": u.PublicKey, "object": "userKey"}, nil
}

func (d *Door) publicKeys(ctx context.Context, c vault.Caller, r *request) (any, error) {
	u, err := d.Accounts.PublicKey(ctx, c, vault.UserID(r.param("id")))
	if err != nil {
		return nil, err
	}
	return map[string]any{"publicKey": u.PublicKey, "signedPublicKey": orNull(u.V2.SignedPublicKey), "verifyingKey": orNull(u.V2.VerifyingKey), "object": "publicKeys"}, nil
}

package bitwarden

import (
	"context"
	"net/http"

	"strongroom/internal/vault"
)

func (d *Door) registerRoutes() {
	d.row(0, d.startSignUp, "POST /identity/accounts/register/send-verification-email")
	d.row(0, d.checkSignUp, "POST /identity/accounts/register/verification-email-clicked")
	d.row(0, d.finishSignUp, "POST /identity/accounts/register/finish")
	d.row(0, d.register, "POST /identity/accounts/register", "POST /api/accounts/register")
}

// registerIn is both generations of the request; a client may send both at once,
// and then they must agree.
type registerIn struct {
	Email       string         `json:"email"`
	Name        string         `json:"name"`
	Token       string         `json:"emailVerificationToken"`
	Hint        string         `json:"masterPasswordHint"`
	Proof       string         `json:"masterPasswordHash"`
	Key         string         `json:"userSymmetricKey"`
	OldKey      string         `json:"key"`
	Asymmetric  *keyPairIn     `json:"userAsymmetricKeys"`
	OldKeys     *keyPairIn     `json:"keys"`
	AccountKeys *accountKeysIn `json:"accountKeys"`
	KDF         *int           `json:"kdf"`
	Iterations  int            `json:"kdfIterations"`
	Memory      *int           `json:"kdfMemory"`
	Parallelism *int           `json:"kdfParallelism"`
	SetupCode   string         `json:"setupCode"` // of our own web vault's first run
	Auth        *authIn        `json:"masterPasswordAuthentication"`
	Unlock      *unlockIn      `json:"masterPasswordUnlock"`
}

type keyPairIn struct {
	Public  string         `json:"publicKey"`
	Private string         `json:"encryptedPrivateKey"`
	Keys    *accountKeysIn `json:"accountKeys"`
	KeyID   string         `json:"userKeyId"`
}

func (d *Door) startSignUp(ctx context.Context, c vault.Caller, r *request) (any, error) {
	email, err := d.emailIn(r)
	if err != nil {
		return nil, err
	}
	tok, err := d.Accounts.StartSignUp(ctx, c, email, func(tok string) string {
		return d.link(r, "/redirect-connector.html#finish-signup", "token", tok, "email", email, "fromEmail", "true")
	})
	if err != nil {
		return nil, err
	}
	if tok == "" {
		r.w.WriteHeader(http.StatusNoContent)
		return done{}, nil
	}
	return tok, nil
}

// emailIn reads a body whose only use is an address.
func (d *Door) emailIn(r *request) (string, error) {
	var in struct {
		Email string `json:"email"`
	}
	if err := r.read(&in); err != nil {
		return "", err
	}
	return d.Names.Email(in.Email)
}

func (d *Door) checkSignUp(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Email string `json:"email"`
		Token string `json:"emailVerificationToken"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return nil, d.Accounts.CheckSignUp(ctx, c, d.email(in.Email), in.Token)
}

func (d *Door) finishSignUp(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in registerIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	n, err := d.account(in, c)
	if err != nil {
		return nil, err
	}
	if _, err := d.Accounts.FinishSignUp(ctx, in.Token, n); err != nil {
		return nil, err
	}
	return map[string]string{"object": "registerFinish", "captchaBypassToken": ""}, nil
}

func (d *Door) register(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in registerIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	n, err := d.account(in, c)
	if err != nil {
		return nil, err
	}
	if _, err := d.Accounts.Register(ctx, n); err != nil {
		return nil, err
	}
	return map[string]string{"object": "register", "captchaBypassToken": ""}, nil
}

// account maps a request to the account that it describes.
func (d *Door) account(in registerIn, c vault.Caller) (vault.NewAccount, error) {
	email, err := d.Names.Email(in.Email)
	if err != nil {
		return vault.NewAccount{}, err
	}
	n := vault.NewAccount{Email: email, Name: in.Name, Hint: in.Hint, Salt: email, Proof: in.Proof, ProtectedKey: first(in.Key, in.OldKey),
		SetupCode: in.SetupCode, Door: c.Door, Address: c.Address}
	n.KDF = kdfJSON{deref(in.KDF), in.Iterations, in.Memory, in.Parallelism}.vault()
	if in.Auth != nil || in.Unlock != nil {
		if err := pair(in.Auth, in.Unlock); err != nil {
			return n, err
		}
		if in.KDF != nil && n.KDF != in.Auth.KDF.vault() {
			return n, vault.ErrUserInvalid.At("kdf", "must be the same as masterPasswordAuthentication.kdf")
		}
		n.KDF, n.Salt, n.Proof, n.ProtectedKey, n.UserKeyID = in.Auth.KDF.vault(), in.Auth.Salt, in.Auth.Proof, in.Unlock.Key, in.Unlock.KeyID
	}
	keys := in.AccountKeys
	for _, k := range []*keyPairIn{in.Asymmetric, in.OldKeys} {
		if k != nil {
			n.PublicKey, n.PrivateKey, n.UserKeyID = first(n.PublicKey, k.Public), first(n.PrivateKey, k.Private), first(n.UserKeyID, k.KeyID)
			if keys == nil {
				keys = k.Keys
			}
		}
	}
	if keys != nil {
		public, private, v2 := keys.split()
		n.PublicKey, n.PrivateKey, n.V2 = first(public, n.PublicKey), first(private, n.PrivateKey), v2
	}
	return n, nil
}

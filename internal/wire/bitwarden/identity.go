package bitwarden

import (
	"context"
	"mime"
	"strconv"
	"strings"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

func (d *Door) identityRoutes() {
	d.row(0, d.prelogin, "POST /identity/accounts/prelogin/password", "POST /identity/accounts/prelogin", "POST /api/accounts/prelogin")
	d.row(0, d.token, "POST "+tokenPath)
	d.row(0, d.noSSO, "GET /identity/sso/prevalidate")
}

type kdfJSON struct {
	Type        int  `json:"kdfType"`
	Iterations  int  `json:"iterations"`
	Memory      *int `json:"memory"`
	Parallelism *int `json:"parallelism"`
}

func kdfOf(k vault.KDF) kdfJSON {
	return kdfJSON{k.Type, k.Iterations, intOrNull(k.Memory), intOrNull(k.Parallelism)}
}

func (k kdfJSON) vault() vault.KDF {
	return vault.KDF{Type: k.Type, Iterations: k.Iterations, Memory: deref(k.Memory), Parallelism: deref(k.Parallelism)}
}

type preloginJSON struct {
	KDF         int     `json:"kdf"`
	Iterations  int     `json:"kdfIterations"`
	Memory      *int    `json:"kdfMemory"`
	Parallelism *int    `json:"kdfParallelism"`
	Settings    kdfJSON `json:"kdfSettings"`
	Salt        string  `json:"salt"`
}

// email completes and checks the address that a client sent. One that cannot be
// is kept as it came: it is nobody's, and the answer is a stranger's.
func (d *Door) email(s string) string {
	if e, err := d.Names.Email(s); err == nil {
		return e
	}
	return strings.ToLower(strings.TrimSpace(s))
}

func (d *Door) prelogin(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Email string `json:"email"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	kdf, salt, err := d.SignIn.KDF(ctx, c, d.email(in.Email))
	if err != nil {
		return nil, err
	}
	k := kdfOf(kdf)
	return preloginJSON{k.Type, k.Iterations, k.Memory, k.Parallelism, k, salt}, nil
}

var errNoSSO = fault.New(fault.Invalid, "sso-off", "This server has no single sign-on.")

func (d *Door) noSSO(context.Context, vault.Caller, *request) (any, error) {
	return nil, errNoSSO
}

// form is the body of a token request; names are compared without case.
type form map[string]string

func (r *request) form() (form, error) {
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "application/x-www-form-urlencoded" {
		return nil, errBody.Saying("The request's body must be a form (application/x-www-form-urlencoded).")
	}
	if err := r.ParseForm(); err != nil {
		return nil, unreadable(err)
	}
	f := form{}
	for name, v := range r.PostForm {
		name = strings.ToLower(name)
		if _, twice := f[name]; twice || len(v) > 1 {
			return nil, errBody.At(name, "may be there once only")
		}
		f[name] = v[0]
	}
	return f, nil
}

var errGrant = fault.New(fault.Invalid, "grant-unknown", "This server does not know this grant type.")

func (d *Door) token(ctx context.Context, c vault.Caller, r *request) (any, error) {
	f, err := r.form()
	if err != nil {
		return nil, err
	}
	switch f["grant_type"] {
	case "password":
		return d.passwordGrant(ctx, c, f)
	case "refresh_token":
		g, err := d.SignIn.RefreshClient(ctx, c, f["refresh_token"])
		if err != nil {
			return nil, err
		}
		return tokenOf(g), nil
	case "client_credentials":
		return d.apiGrant(ctx, c, f)
	case "webauthn":
		return d.passkeyGrant(ctx, c, f)
	case "send_access":
		return d.sendGrant(ctx, c, f)
	}
	return nil, errGrant
}

// signIn reads what every grant of a person says of its device.
func signInOf(c vault.Caller, f form) (vault.ClientSignIn, error) {
	kind, err := strconv.Atoi(f["devicetype"])
	if err != nil {
		return vault.ClientSignIn{}, vault.ErrDeviceInvalid
	}
	return vault.ClientSignIn{Attempt: vault.Attempt{Door: vault.DoorBitwarden, Address: c.Address}, Client: f["client_id"],
		Device: vault.Device{Identifier: f["deviceidentifier"], Name: f["devicename"], Type: kind, PushToken: f["devicepushtoken"]}}, nil
}

func (d *Door) passwordGrant(ctx context.Context, c vault.Caller, f form) (any, error) {
	in, err := signInOf(c, f)
	if err != nil {
		return nil, err
	}
	in.Email, in.Proof, in.Request = d.email(f["username"]), f["password"], vault.AuthRequestID(f["authrequest"])
	in.Second = d.secondOf(f, d.origin(ctx))
	g, err := d.SignIn.SignIn(ctx, in)
	if err != nil {
		return nil, err
	}
	return tokenOf(g), nil
}

func (d *Door) apiGrant(ctx context.Context, c vault.Caller, f form) (any, error) {
	in, err := signInOf(c, f)
	if err != nil {
		return nil, err
	}
	id, ok := strings.CutPrefix(f["client_id"], "user.")
	if !ok {
		return nil, errGrant.Saying("client_credentials is for user.<id> on this server.")
	}
	in.Client, in.Proof = "cli", f["client_secret"]
	g, err := d.SignIn.SignInAPI(ctx, vault.UserID(id), in)
	if err != nil {
		return nil, err
	}
	t := tokenOf(g)
	t.Scope = "api"
	return t, nil
}

// tokenJSON is the answer of PROTOCOL.md 4.3: OAuth's names in snake case, all
// else in Pascal case but the inside of AccountKeys.
type tokenJSON struct {
	Access      string      `json:"access_token"`
	Expires     int         `json:"expires_in"`
	Type        string      `json:"token_type"`
	Refresh     string      `json:"refresh_token,omitempty"`
	Scope       string      `json:"scope"`
	Key         string      `json:"Key"`
	PrivateKey  string      `json:"PrivateKey"`
	KDF         int         `json:"Kdf"`
	Iterations  int         `json:"KdfIterations"`
	Memory      *int        `json:"KdfMemory"`
	Parallelism *int        `json:"KdfParallelism"`
	Force       bool        `json:"ForcePasswordReset"`
	Reset       bool        `json:"ResetMasterPassword"`
	Policy      policyJSON  `json:"MasterPasswordPolicy"`
	Options     optionsJSON `json:"UserDecryptionOptions"`
	Keys        keysJSON    `json:"AccountKeys"`
	Connector   bool        `json:"ApiUseKeyConnector"`
	Remember    *string     `json:"TwoFactorToken,omitempty"`
}

type policyJSON struct {
	Object string `json:"Object"`
}

type optionsJSON struct {
	HasMasterPassword bool       `json:"HasMasterPassword"`
	Object            string     `json:"Object"`
	Unlock            unlockJSON `json:"MasterPasswordUnlock"`
	PRF               *prfOption `json:"WebAuthnPrfOption,omitempty"`
}

// prfOption is prfJSON in the case of this answer.
type prfOption struct {
	Private    string   `json:"EncryptedPrivateKey"`
	User       string   `json:"EncryptedUserKey"`
	Credential string   `json:"CredentialId"`
	Transports []string `json:"Transports"`
}

type unlockJSON struct {
	KDF struct {
		Type        int  `json:"KdfType"`
		Iterations  int  `json:"Iterations"`
		Memory      *int `json:"Memory"`
		Parallelism *int `json:"Parallelism"`
	} `json:"Kdf"`
	Key         string  `json:"MasterKeyEncryptedUserKey"`
	Salt        string  `json:"Salt"`
	ContainedID *string `json:"ContainedKeyId,omitempty"`
}

func tokenOf(g *vault.Grant) *tokenJSON {
	u, k := g.User, kdfOf(g.User.KDF)
	t := &tokenJSON{Access: g.Tokens.Access, Expires: int(g.Tokens.Life.Seconds()), Type: "Bearer", Refresh: g.Tokens.Refresh, Scope: "api offline_access",
		Key: u.ProtectedKey, PrivateKey: u.PrivateKey, KDF: k.Type, Iterations: k.Iterations, Memory: k.Memory, Parallelism: k.Parallelism,
		Policy: policyJSON{"masterPasswordPolicy"}, Keys: keysOf(u), Remember: orNull(g.Tokens.Remember)}
	t.Options = optionsJSON{HasMasterPassword: true, Object: "userDecryptionOptions"}
	t.Options.Unlock.KDF.Type, t.Options.Unlock.KDF.Iterations = k.Type, k.Iterations
	t.Options.Unlock.KDF.Memory, t.Options.Unlock.KDF.Parallelism = k.Memory, k.Parallelism
	t.Options.Unlock.Key, t.Options.Unlock.Salt, t.Options.Unlock.ContainedID = u.ProtectedKey, u.Salt, orNull(u.UserKeyID)
	if g.Passkey != nil {
		for _, p := range prfOf([]*vault.Factor{g.Passkey}) {
			option := prfOption(p)
			t.Options.PRF = &option
		}
	}
	return t
}

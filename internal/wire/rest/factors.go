package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// origin is the web origin that keys are bound to.
func (d *Door) origin(ctx context.Context) string {
	if d.Origin != "" {
		return d.Origin
	}
	return httpkit.Origin(ctx)
}

// providerJSON is a kind of factor that its owner may show.
type providerJSON struct {
	Provider string          `json:"provider" example:"authenticator"`
	Email    string          `json:"email,omitempty" example:"al***@example.com" doc:"Where codes go"`
	Options  json.RawMessage `json:"options,omitempty" doc:"With webauthn: what navigator.credentials.get takes as publicKey"`
}

func providersOf(c *vault.Challenge) (ps []providerJSON) {
	for _, o := range c.Offers {
		ps = append(ps, providerJSON{Provider: o.Kind.String(), Email: o.Email, Options: o.Options})
	}
	return ps
}

type factorJSON struct {
	ID         vault.FactorID `json:"id" format:"uuid"`
	Kind       string         `json:"kind" enum:"authenticator,email,yubikey,webauthn,passkey" example:"authenticator"`
	Name       string         `json:"name" example:"blue key" doc:"Of keys; the address of codes by mail"`
	CreatedAt  time.Time      `json:"created_at"`
	LastUsedAt *time.Time     `json:"last_used_at" nullable:"true"`
	Unlocks    bool           `json:"unlocks" doc:"A passkey that opens the vault without the password"`
	SupportPRF bool           `json:"supports_unlock" doc:"A passkey that could"`
}

func factorOf(f *vault.Factor) factorJSON {
	j := factorJSON{ID: f.ID, Kind: f.Kind.String(), Name: f.Name, CreatedAt: f.CreatedAt, Unlocks: f.Unlocks != vault.PasskeyKeys{}, SupportPRF: f.PRF}
	if f.Kind == vault.FactorEmail {
		j.Name = f.Email
	}
	if !f.LastUsedAt.IsZero() {
		j.LastUsedAt = &f.LastUsedAt
	}
	return j
}

type factorsJSON struct {
	Required bool         `json:"required" doc:"Whether this server asks everybody for a second factor"`
	Enrolled bool         `json:"enrolled" doc:"Whether a password alone does not sign you in"`
	Offered  []string     `json:"offered" example:"authenticator" doc:"The kinds that can be set up here"`
	Factors  []factorJSON `json:"factors"`
}

type (
	factorsOut struct{ Body factorsJSON }
	factorOut  struct{ Body factorJSON }
	factorIn   struct {
		ID vault.FactorID `path:"id" maxLength:"64" doc:"The id of one of your factors"`
	}
	seedJSON struct {
		Seed   string `json:"secret" example:"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" doc:"For apps that read no QR code"`
		URI    string `json:"uri" example:"otpauth://totp/Strongroom:alice?secret=JBSWY3DPEHPK3PXP&issuer=Strongroom" doc:"For a QR code"`
		Ticket string `json:"ticket" doc:"Goes with the confirmation, within 15 minutes"`
	}
	seedOut struct{ Body seedJSON }
	totpIn  struct {
		Body struct {
			Seed   string `json:"secret" maxLength:"64" example:"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`
			Code   string `json:"code" maxLength:"16" example:"123456" doc:"What the app shows"`
			Ticket string `json:"ticket" maxLength:"2048"`
		}
	}
	mailFactorIn struct {
		Body struct {
			Email string `json:"email" maxLength:"254" example:"alice@example.com" doc:"Where codes shall go"`
		}
	}
	mailConfirmIn struct {
		Body struct {
			Email  string `json:"email" maxLength:"254" example:"alice@example.com"`
			Code   string `json:"code" maxLength:"16" example:"123456" doc:"What was mailed"`
			Ticket string `json:"ticket" maxLength:"2048"`
		}
	}
	ticketJSON struct {
		Ticket string `json:"ticket" doc:"Goes with the confirmation, within 15 minutes"`
	}
	ticketOut struct{ Body ticketJSON }
	yubiIn    struct {
		Body struct {
			OTP  string `json:"otp" maxLength:"64" doc:"What the YubiKey types"`
			Name string `json:"name,omitempty" maxLength:"200" example:"blue key"`
		}
	}
	keyBeginIn struct {
		Body struct {
			Kind string `json:"kind" enum:"webauthn,passkey" example:"webauthn" doc:"webauthn is a second factor; a passkey signs in by itself"`
		}
	}
	keyOptionsJSON struct {
		Options json.RawMessage `json:"options" doc:"What navigator.credentials.create takes as publicKey"`
	}
	keyOptionsOut struct{ Body keyOptionsJSON }
	keyIn         struct {
		Body struct {
			Kind       string          `json:"kind" enum:"webauthn,passkey" example:"webauthn"`
			Name       string          `json:"name" minLength:"1" maxLength:"200" example:"blue key"`
			Credential json.RawMessage `json:"credential" doc:"What navigator.credentials.create answered, as JSON with base64url"`
			PRF        bool            `json:"supports_unlock,omitempty" doc:"Whether the passkey can make keys (the prf extension)"`
			User       string          `json:"encrypted_user_key,omitempty" maxLength:"2000" doc:"With the next two: what the passkey opens the vault with"`
			Public     string          `json:"encrypted_public_key,omitempty" maxLength:"2000"`
			Private    string          `json:"encrypted_private_key,omitempty" maxLength:"4000"`
		}
	}
	recoveryJSON struct {
		Code string `json:"code" example:"abcdefghijklmnopqrstuvwxyz234567" doc:"Write it down: used once, it stands in for your second factor and removes them all"`
	}
	recoveryOut    struct{ Body recoveryJSON }
	rememberedJSON struct {
		ID         string    `json:"id" format:"uuid"`
		Name       string    `json:"name" example:"firefox"`
		Address    string    `json:"address" example:"192.0.2.7"`
		CreatedAt  time.Time `json:"created_at"`
		LastUsedAt time.Time `json:"last_used_at"`
		ExpiresAt  time.Time `json:"expires_at"`
	}
	rememberedOut struct{ Body []rememberedJSON }
	rememberedIn  struct {
		ID string `path:"id" maxLength:"64" doc:"The id of one of your remembered devices"`
	}
)

const factorPath = "/users/me/factors"

var exampleFactor = factorJSON{ID: "0b8f6a8e-6d4c-4f0e-8a56-1a3c1c0a7d55", Kind: "authenticator", CreatedAt: exampleUser.CreatedAt}

// factorRoute fills in what the routes below have in common.
func factorRoute(method, path, id, summary string, in, out any, more ...int) route {
	status := http.StatusOK
	if method == http.MethodPost && id[:4] == "add-" {
		status = http.StatusCreated
	}
	return route{method: method, path: path, id: id, tag: "Second factors", needs: vault.ManageFactors, status: status, errors: append([]int{403}, more...), summary: summary, in: in, out: out}
}

func (d *Door) factorRoutes() {
	register(d, factorRoute("GET", factorPath, "list-factors", "List your second factors and passkeys", nil,
		factorsJSON{Offered: []string{"authenticator", "webauthn", "passkey"}, Enrolled: true, Factors: []factorJSON{exampleFactor}}), d.listFactors)
	register(d, factorRoute("DELETE", factorPath+"/{id}", "remove-factor", "Remove a second factor or passkey", nil, map[string]any{"detail": "The factor was removed."}, 404),
		func(ctx context.Context, c vault.Caller, in *factorIn) (*detailOut, error) {
			return detail("The factor was removed."), d.Factors.RemoveOne(ctx, c, in.ID)
		})
	d.codeFactorRoutes()
	d.keyFactorRoutes()
	register(d, factorRoute("POST", factorPath+"/recovery-code", "show-recovery-code", "Show your recovery code", nil, recoveryJSON{"abcdefghijklmnopqrstuvwxyz234567"}, 404),
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*recoveryOut, error) {
			code, err := d.Factors.RecoveryCode(ctx, c)
			return &recoveryOut{recoveryJSON{code}}, err
		})
	register(d, factorRoute("GET", "/users/me/remembered-devices", "list-remembered", "List the devices that need no second factor", nil,
		[]rememberedJSON{{ID: string(exampleFactor.ID), Name: "firefox", Address: "192.0.2.7", CreatedAt: exampleUser.CreatedAt, LastUsedAt: exampleUser.CreatedAt, ExpiresAt: exampleUser.CreatedAt.Add(vault.RememberLife)}}), d.listRemembered)
	register(d, factorRoute("DELETE", "/users/me/remembered-devices/{id}", "forget-device", "Ask a device for a second factor again", nil, map[string]any{"detail": "The device was forgotten."}, 404),
		func(ctx context.Context, c vault.Caller, in *rememberedIn) (*detailOut, error) {
			return detail("The device was forgotten."), d.Factors.Forget(ctx, c, in.ID)
		})
}

func (d *Door) codeFactorRoutes() {
	register(d, factorRoute("POST", factorPath+"/authenticator", "begin-authenticator", "Begin to set up an authenticator app", nil,
		seedJSON{"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "otpauth://totp/Strongroom:alice?secret=JBSWY3DPEHPK3PXP&issuer=Strongroom", "eyJhbGciOiJIUzI1NiIs..."}),
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*seedOut, error) {
			e, err := d.Factors.BeginAuthenticator(ctx, c)
			if err != nil {
				return nil, err
			}
			return &seedOut{seedJSON{e.Seed, e.URI, e.Ticket}}, nil
		})
	register(d, factorRoute("POST", factorPath+"/authenticator/confirm", "add-authenticator", "Set up the authenticator app with a code of it",
		map[string]any{"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "code": "123456", "ticket": "eyJhbGciOiJIUzI1NiIs..."}, exampleFactor, 409),
		func(ctx context.Context, c vault.Caller, in *totpIn) (*factorOut, error) {
			return added(d.Factors.ConfirmAuthenticator(ctx, c, in.Body.Seed, in.Body.Code, in.Body.Ticket))
		})
	register(d, factorRoute("POST", factorPath+"/email", "begin-email", "Have a code mailed, to set up codes by mail", map[string]any{"email": "alice@example.com"}, ticketJSON{"eyJhbGciOiJIUzI1NiIs..."}),
		func(ctx context.Context, c vault.Caller, in *mailFactorIn) (*ticketOut, error) {
			email, err := d.Names.Email(in.Body.Email)
			if err != nil {
				return nil, err
			}
			if err := d.Factors.BeginEmail(ctx, c, email); err != nil {
				return nil, err
			}
			t, err := d.Factors.Ticket(c, vault.FactorEmail, email)
			return &ticketOut{ticketJSON{t}}, err
		})
	register(d, factorRoute("POST", factorPath+"/email/confirm", "add-email", "Set up codes by mail with the one that was mailed",
		map[string]any{"email": "alice@example.com", "code": "123456", "ticket": "eyJhbGciOiJIUzI1NiIs..."}, exampleFactor, 409),
		func(ctx context.Context, c vault.Caller, in *mailConfirmIn) (*factorOut, error) {
			email, err := d.Names.Email(in.Body.Email)
			if err != nil {
				return nil, err
			}
			if c, err = d.Factors.Redeem(c, vault.FactorEmail, email, in.Body.Ticket); err != nil {
				return nil, err
			}
			return added(d.Factors.ConfirmEmail(ctx, c, email, in.Body.Code))
		})
	register(d, factorRoute("POST", factorPath+"/yubikey", "add-yubikey", "Set up a YubiKey that types passwords", map[string]any{"otp": "cccccccccccbcccccccccccccccccccccccccccccccc", "name": "blue key"}, exampleFactor, 409),
		func(ctx context.Context, c vault.Caller, in *yubiIn) (*factorOut, error) {
			return added(d.Factors.AddYubiKey(ctx, c, in.Body.OTP, in.Body.Name, true))
		})
}

func (d *Door) keyFactorRoutes() {
	register(d, factorRoute("POST", factorPath+"/key", "begin-key", "Begin to set up a security key or passkey", map[string]any{"kind": "webauthn"}, map[string]any{"options": map[string]any{"challenge": "..."}}),
		func(ctx context.Context, c vault.Caller, in *keyBeginIn) (*keyOptionsOut, error) {
			options, _, err := d.Factors.BeginKey(ctx, c, keyKind(in.Body.Kind), d.origin(ctx))
			return &keyOptionsOut{keyOptionsJSON{options}}, err
		})
	register(d, factorRoute("POST", factorPath+"/key/confirm", "add-key", "Set up the security key or passkey that was made",
		map[string]any{"kind": "webauthn", "name": "blue key", "credential": map[string]any{"id": "...", "rawId": "...", "type": "public-key", "response": map[string]any{}}}, exampleFactor, 409),
		func(ctx context.Context, c vault.Caller, in *keyIn) (*factorOut, error) {
			b := in.Body
			f := &vault.Factor{Kind: keyKind(b.Kind), Name: b.Name, PRF: b.PRF, Unlocks: vault.PasskeyKeys{User: b.User, Public: b.Public, Private: b.Private}}
			return added(d.Factors.AddKey(ctx, c, f, d.origin(ctx), string(b.Credential)))
		})
}

func keyKind(s string) vault.FactorKind {
	if s == vault.FactorPasskey.String() {
		return vault.FactorPasskey
	}
	return vault.FactorWebAuthn
}

func added(f *vault.Factor, err error) (*factorOut, error) {
	if err != nil {
		return nil, err
	}
	return &factorOut{factorOf(f)}, nil
}

func (d *Door) listFactors(ctx context.Context, c vault.Caller, _ *struct{}) (*factorsOut, error) {
	fs, err := d.Factors.List(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &factorsOut{factorsJSON{Required: bool(d.Factors.Policy()), Enrolled: len(vault.Seconds(fs)) > 0, Offered: []string{"authenticator", "webauthn", "passkey"}, Factors: []factorJSON{}}}
	if d.Factors.MailOn() {
		out.Body.Offered = append(out.Body.Offered, "email")
	}
	if d.Factors.YubiKeysOn() {
		out.Body.Offered = append(out.Body.Offered, "yubikey")
	}
	for _, f := range fs {
		out.Body.Factors = append(out.Body.Factors, factorOf(f))
	}
	return out, nil
}

func (d *Door) listRemembered(ctx context.Context, c vault.Caller, _ *struct{}) (*rememberedOut, error) {
	rs, err := d.Factors.Remembered(ctx, c)
	out := &rememberedOut{Body: []rememberedJSON{}}
	for _, r := range rs {
		out.Body = append(out.Body, rememberedJSON{r.ID, r.Name, r.Address, r.CreatedAt, r.LastUsedAt, r.ExpiresAt})
	}
	return out, err
}

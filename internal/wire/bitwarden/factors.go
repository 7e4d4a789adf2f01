package bitwarden

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// Setting up second factors, in the shapes of 2026 and, where one answer can be
// both, of before: flat members besides nested ones, a password or the token that
// the first request of a dialogue answered with.
func (d *Door) factorRoutes() {
	d.row(vault.ManageFactors, d.listFactors, "GET /api/two-factor")
	d.row(vault.ManageFactors, d.getAuthenticator, "POST /api/two-factor/get-authenticator")
	d.row(vault.ManageFactors, d.setAuthenticator, "PUT /api/two-factor/authenticator", "POST /api/two-factor/authenticator")
	d.row(vault.ManageFactors, d.dropFactor(vault.FactorAuthenticator), "DELETE /api/two-factor/authenticator")
	d.row(vault.ManageFactors, d.getEmail, "POST /api/two-factor/get-email")
	d.row(vault.ManageFactors, d.sendEmail, "POST /api/two-factor/send-email")
	d.row(vault.ManageFactors, d.setEmail, "PUT /api/two-factor/email", "POST /api/two-factor/email")
	d.row(vault.ManageFactors, d.dropFactor(vault.FactorEmail), "DELETE /api/two-factor/email")
	d.row(0, d.sendEmailLogin, "POST /api/two-factor/send-email-login")
	d.row(vault.ManageFactors, d.getYubiKey, "POST /api/two-factor/get-yubikey")
	d.row(vault.ManageFactors, d.setYubiKey, "PUT /api/two-factor/yubikey", "POST /api/two-factor/yubikey")
	d.row(vault.ManageFactors, d.dropFactor(vault.FactorYubiKey), "DELETE /api/two-factor/yubikey")
	d.row(vault.ManageFactors, d.getKeys, "POST /api/two-factor/get-webauthn")
	d.row(vault.ManageFactors, d.keyChallenge, "POST /api/two-factor/get-webauthn-challenge")
	d.row(vault.ManageFactors, d.setKey, "PUT /api/two-factor/webauthn", "POST /api/two-factor/webauthn")
	d.row(vault.ManageFactors, d.dropKey, "DELETE /api/two-factor/webauthn")
	d.row(vault.ManageFactors, d.dropFactor(vault.FactorWebAuthn), "DELETE /api/two-factor/webauthn/all")
	d.row(vault.ManageFactors, d.getRecover, "POST /api/two-factor/get-recover")
	d.row(vault.ManageFactors, d.disable, "PUT /api/two-factor/disable", "POST /api/two-factor/disable")
}

// providers are the protocol's numbers of kinds.
var providers = map[vault.FactorKind]int{vault.FactorAuthenticator: 0, vault.FactorEmail: 1, vault.FactorYubiKey: 3, vault.FactorRemembered: 5,
	vault.FactorWebAuthn: 7, vault.FactorRecovery: 8}

func kindOf(provider int) (vault.FactorKind, bool) {
	for k, n := range providers {
		if n == provider {
			return k, true
		}
	}
	return 0, false
}

// origin is the web origin that keys are bound to.
func (d *Door) origin(ctx context.Context) string {
	if u, err := url.Parse(d.Base); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return httpkit.Origin(ctx)
}

// provedIn is what every request of these dialogues carries.
type provedIn struct {
	Proof  string `json:"masterPasswordHash"`
	Ticket string `json:"userVerificationToken"`
}

// proved is the caller whose request has a ticket or the password. bound is what
// the ticket was given for.
func (d *Door) proved(ctx context.Context, c vault.Caller, in provedIn, kind vault.FactorKind, bound string) (vault.Caller, error) {
	if in.Ticket != "" {
		return d.Factors.Redeem(c, kind, bound, in.Ticket)
	}
	return d.stepUp(ctx, c, in.Proof)
}

func (d *Door) stepUp(ctx context.Context, c vault.Caller, proof string) (vault.Caller, error) {
	until, err := d.SignIn.StepUp(ctx, c, vault.Attempt{Proof: proof})
	c.Proven = until.Add(-vault.ProofLife)
	return c, err
}

// begin is the first request of a dialogue about a kind: it proves the caller and
// gives the ticket of the others.
func (d *Door) begin(ctx context.Context, c vault.Caller, r *request, kind vault.FactorKind) (_ vault.Caller, fs []*vault.Factor, ticket string, err error) {
	var in provedIn
	if err := r.read(&in); err != nil {
		return c, nil, "", err
	}
	if c, err = d.proved(ctx, c, in, kind, ""); err != nil {
		return c, nil, "", err
	}
	if fs, err = d.ofKind(ctx, c, kind); err != nil {
		return c, nil, "", err
	}
	ticket, err = d.Factors.Ticket(c, kind, "")
	return c, fs, ticket, err
}

func (d *Door) ofKind(ctx context.Context, c vault.Caller, kind vault.FactorKind) ([]*vault.Factor, error) {
	fs, err := d.Factors.List(ctx, c)
	return slices.DeleteFunc(fs, func(f *vault.Factor) bool { return f.Kind != kind }), err
}

type providerJSON struct {
	Type    int    `json:"type"`
	Enabled bool   `json:"enabled"`
	Object  string `json:"object"`
}

func (d *Door) listFactors(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	fs, err := d.Factors.List(ctx, c)
	if err != nil {
		return nil, err
	}
	out := []providerJSON{}
	for _, f := range vault.Seconds(fs) {
		if p := (providerJSON{providers[f.Kind], true, "twoFactorProvider"}); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return list(out), nil
}

type authenticatorJSON struct {
	Enabled bool   `json:"enabled"`
	Key     string `json:"key"`
}

func authenticatorOf(a authenticatorJSON, ticket string) any {
	return map[string]any{"enabled": a.Enabled, "key": a.Key, "authenticator": a, "userVerificationToken": orNull(ticket), "object": "twoFactorAuthenticator"}
}

// getAuthenticator offers a new seed, or shows the one that is set up.
func (d *Door) getAuthenticator(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in provedIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.proved(ctx, c, in, vault.FactorAuthenticator, "")
	if err != nil {
		return nil, err
	}
	fs, err := d.ofKind(ctx, c, vault.FactorAuthenticator)
	if err != nil {
		return nil, err
	}
	if len(fs) > 0 {
		key := fs[0].Secret.Reveal()
		ticket, err := d.Factors.Ticket(c, vault.FactorAuthenticator, key)
		return authenticatorOf(authenticatorJSON{true, key}, ticket), err
	}
	e, err := d.Factors.BeginAuthenticator(ctx, c)
	if err != nil {
		return nil, err
	}
	return authenticatorOf(authenticatorJSON{false, e.Seed}, e.Ticket), nil
}

func (d *Door) setAuthenticator(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		provedIn
		Code string `json:"token"`
		Key  string `json:"key"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	if in.Ticket == "" { // a client of before 2026 sends the password with each request
		proved, err := d.stepUp(ctx, c, in.Proof)
		if err != nil {
			return nil, err
		}
		if in.Ticket, err = d.Factors.Ticket(proved, vault.FactorAuthenticator, in.Key); err != nil {
			return nil, err
		}
	}
	if _, err := d.Factors.ConfirmAuthenticator(ctx, c, in.Key, in.Code, in.Ticket); err != nil {
		return nil, err
	}
	return authenticatorOf(authenticatorJSON{true, in.Key}, ""), nil
}

// dropFactor removes all factors of a kind.
func (d *Door) dropFactor(kind vault.FactorKind) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		var in struct {
			provedIn
			Key string `json:"key"` // of an authenticator: what its ticket is bound to
		}
		if err := r.read(&in); err != nil {
			return nil, err
		}
		if kind != vault.FactorAuthenticator {
			in.Key = ""
		}
		c, err := d.proved(ctx, c, in.provedIn, kind, in.Key)
		if err != nil {
			return nil, err
		}
		return d.dropAll(ctx, c, kind)
	}
}

func (d *Door) dropAll(ctx context.Context, c vault.Caller, kind vault.FactorKind) (any, error) {
	err := d.Factors.Remove(ctx, c, func(f *vault.Factor) bool { return f.Kind == kind })
	return providerJSON{providers[kind], false, "twoFactorProvider"}, err
}

func (d *Door) disable(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		provedIn
		Type int `json:"type"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	kind, ok := kindOf(in.Type)
	if !ok || !kind.Second() {
		return nil, vault.ErrFactorInvalid.At("type", "is no kind of second factor that this server has")
	}
	c, err := d.proved(ctx, c, in.provedIn, kind, "")
	if err != nil {
		return nil, err
	}
	return d.dropAll(ctx, c, kind)
}

type emailFactorJSON struct {
	Enabled bool   `json:"enabled"`
	Email   string `json:"email"`
}

// emailOf has the nested shape only: in the flat one email is a string.
func emailOf(e emailFactorJSON, ticket string) any {
	return map[string]any{"email": e, "userVerificationToken": orNull(ticket), "object": "twoFactorEmail"}
}

func (d *Door) getEmail(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, fs, ticket, err := d.begin(ctx, c, r, vault.FactorEmail)
	if err != nil {
		return nil, err
	}
	if len(fs) > 0 {
		return emailOf(emailFactorJSON{true, fs[0].Email}, ticket), nil
	}
	u, err := d.Accounts.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	return emailOf(emailFactorJSON{false, u.Email}, ticket), nil
}

type emailFactorIn struct {
	provedIn
	Email string `json:"email"`
	Code  string `json:"token"`
}

func (d *Door) emailFactor(ctx context.Context, c vault.Caller, r *request) (vault.Caller, emailFactorIn, error) {
	var in emailFactorIn
	if err := r.read(&in); err != nil {
		return c, in, err
	}
	c, err := d.proved(ctx, c, in.provedIn, vault.FactorEmail, "")
	if err == nil {
		in.Email, err = d.Names.Email(in.Email)
	}
	return c, in, err
}

func (d *Door) sendEmail(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, in, err := d.emailFactor(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return nil, d.Factors.BeginEmail(ctx, c, in.Email)
}

func (d *Door) setEmail(ctx context.Context, c vault.Caller, r *request) (any, error) {
	c, in, err := d.emailFactor(ctx, c, r)
	if err != nil {
		return nil, err
	}
	if _, err := d.Factors.ConfirmEmail(ctx, c, in.Email, in.Code); err != nil {
		return nil, err
	}
	return emailOf(emailFactorJSON{true, in.Email}, ""), nil
}

// sendEmailLogin mails a code to who has the challenge's ticket or the password.
func (d *Door) sendEmailLogin(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Email   string              `json:"email"`
		Proof   string              `json:"masterPasswordHash"`
		Ticket  string              `json:"ssoEmail2FaSessionToken"`
		Code    string              `json:"authRequestAccessCode"`
		Request vault.AuthRequestID `json:"authRequestId"`
		Device  string              `json:"deviceIdentifier"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	a := vault.Attempt{Email: d.email(in.Email), Proof: in.Proof, Door: vault.DoorBitwarden, Address: c.Address, Device: in.Device}
	if in.Ticket != "" {
		err := d.Factors.SendCodeFor(ctx, in.Ticket, a)
		if err == nil || in.Proof == "" {
			return nil, err
		}
	}
	sign := vault.ClientSignIn{Attempt: a, Device: vault.Device{Identifier: in.Device}}
	if in.Request != "" {
		sign.Request, sign.Proof = in.Request, in.Code
	}
	u, err := d.SignIn.FirstOf(ctx, sign, &vault.Grant{})
	if err != nil {
		if fault.Of(err, fault.Unauthenticated) { // a client that is not signed in is not signed out
			err = vault.ErrProofWrong.Because(err)
		}
		return nil, err
	}
	return nil, d.Factors.SendCode(ctx, u, a)
}

type recoverJSON struct {
	Code   *string `json:"code"`
	Object string  `json:"object"`
}

func (d *Door) getRecover(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in provedIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	c, err := d.stepUp(ctx, c, in.Proof)
	if err != nil {
		return nil, err
	}
	code, err := d.Factors.RecoveryCode(ctx, c)
	if fault.Of(err, fault.NotFound) {
		err = nil // null: there is nothing to recover from
	}
	return recoverJSON{orNull(code), "twoFactorRecover"}, err
}

// merged is options with more members beside them, for clients of both shapes.
func merged(options []byte, more map[string]any) (any, error) {
	flat := map[string]any{}
	if err := json.Unmarshal(options, &flat); err != nil {
		return nil, err
	}
	for name, v := range more {
		flat[name] = v
	}
	return flat, nil
}

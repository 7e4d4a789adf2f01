package rest

import (
	"context"
	"mime"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

type tokenIn struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	UserAgent   string `header:"User-Agent" hidden:"true"`
	RawBody     []byte `contentType:"application/x-www-form-urlencoded"`
}

type tokenJSON struct {
	AccessToken  string `json:"access_token" doc:"Send it as Authorization: Bearer ..."`
	TokenType    string `json:"token_type" example:"bearer"`
	ExpiresIn    int    `json:"expires_in" example:"3600" doc:"Seconds"`
	RefreshToken string `json:"refresh_token" doc:"Good for one use; a second use ends the session"`
	Remember     string `json:"remember_token,omitempty" doc:"With remember=true: sent as otp with otp_provider=remembered, it stands in for the second factor for 30 days"`
}

type tokenOut struct{ Body tokenJSON }

var errTokenRequest = fault.New(fault.Invalid, "token-request", "This is not a token request that this server takes.")

var tokenBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": {
	Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{
		"grant_type":    {Type: "string", Enum: []any{"password", "refresh_token"}, Default: "password"},
		"username":      {Type: "string", Description: "With grant_type=password"},
		"password":      {Type: "string", Format: "password", Description: "With grant_type=password"},
		"otp":           {Type: "string", Description: "With grant_type=password: a code of the second factor, a recovery code, or the JSON of a WebAuthn assertion"},
		"otp_provider":  {Type: "string", Enum: []any{"authenticator", "email", "yubikey", "webauthn", "recovery", "remembered"}, Description: "What otp is of; its shape decides when absent. email without otp sends a code"},
		"remember":      {Type: "string", Enum: []any{"true", "false"}, Description: "Whether to answer with a remember_token"},
		"refresh_token": {Type: "string", Description: "With grant_type=refresh_token"},
		"scope":         {Type: "string", Description: "Ignored"},
	}},
	Example: map[string]any{"grant_type": "password", "username": "alice", "password": "correct horse battery staple"},
}}}

// formOf reads a form, refusing what it would have to guess at.
func formOf(contentType string, raw []byte) (url.Values, error) {
	if t, _, err := mime.ParseMediaType(contentType); contentType != "" && (err != nil || t != "application/x-www-form-urlencoded") {
		return nil, errTokenRequest.At("header.Content-Type", "must be application/x-www-form-urlencoded")
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, errTokenRequest.At("body", "is not a well-formed form")
	}
	for name, vals := range form {
		if len(vals) > 1 {
			return nil, errTokenRequest.At(name, "is given more than once")
		}
		if err := vault.CheckText(errTokenRequest, name, vals[0], 64<<10); err != nil {
			return nil, err
		}
	}
	return form, nil
}

func (d *Door) token(ctx context.Context, c vault.Caller, in *tokenIn) (*tokenOut, error) {
	form, err := formOf(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	var t *vault.Tokens
	switch form.Get("grant_type") {
	case "", "password":
		for _, name := range []string{"username", "password"} {
			if form.Get(name) == "" {
				return nil, errTokenRequest.At(name, "is required")
			}
		}
		var second vault.Second
		if second, err = d.secondOf(ctx, form, in); err == nil {
			t, err = d.Unlock.SignIn(ctx, form.Get("username"), form.Get("password"), in.UserAgent, c.Address, second)
		}
	case "refresh_token":
		if form.Get("refresh_token") == "" {
			return nil, errTokenRequest.At("refresh_token", "is required")
		}
		t, err = d.SignIn.Refresh(ctx, form.Get("refresh_token"), c.Address)
	default:
		return nil, errTokenRequest.At("grant_type", "must be password or refresh_token")
	}
	if err != nil {
		return nil, err
	}
	return &tokenOut{tokenJSON{AccessToken: t.Access, TokenType: "bearer", ExpiresIn: int(t.Life.Seconds()), RefreshToken: t.Refresh, Remember: t.Remember}}, nil
}

// secondOf reads what the form says of the second factor.
func (d *Door) secondOf(ctx context.Context, form url.Values, in *tokenIn) (s vault.Second, err error) {
	s = vault.Second{Code: form.Get("otp"), Name: in.UserAgent, Origin: d.origin(ctx)}
	if p := form.Get("otp_provider"); p != "" {
		if s.Kind, err = vault.ParseFactorKind(p); err != nil {
			return s, err
		}
	}
	s.Mail = s.Kind == vault.FactorEmail && s.Code == ""
	switch form.Get("remember") {
	case "", "false":
	case "true":
		s.Remember = true
	default:
		err = errTokenRequest.At("remember", "must be true or false")
	}
	return s, err
}

func (d *Door) stepUp(ctx context.Context, c vault.Caller, in *stepUpIn) (time.Time, error) {
	switch b := in.Body; {
	case b.Password != "":
		return d.Unlock.StepUp(ctx, c, b.Password)
	default:
		s := vault.Second{Code: b.OTP, Origin: d.origin(ctx)}
		if b.Provider != "" {
			s.Kind, _ = vault.ParseFactorKind(b.Provider) // the schema has checked it
		}
		return d.SignIn.StepUp(ctx, c, vault.Attempt{Proof: b.Proof, Second: s})
	}
}

type detailOut struct {
	Body struct {
		Detail string `json:"detail" example:"Done."`
	}
}

func detail(s string) *detailOut {
	var o detailOut
	o.Body.Detail = s
	return &o
}

type sessionJSON struct {
	ID         vault.SessionID `json:"id" format:"uuid"`
	Current    bool            `json:"current" doc:"It is the session of this very request"`
	Door       string          `json:"door" example:"rest"`
	Client     string          `json:"client" example:"curl/8.5.0"`
	Address    string          `json:"address" example:"192.0.2.7"`
	CreatedAt  time.Time       `json:"created_at"`
	LastUsedAt time.Time       `json:"last_used_at" doc:"When it was last refreshed"`
	ExpiresAt  time.Time       `json:"expires_at"`
}

type sessionsOut struct{ Body []sessionJSON }

type (
	stepUpIn struct {
		Body struct {
			Password string `json:"password,omitempty" maxLength:"1024" example:"correct horse battery staple" doc:"Your login password"`
			OTP      string `json:"otp,omitempty" maxLength:"8192" doc:"In place of a password: a code of a second factor"`
			Provider string `json:"otp_provider,omitempty" enum:"authenticator,email,yubikey,webauthn" doc:"What otp is of; its shape decides when absent"`
			Proof    string `json:"proof,omitempty" maxLength:"300" doc:"In place of password, from clients that decrypt by themselves: what they derive from it to sign in"`
		}
	}
	stepUpJSON struct {
		ProvenUntil time.Time `json:"proven_until" doc:"Until then this session may do what needs a fresh proof"`
	}
	stepUpOut struct{ Body stepUpJSON }
)

type sessionIn struct {
	ID vault.SessionID `path:"id" maxLength:"64" doc:"The id of one of your sessions"`
}

func (d *Door) sessionRoutes() {
	register(d, route{method: "POST", path: "/token", id: "token", tag: "Sessions", status: 200, summary: "Sign in, or refresh a session",
		detail: "The OAuth2 password form. A wrong password and a name that does not exist are answered alike. An account with a second factor is answered 401 " +
			"`second-factor-required` with its providers; send the form again with `otp`.",
		errors: []int{401, 403}, body: tokenBody, maxBody: 64 << 10,
		out: tokenJSON{AccessToken: "eyJhbGciOiJIUzI1NiIs...", TokenType: "bearer", ExpiresIn: 3600, RefreshToken: "srr_..."}}, d.token)
	register(d, route{method: "POST", path: "/logout", id: "logout", tag: "Sessions", needs: vault.ManageFactors, status: 200, errors: []int{403},
		summary: "Sign out", detail: "Ends this session and destroys its half of your key: the token opens nothing from then on.",
		out: map[string]any{"detail": "Signed out."}},
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*detailOut, error) {
			return detail("Signed out."), d.SignIn.SignOut(ctx, c)
		})
	register(d, route{method: "POST", path: "/step-up", id: "step-up", tag: "Sessions", needs: vault.ManageFactors, status: 200, errors: []int{403},
		summary: "Show your password or second factor again", detail: "What a stolen token alone must not do (make access tokens, change second factors, administer) answers `step-up-required` " +
			"when this session showed no password or second factor within five minutes. Signing in counts, too.",
		in: map[string]any{"password": "correct horse battery staple"}, out: stepUpJSON{exampleUser.CreatedAt.Add(vault.ProofLife)}},
		func(ctx context.Context, c vault.Caller, in *stepUpIn) (*stepUpOut, error) {
			until, err := d.stepUp(ctx, c, in)
			return &stepUpOut{stepUpJSON{until}}, err
		})
	register(d, route{method: "GET", path: "/sessions", id: "list-sessions", tag: "Sessions", needs: vault.ManageSelf, status: 200, errors: []int{403},
		summary: "List your sessions", detail: "Newest first, 500 at most.",
		out: []sessionJSON{{ID: "0b8f6a8e-6d4c-4f0e-8a56-1a3c1c0a7d55", Current: true, Door: "rest", Client: "curl/8.5.0", Address: "192.0.2.7",
			CreatedAt: exampleUser.CreatedAt, LastUsedAt: exampleUser.CreatedAt, ExpiresAt: exampleUser.CreatedAt.Add(vault.SessionIdle)}}},
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*sessionsOut, error) {
			ss, err := d.SignIn.Sessions(ctx, c)
			out := &sessionsOut{Body: []sessionJSON{}}
			for _, s := range ss {
				out.Body = append(out.Body, sessionJSON{s.ID, s.ID == c.Session, s.Door.String(), s.Client, s.Address, s.CreatedAt, s.LastUsedAt, s.ExpiresAt})
			}
			return out, err
		})
	register(d, route{method: "DELETE", path: "/sessions/{id}", id: "end-session", tag: "Sessions", needs: vault.ManageSelf, status: 200, errors: []int{403, 404},
		summary: "End one of your sessions", out: map[string]any{"detail": "The session has ended."}},
		func(ctx context.Context, c vault.Caller, in *sessionIn) (*detailOut, error) {
			return detail("The session has ended."), d.SignIn.EndSession(ctx, c, in.ID)
		})
}

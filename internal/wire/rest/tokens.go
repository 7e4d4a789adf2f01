package rest

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type accessTokenJSON struct {
	ID         vault.TokenID   `json:"id" format:"uuid"`
	Name       string          `json:"name" example:"backup script"`
	Scope      string          `json:"scope" enum:"read,write" example:"read"`
	Folder     *vault.FolderID `json:"folder" nullable:"true" doc:"Sees this folder only"`
	CreatedAt  time.Time       `json:"created_at"`
	ExpiresAt  *time.Time      `json:"expires_at" nullable:"true"`
	LastUsedAt *time.Time      `json:"last_used_at" nullable:"true" doc:"To the minute"`
	Token      string          `json:"token,omitempty" example:"srp_..." doc:"The secret: shown this once"`
}

type (
	accessTokenOut  struct{ Body accessTokenJSON }
	accessTokensOut struct{ Body []accessTokenJSON }
	accessTokenIn   struct {
		Body struct {
			Name      string          `json:"name" minLength:"1" maxLength:"200" example:"backup script"`
			Scope     string          `json:"scope,omitempty" enum:"read,write" default:"read" example:"read"`
			Folder    *vault.FolderID `json:"folder,omitempty" maxLength:"64" doc:"The id of the one folder that it may see"`
			ExpiresAt *time.Time      `json:"expires_at,omitempty" doc:"Five years away at most; never when absent"`
		}
	}
	tokenIDIn struct {
		ID vault.TokenID `path:"id" maxLength:"64"`
	}
)

func fromAccessToken(a *vault.AccessToken, secret string) accessTokenJSON {
	j := accessTokenJSON{ID: a.ID, Name: a.Name, Scope: "read", CreatedAt: a.CreatedAt, Token: secret}
	if a.Write {
		j.Scope = "write"
	}
	if a.Folder != "" {
		j.Folder = &a.Folder
	}
	if !a.ExpiresAt.IsZero() {
		j.ExpiresAt = &a.ExpiresAt
	}
	if !a.LastUsedAt.IsZero() {
		j.LastUsedAt = &a.LastUsedAt
	}
	return j
}

func (d *Door) makeToken(ctx context.Context, c vault.Caller, in *accessTokenIn) (*accessTokenOut, error) {
	a := &vault.AccessToken{Name: in.Body.Name, Write: in.Body.Scope == "write"}
	set(&a.Folder, in.Body.Folder)
	set(&a.ExpiresAt, in.Body.ExpiresAt)
	secret, err := d.Unlock.MakeAccessToken(ctx, c, a)
	if err != nil {
		return nil, err
	}
	return &accessTokenOut{fromAccessToken(a, secret)}, nil
}

func (d *Door) tokenRoutes() {
	example := accessTokenJSON{ID: "5a0a36a2-08dd-4a8e-b8a5-9d5b0f2c9a10", Name: "backup script", Scope: "read", CreatedAt: exampleUser.CreatedAt}
	shown := example
	shown.Token = "srp_..."
	register(d, route{method: "GET", path: "/access-tokens", id: "list-access-tokens", tag: "Access tokens", needs: vault.ManageSelf, status: 200, errors: []int{403},
		summary: "List your access tokens", detail: "All of them, without their secrets: one person has 100 at most.", out: []accessTokenJSON{example}},
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*accessTokensOut, error) {
			as, err := d.SignIn.AccessTokens(ctx, c)
			out := &accessTokensOut{Body: []accessTokenJSON{}}
			for _, a := range as {
				out.Body = append(out.Body, fromAccessToken(a, ""))
			}
			return out, err
		})
	register(d, route{method: "POST", path: "/access-tokens", id: "make-access-token", tag: "Access tokens", needs: vault.ManageSelf, status: 201, errors: []int{403},
		summary: "Make an access token for a machine", detail: "It opens your vault within its scope until it expires or you revoke it. The server keeps half of the key; the secret is the other half, and is shown once.",
		in: map[string]any{"name": "backup script", "scope": "read"}, out: shown}, d.makeToken)
	register(d, route{method: "DELETE", path: "/access-tokens/{id}", id: "revoke-access-token", tag: "Access tokens", needs: vault.ManageSelf, status: 200, errors: []int{403, 404},
		summary: "Revoke an access token", out: map[string]any{"detail": "The access token was revoked."}},
		func(ctx context.Context, c vault.Caller, in *tokenIDIn) (*detailOut, error) {
			return detail("The access token was revoked."), d.SignIn.RevokeAccessToken(ctx, c, in.ID)
		})
}

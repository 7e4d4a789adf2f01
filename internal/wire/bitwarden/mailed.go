package bitwarden

import (
	"context"
	"net/url"

	"strongroom/internal/vault"
)

func (d *Door) mailedRoutes() {
	d.row(0, d.hint, "POST /api/accounts/password-hint")
	d.row(0, d.askDeletion, "POST /api/accounts/delete-recover")
	d.row(0, d.deleteMailed, "POST /api/accounts/delete-recover-token")
	d.row(vault.ManageSelf, d.askVerification, "POST /api/accounts/verify-email")
	d.row(0, d.verifyMailed, "POST /api/accounts/verify-email-token")
	d.row(vault.ManageSelf, d.askEmail, "POST /api/accounts/email-token")
	d.row(vault.ManageSelf, d.changeEmail, "POST /api/accounts/email")
}

// link makes an address of the web vault, with values after it.
func (d *Door) link(r *request, path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return d.base(r.Request) + path + "?" + q.Encode()
}

func (d *Door) hint(ctx context.Context, c vault.Caller, r *request) (any, error) {
	email, err := d.emailIn(r)
	if err != nil {
		return nil, err
	}
	return nil, d.Accounts.Hint(ctx, c, email)
}

func (d *Door) askDeletion(ctx context.Context, c vault.Caller, r *request) (any, error) {
	email, err := d.emailIn(r)
	if err != nil {
		return nil, err
	}
	return nil, d.Accounts.AskDeletion(ctx, c, email, func(id vault.UserID, tok string) string {
		return d.link(r, "/#/verify-recover-delete", "userId", string(id), "token", tok, "email", email)
	})
}

type linkIn struct {
	User  vault.UserID `json:"userId"`
	Token string       `json:"token"`
}

func (d *Door) deleteMailed(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in linkIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return nil, d.Accounts.DeleteMailed(ctx, c, in.User, in.Token)
}

func (d *Door) askVerification(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return nil, d.Accounts.AskVerification(ctx, c, func(id vault.UserID, tok string) string {
		return d.link(r, "/#/verify-email", "userId", string(id), "token", tok)
	})
}

func (d *Door) verifyMailed(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in linkIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return nil, d.Accounts.VerifyMailed(ctx, c, in.User, in.Token)
}

type emailChangeIn struct {
	rekeyIn
	Email string `json:"newEmail"`
	Token string `json:"token"`
}

func (d *Door) askEmail(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in emailChangeIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	email, err := d.Names.Email(in.Email)
	if err != nil {
		return nil, err
	}
	return nil, d.Accounts.AskEmail(ctx, c, in.Proof, email)
}

func (d *Door) changeEmail(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in emailChangeIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	email, err := d.Names.Email(in.Email)
	if err != nil {
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
	to.Email = email
	return nil, d.Accounts.ChangeEmail(ctx, c, in.Proof, in.Token, to)
}

package rest

import (
	"context"
	"time"

	"strongroom/internal/core/unlock"
	"strongroom/internal/vault"
)

type registerIn struct {
	Body struct {
		Username  string `json:"username,omitempty" maxLength:"254" example:"alice" doc:"A name, completed with this server's account domain, or an e-mail address"`
		Email     string `json:"email,omitempty" maxLength:"254" example:"alice@example.com" doc:"In place of username"`
		Password  string `json:"password" maxLength:"1024" example:"correct horse battery staple" doc:"At least 12 characters, and not easy to guess"`
		Invite    string `json:"invitation,omitempty" maxLength:"100" example:"sri_..." doc:"The token of an invitation's link; it lets you register where SIGNUPS does not, with the address that was invited"`
		SetupCode string `json:"setup_code,omitempty" maxLength:"100" example:"ABCD-EFGH-IJKL-MNOP-QRST" doc:"Makes the first administrator; the server prints it at start"`
	}
}

// UserJSON is an account as its owner, administrators and auditors see it.
type UserJSON struct {
	ID        vault.UserID `json:"id" format:"uuid" example:"7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11"`
	Username  string       `json:"username" example:"alice" doc:"The e-mail address, without the server's own account domain"`
	Email     string       `json:"email" example:"alice@strongroom.localhost"`
	Role      string       `json:"role" enum:"user,auditor,admin" example:"user"`
	IsAdmin   bool         `json:"is_admin"`
	CreatedAt time.Time    `json:"created_at"`
}

type userOut struct{ Body UserJSON }

func (d *Door) user(u *vault.User) UserJSON {
	return UserJSON{ID: u.ID, Username: d.Names.Short(u.Email), Email: u.Email, Role: u.Role.String(),
		IsAdmin: u.Role == vault.RoleAdmin, CreatedAt: u.CreatedAt}
}

var exampleUser = UserJSON{ID: "7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11", Username: "alice", Email: "alice@strongroom.localhost", Role: "user",
	CreatedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}

func (d *Door) accountRoutes() {
	register(d, route{method: "POST", path: "/register", id: "register", tag: "Accounts", status: 201, summary: "Make an account",
		detail: "Makes a whole account that every client can open: keys, a key pair, and a hash that cannot be turned back into the password.",
		errors: []int{403, 409}, in: map[string]any{"username": "alice", "password": "correct horse battery staple"}, out: exampleUser},
		func(ctx context.Context, c vault.Caller, in *registerIn) (*userOut, error) {
			name := in.Body.Username
			if name == "" {
				name = in.Body.Email
			} else if in.Body.Email != "" && in.Body.Email != name {
				return nil, vault.ErrUserInvalid.At("email", "send username or email, not two different names")
			}
			u, err := d.Unlock.Register(ctx, unlock.SignUp{Name: name, Password: in.Body.Password, SetupCode: in.Body.SetupCode, Invitation: in.Body.Invite, Address: c.Address})
			if err != nil {
				return nil, err
			}
			return &userOut{d.user(u)}, nil
		})
	register(d, route{method: "GET", path: "/users/me", id: "me", tag: "Accounts", needs: vault.ReadVault, status: 200,
		summary: "Show your own account", out: exampleUser},
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*userOut, error) {
			u, err := d.Accounts.Me(ctx, c)
			if err != nil {
				return nil, err
			}
			return &userOut{d.user(u)}, nil
		})
}

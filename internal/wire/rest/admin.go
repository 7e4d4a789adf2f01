package rest

import (
	"context"
	"net/url"

	"strongroom/internal/core/admin"
	"strongroom/internal/vault"
)

type adminUserJSON struct {
	userJSON
	State string `json:"state" enum:"active,suspended" example:"active"`
}

type (
	adminUsersIn struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor string `query:"cursor" maxLength:"100"`
	}
	adminUsersOut struct {
		Link string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
		Body []adminUserJSON
	}
	adminUserOut    struct{ Body adminUserJSON }
	adminUserChange struct {
		ID   vault.UserID `path:"id" maxLength:"64"`
		Body struct {
			Role  *string `json:"role,omitempty" enum:"user,auditor,admin" example:"auditor"`
			State *string `json:"state,omitempty" enum:"active,suspended" example:"suspended"`
		}
	}
)

func (d *Door) adminUser(u *vault.User) adminUserJSON {
	return adminUserJSON{d.user(u), u.State.String()}
}

func (d *Door) adminUsers(ctx context.Context, c vault.Caller, in *adminUsersIn) (*adminUsersOut, error) {
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	us, err := d.Admin.Users(ctx, c, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &adminUsersOut{Body: []adminUserJSON{}}
	if len(us) > in.Limit {
		us = us[:in.Limit]
		last := us[in.Limit-1]
		next := url.Values{"limit": {itoa(in.Limit)}, "cursor": {cursor(last.CreatedAt, string(last.ID))}}
		out.Link = "<" + d.Base + Prefix + "/admin/users?" + next.Encode() + `>; rel="next"`
	}
	for _, u := range us {
		out.Body = append(out.Body, d.adminUser(u))
	}
	return out, nil
}

func (d *Door) changeUser(ctx context.Context, c vault.Caller, in *adminUserChange) (*adminUserOut, error) {
	var ch admin.Change
	if in.Body.Role != nil {
		r, err := vault.ParseRole(*in.Body.Role)
		if err != nil {
			return nil, err
		}
		ch.Role = &r
	}
	if in.Body.State != nil {
		s, err := vault.ParseState(*in.Body.State)
		if err != nil {
			return nil, err
		}
		ch.State = &s
	}
	u, err := d.Admin.ChangeUser(ctx, c, in.ID, ch)
	if err != nil {
		return nil, err
	}
	return &adminUserOut{d.adminUser(u)}, nil
}

func (d *Door) adminRoutes() {
	example := adminUserJSON{exampleUser, "active"}
	const never = " There is no route that shows a login password or anything of a vault: the server cannot open either."
	register(d, route{method: "GET", path: "/admin/users", id: "admin-list-users", tag: "Administration", needs: vault.ReadUsers, status: 200, errors: []int{403},
		summary: "List all accounts", detail: "For administrators and auditors: state and role." + never, out: []adminUserJSON{example}}, d.adminUsers)
	register(d, route{method: "PATCH", path: "/admin/users/{id}", id: "admin-change-user", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404, 409},
		summary: "Change an account's role or state", detail: "For administrators. Suspension ends all sessions and access tokens of the account; the last active administrator stays one." + never,
		in: map[string]any{"state": "suspended"}, out: example}, d.changeUser)
}

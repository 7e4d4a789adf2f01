package rest

import (
	"context"
	"net/url"
	"time"

	"strongroom/internal/core/admin"
	"strongroom/internal/vault"
)

// AdminUserJSON is an account as administrators and auditors see it in lists. What
// is embedded must be exported for the document to have its members.
type AdminUserJSON struct {
	UserJSON
	State string `json:"state" enum:"active,suspended" example:"active"`
	Quota *int64 `json:"file_quota" doc:"MiB of files that this person may store, 0 for no limit; null: as FILE_QUOTA says"`
}

type personJSON struct {
	AdminUserJSON
	Second       bool       `json:"second_factor" doc:"Has a second factor"`
	Items        int64      `json:"items"`
	Sends        int64      `json:"sends"`
	Files        int64      `json:"files"`
	Bytes        int64      `json:"bytes" doc:"What files and Sends take"`
	Sessions     int64      `json:"sessions"`
	AccessTokens int64      `json:"access_tokens"`
	LastUsedAt   *time.Time `json:"last_used_at" doc:"When one of the sessions was last refreshed"`
}

type (
	adminUsersIn struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor string `query:"cursor" maxLength:"100"`
		Name   string `query:"name" maxLength:"254" doc:"The one account with exactly this user name or e-mail address; addresses are stored sealed, so there is no other search"`
		State  string `query:"state" enum:"active,suspended"`
		Role   string `query:"role" enum:"user,auditor,admin"`
	}
	adminUsersOut struct {
		Link string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
		Body []AdminUserJSON
	}
	adminUserOut struct{ Body AdminUserJSON }
	personOut    struct{ Body personJSON }
	adminUserIn  struct {
		ID vault.UserID `path:"id" maxLength:"64"`
	}
	quotaIn struct {
		ID   vault.UserID `path:"id" maxLength:"64"`
		Body struct {
			MiB int64 `json:"mib" minimum:"0" maximum:"1000000" example:"2048" doc:"0 for no limit"`
		}
	}
	adminUserChange struct {
		ID   vault.UserID `path:"id" maxLength:"64"`
		Body struct {
			Role  *string `json:"role,omitempty" enum:"user,auditor,admin" example:"auditor"`
			State *string `json:"state,omitempty" enum:"active,suspended" example:"suspended"`
		}
	}
)

func (d *Door) adminUser(u *vault.User) AdminUserJSON {
	var quota *int64
	if u.Quota != nil {
		mib := *u.Quota >> 20
		quota = &mib
	}
	return AdminUserJSON{d.user(u), u.State.String(), quota}
}

func (in *adminUsersIn) filter() (f vault.UserFilter, err error) {
	f.Email = in.Name
	if in.State != "" {
		s, err := vault.ParseState(in.State)
		if err != nil {
			return f, err
		}
		f.State = &s
	}
	if in.Role != "" {
		r, err := vault.ParseRole(in.Role)
		if err != nil {
			return f, err
		}
		f.Role = &r
	}
	return f, nil
}

func (d *Door) person(ctx context.Context, c vault.Caller, in *adminUserIn) (*personOut, error) {
	p, err := d.Admin.Person(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &personOut{personJSON{d.adminUser(p.User), p.Second, p.Items, p.Sends, p.Files, p.Bytes, p.Sessions, p.AccessTokens, maybe(p.LastUsed)}}, nil
}

// next is the Link header to a page after one that was full.
func (d *Door) next(path string, q url.Values, at time.Time, id string) string {
	q.Set("cursor", cursor(at, id))
	return "<" + d.Base + Prefix + path + "?" + q.Encode() + `>; rel="next"`
}

func (d *Door) adminUsers(ctx context.Context, c vault.Caller, in *adminUsersIn) (*adminUsersOut, error) {
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	us, err := d.Admin.Users(ctx, c, f, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &adminUsersOut{Body: []AdminUserJSON{}}
	if len(us) > in.Limit {
		us = us[:in.Limit]
		last := us[in.Limit-1]
		q := url.Values{"limit": {itoa(in.Limit)}}
		for name, v := range map[string]string{"state": in.State, "role": in.Role} {
			if v != "" {
				q.Set(name, v)
			}
		}
		out.Link = d.next("/admin/users", q, last.CreatedAt, string(last.ID))
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
	quota := int64(2048)
	example := AdminUserJSON{exampleUser, "active", &quota}
	const never = " There is no route that shows a login password or anything of a vault: the server cannot open either."
	register(d, route{method: "GET", path: "/admin/users", id: "admin-list-users", tag: "Administration", needs: vault.ReadUsers, status: 200, errors: []int{403},
		summary: "List all accounts", detail: "For administrators and auditors: state and role." + never, out: []AdminUserJSON{example}}, d.adminUsers)
	register(d, route{method: "PATCH", path: "/admin/users/{id}", id: "admin-change-user", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404, 409},
		summary: "Change an account's role or state", detail: "For administrators. Suspension ends all sessions and access tokens of the account; the last active administrator stays one." + never,
		in: map[string]any{"state": "suspended"}, out: example}, d.changeUser)
	register(d, route{method: "GET", path: "/admin/users/{id}", id: "admin-show-user", tag: "Administration", needs: vault.ReadUsers, status: 200, errors: []int{403, 404},
		summary: "Show one account and what it takes", detail: "Counts, sizes and times." + never, out: personJSON{example, true, 212, 3, 4, 1 << 20, 2, 1, &exampleUser.CreatedAt}}, d.person)
	register(d, route{method: "DELETE", path: "/admin/users/{id}", id: "admin-delete-user", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404, 409},
		summary: "Delete an account for good", detail: "With all that is in it; its key is destroyed, so that backups do not open it either. The last active administrator stays.",
		out: map[string]any{"detail": "The account is deleted."}},
		func(ctx context.Context, c vault.Caller, in *adminUserIn) (*detailOut, error) {
			return detail("The account is deleted."), d.Admin.Delete(ctx, c, in.ID)
		})
	register(d, route{method: "POST", path: "/admin/users/{id}/sign-out", id: "admin-sign-out-user", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "End all sessions and access tokens of an account", out: map[string]any{"detail": "Signed out everywhere."}},
		func(ctx context.Context, c vault.Caller, in *adminUserIn) (*detailOut, error) {
			return detail("Signed out everywhere."), d.Admin.SignOut(ctx, c, in.ID)
		})
	register(d, route{method: "POST", path: "/admin/users/{id}/reset-factors", id: "admin-reset-factors", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "Take all second factors off an account", detail: "For somebody who lost them: the password alone signs in again, all sessions end, and the person is told by mail. Passkeys stay. It opens no vault.",
		out: map[string]any{"detail": "The second factors are gone."}},
		func(ctx context.Context, c vault.Caller, in *adminUserIn) (*detailOut, error) {
			return detail("The second factors are gone."), d.Admin.ResetFactors(ctx, c, in.ID)
		})
	register(d, route{method: "PUT", path: "/admin/users/{id}/quota", id: "admin-set-quota", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "Say how much an account may store", detail: "Of attachments and Sends with files. What is stored already stays.",
		in: map[string]any{"mib": 2048}, out: map[string]any{"detail": "The quota is set."}},
		func(ctx context.Context, c vault.Caller, in *quotaIn) (*detailOut, error) {
			bytes := in.Body.MiB << 20
			return detail("The quota is set."), d.Admin.SetQuota(ctx, c, in.ID, &bytes)
		})
	register(d, route{method: "DELETE", path: "/admin/users/{id}/quota", id: "admin-unset-quota", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "Leave an account's quota to the instance", out: map[string]any{"detail": "FILE_QUOTA counts again."}},
		func(ctx context.Context, c vault.Caller, in *adminUserIn) (*detailOut, error) {
			return detail("FILE_QUOTA counts again."), d.Admin.SetQuota(ctx, c, in.ID, nil)
		})
}

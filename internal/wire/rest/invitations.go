package rest

import (
	"context"
	"net/url"
	"time"

	"strongroom/internal/vault"
)

// InvitationJSON is an invitation without its link.
type InvitationJSON struct {
	ID        vault.InvitationID `json:"id" format:"uuid"`
	Email     string             `json:"email" example:"bob@example.com"`
	Role      string             `json:"role" enum:"user,auditor,admin" example:"user"`
	By        vault.UserID       `json:"invited_by" doc:"Who did; machine for the command line"`
	Mailed    bool               `json:"mailed" doc:"The link in force went by mail, so using it proves the address"`
	Expired   bool               `json:"expired"`
	CreatedAt time.Time          `json:"created_at"`
	SentAt    time.Time          `json:"sent_at" doc:"When the link in force was made"`
	ExpiresAt time.Time          `json:"expires_at"`
}

func invitationOf(i *vault.Invitation, now time.Time) InvitationJSON {
	return InvitationJSON{i.ID, i.Email, i.Role.String(), i.By, i.Mailed, !now.Before(i.ExpiresAt), i.CreatedAt, i.SentAt, i.ExpiresAt}
}

type madeJSON struct {
	InvitationJSON
	Link string `json:"link" doc:"With by=link, and this once: pass it on to the person yourself"`
}

type (
	invitationsIn struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor string `query:"cursor" maxLength:"100"`
	}
	invitationsOut struct {
		Link string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
		Body []InvitationJSON
	}
	inviteIn struct {
		Body struct {
			Email string `json:"email" maxLength:"254" example:"bob@example.com" doc:"The address, or a name that this server's account domain completes"`
			Role  string `json:"role,omitempty" enum:"user,auditor,admin" default:"user"`
			By    string `json:"by,omitempty" enum:"mail,link" default:"mail" doc:"mail sends the link to the address; link gives it to you"`
		}
	}
	resendIn struct {
		ID   vault.InvitationID `path:"id" maxLength:"64"`
		Body struct {
			By string `json:"by,omitempty" enum:"mail,link" default:"mail"`
		}
	}
	revokeIn struct {
		ID vault.InvitationID `path:"id" maxLength:"64"`
	}
	madeOut struct{ Body madeJSON }
)

func (d *Door) invitations(ctx context.Context, c vault.Caller, in *invitationsIn) (*invitationsOut, error) {
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	is, now, err := d.Admin.Invitations(ctx, c, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &invitationsOut{Body: []InvitationJSON{}}
	if len(is) > in.Limit {
		is = is[:in.Limit]
		last := is[in.Limit-1]
		out.Link = d.next("/admin/invitations", url.Values{"limit": {itoa(in.Limit)}}, last.CreatedAt, string(last.ID))
	}
	for _, i := range is {
		out.Body = append(out.Body, invitationOf(i, now))
	}
	return out, nil
}

func (d *Door) invite(ctx context.Context, c vault.Caller, in *inviteIn) (*madeOut, error) {
	role, err := vault.ParseRole(in.Body.Role)
	if err != nil {
		return nil, err
	}
	i, link, err := d.Admin.Invite(ctx, c, in.Body.Email, role, in.Body.By == "mail")
	if err != nil {
		return nil, err
	}
	return &madeOut{madeJSON{invitationOf(i, i.SentAt), link}}, nil
}

func (d *Door) resend(ctx context.Context, c vault.Caller, in *resendIn) (*madeOut, error) {
	i, link, err := d.Admin.Resend(ctx, c, in.ID, in.Body.By == "mail")
	if err != nil {
		return nil, err
	}
	return &madeOut{madeJSON{invitationOf(i, i.SentAt), link}}, nil
}

func (d *Door) invitationRoutes() {
	at := exampleUser.CreatedAt
	example := InvitationJSON{"5e0b7f6e-58f3-4e0e-9c5e-0a8f6d7c1b22", "bob@example.com", "user", exampleUser.ID, false, false, at, at, at.AddDate(0, 0, 7)}
	made := madeJSON{example, "https://vault.example.com/#/finish-signup?email=bob%40example.com&token=sri_..."}
	register(d, route{method: "GET", path: "/admin/invitations", id: "admin-list-invitations", tag: "Administration", needs: vault.ReadUsers, status: 200, errors: []int{403},
		summary: "List invitations that were not used yet", detail: "Expired ones stay for a month, to be sent again.", out: []InvitationJSON{example}}, d.invitations)
	register(d, route{method: "POST", path: "/admin/invitations", id: "admin-invite", tag: "Administration", needs: vault.ManageUsers, status: 201, errors: []int{403, 409},
		summary: "Invite somebody", detail: "The link works once, for this address only, and for as many days as INVITATION_DAYS says. When the letter cannot be sent, the invitation is there all the same: send it again.",
		in: map[string]any{"email": "bob@example.com", "by": "link"}, out: made}, d.invite)
	register(d, route{method: "POST", path: "/admin/invitations/{id}/resend", id: "admin-resend-invitation", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "Send an invitation again", detail: "Makes a new link, good for as long as a new invitation; the old one is dead.",
		in: map[string]any{"by": "link"}, out: made}, d.resend)
	register(d, route{method: "DELETE", path: "/admin/invitations/{id}", id: "admin-revoke-invitation", tag: "Administration", needs: vault.ManageUsers, status: 200, errors: []int{403, 404},
		summary: "Take an invitation back", out: map[string]any{"detail": "The invitation is revoked."}},
		func(ctx context.Context, c vault.Caller, in *revokeIn) (*detailOut, error) {
			return detail("The invitation is revoked."), d.Admin.Revoke(ctx, c, in.ID)
		})
}

package rest

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type earlierJSON struct {
	Number   int       `json:"n" example:"1" doc:"1 is the latest"`
	Password string    `json:"password" example:"7-gD!v9Qw2"`
	Until    time.Time `json:"until" doc:"When it was replaced"`
}

type historyOut struct{ Body []earlierJSON }

type restoreIn struct {
	ItemIn
	Number int `path:"n" minimum:"1" maximum:"100000" example:"1"`
}

type totpOut struct {
	Body struct {
		Code        string `json:"code" example:"492039"`
		Period      int    `json:"period" example:"30" doc:"Seconds that a code lasts"`
		SecondsLeft int    `json:"seconds_left" example:"12"`
	}
}

func (d *Door) historyRoutes() {
	register(d, route{method: "GET", path: "/passwords/{id}/history", id: "password-history", tag: "Passwords", needs: vault.ReadVault, status: 200, errors: []int{403, 404, 409},
		summary: "List the earlier passwords of an item", detail: "Latest first.",
		out: []earlierJSON{{Number: 1, Password: "7-gD!v9Qw2", Until: exampleUser.CreatedAt}}},
		func(ctx context.Context, c vault.Caller, in *ItemIn) (*historyOut, error) {
			es, err := d.Unlock.History(ctx, c, in.ID)
			out := &historyOut{Body: []earlierJSON{}}
			for _, e := range es {
				out.Body = append(out.Body, earlierJSON(e))
			}
			return out, err
		})
	register(d, route{method: "POST", path: "/passwords/{id}/history/{n}/restore", id: "restore-earlier-password", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 404, 409},
		summary: "Make an earlier password the current one", detail: "The current one joins the history.", out: examplePassword},
		func(ctx context.Context, c vault.Caller, in *restoreIn) (*passwordOut, error) {
			p, err := d.Unlock.RestoreEarlier(ctx, c, in.ID, in.Number)
			return d.password(p, err, false)
		})
	register(d, route{method: "GET", path: "/passwords/{id}/totp", id: "password-totp", tag: "Passwords", needs: vault.ReadVault, status: 200, errors: []int{403, 404, 409},
		summary: "Compute the one-time password of this moment", out: map[string]any{"code": "492039", "period": 30, "seconds_left": 12}},
		func(ctx context.Context, c vault.Caller, in *ItemIn) (*totpOut, error) {
			code, err := d.Unlock.TOTP(ctx, c, in.ID)
			if err != nil {
				return nil, err
			}
			var out totpOut
			out.Body.Code, out.Body.Period, out.Body.SecondsLeft = code.Code, code.Period, code.Left
			return &out, nil
		})
}

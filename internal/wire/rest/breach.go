package rest

import (
	"context"

	"strongroom/internal/vault"
)

type breachIn struct {
	Prefix string `path:"prefix" minLength:"5" maxLength:"5" pattern:"^[0-9A-Fa-f]{5}$" example:"21BD1" doc:"The first five hexadecimal digits of the password's SHA-1"`
}

type breachOut struct {
	Body map[string]int
}

func (d *Door) breachRoutes() {
	register(d, route{method: "GET", path: "/breach/{prefix}", id: "breach", tag: "Generators", needs: vault.ReadVault, status: 200, out: map[string]int{"0018A45C4D1DEF81644B54AB7F969B88D65": 3},
		summary: "Look for passwords in known breaches",
		detail:  "Answers with the rest of the SHA-1 of each known password that begins with these digits, and how often it was found. Only the five digits go to the service that is asked. Nothing is asked with OUTBOUND=off."},
		func(ctx context.Context, c vault.Caller, in *breachIn) (*breachOut, error) {
			found, err := d.Breach.Range(ctx, c, in.Prefix)
			if err != nil {
				return nil, err
			}
			return &breachOut{found}, nil
		})
}

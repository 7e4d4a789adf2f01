package bitwarden

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

type domainsJSON struct {
	Own    [][]string   `json:"equivalentDomains"`
	Global []globalJSON `json:"globalEquivalentDomains"`
	Object string       `json:"object"`
}

// globalJSON would be a common group of addresses; this server keeps none of its
// own, so that a person's list is all that counts.
type globalJSON struct {
	Type     int      `json:"type"`
	Domains  []string `json:"domains"`
	Excluded bool     `json:"excluded"`
}

func domainsOf(u *vault.User) domainsJSON {
	own := u.Domains.Own
	if own == nil {
		own = [][]string{}
	}
	return domainsJSON{own, []globalJSON{}, "domains"}
}

func (d *Door) domains(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	u, err := d.Accounts.Me(ctx, c)
	if err != nil {
		return nil, err
	}
	return domainsOf(u), nil
}

func (d *Door) editDomains(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Own      [][]string `json:"equivalentDomains"`
		Excluded []int      `json:"excludedGlobalEquivalentDomains"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	u, err := d.Accounts.Edit(ctx, c, vault.EventProfile, func(u *vault.User, _ time.Time) error {
		u.Domains = vault.Domains{Own: in.Own, Excluded: in.Excluded}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return domainsOf(u), nil
}

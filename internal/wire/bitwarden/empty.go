package bitwarden

import (
	"context"

	"strongroom/internal/vault"
)

// emptyRoutes are lists of what this server has none of yet: organizations and
// what belongs to them. They are honest, not unfinished: COMPATIBILITY.md names each.
func (d *Door) emptyRoutes() {
	d.row(vault.ReadVault, func(context.Context, vault.Caller, *request) (any, error) { return list([]struct{}{}), nil },
		"GET /api/collections", "GET /api/accounts/organizations", "GET /api/tasks", "GET /api/notifications",
		"GET /api/emergency-access/trusted", "GET /api/emergency-access/granted", "GET /api/organizations")
	d.row(0, func(context.Context, vault.Caller, *request) (any, error) { return list([]struct{}{}), nil },
		"POST /api/organizations/domain/sso/verified", "GET /api/plans")
	d.row(vault.ReadVault, d.collect, "POST /events/collect")
}

// collect keeps what a client did on its own device: an export, a copied password.
func (d *Door) collect(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in []struct {
		Type int     `json:"type"`
		Item *string `json:"cipherId"`
		Date moment  `json:"date"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	es := make([]vault.ClientEvent, len(in))
	for n, e := range in {
		es[n] = vault.ClientEvent{Kind: e.Type, Item: vault.ItemID(deref(e.Item)), At: e.Date.Time}
	}
	return nil, d.Items.Collect(ctx, c, es)
}

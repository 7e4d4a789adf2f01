package bitwarden

import (
	"context"

	"strongroom/internal/vault"
)

func (d *Door) iconRoutes() {
	d.row(0, d.icon, "GET /icons/{domain}/icon.png")
}

// icon answers with a web site's picture. Clients ask without saying who they are,
// so that nothing ties a site to a person.
func (d *Door) icon(ctx context.Context, _ vault.Caller, r *request) (any, error) {
	b, kind, err := d.Icons.Get(ctx, r.param("domain"))
	if err != nil {
		return nil, err
	}
	h := r.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=604800")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Access-Control-Allow-Origin", "*")
	r.w.Write(b) //nolint:errcheck // the client is gone
	return done{}, nil
}

package bitwarden

import (
	"context"

	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
	"strongroom/internal/wire/signalr"
)

func (d *Door) hubRoutes() {
	d.row(0, d.hub, "GET /notifications/hub")
	d.row(0, d.anonymousHub, "GET /notifications/anonymous-hub")
}

// hub is for a signed-in device. Browsers cannot send a header here, so the token
// may stand in the query; no log of ours has queries.
func (d *Door) hub(ctx context.Context, _ vault.Caller, r *request) (any, error) {
	bearer := r.URL.Query().Get("access_token")
	if bearer == "" {
		bearer = httpkit.Bearer(r.Header.Get("Authorization"))
	}
	c, err := d.SignIn.ClientCaller(ctx, bearer, httpkit.Address(ctx))
	if err != nil {
		return nil, err
	}
	l, err := d.Live.Join(c.User, c.Session)
	if err != nil {
		return nil, err
	}
	signalr.Serve(r.w, r.Request, l, signalr.Options{Target: signalr.TargetDevice, Done: d.Done, Go: d.Go, Log: d.Kit.Log})
	return done{}, nil
}

// anonymousHub is for a device that waits for the answer to its request to log
// in. Knowing the request's id is enough: the answer says only that there is one.
func (d *Door) anonymousHub(_ context.Context, _ vault.Caller, r *request) (any, error) {
	id := r.URL.Query().Get("Token")
	if id == "" {
		id = r.URL.Query().Get("token")
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrAuthRequestNotFound
	}
	l, err := d.Live.Await(id)
	if err != nil {
		return nil, err
	}
	signalr.Serve(r.w, r.Request, l, signalr.Options{Target: signalr.TargetAnonymous, Anonymous: true, Done: d.Done, Go: d.Go, Log: d.Kit.Log})
	return done{}, nil
}

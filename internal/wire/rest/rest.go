// Package rest is our own API, under /api/v1: typed in and out, with an OpenAPI
// document made from the code. It maps between JSON and the verbs of core and
// decides nothing. Invariant: no route without a row saying which power it needs.
package rest

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"strongroom/internal/core/account"
	"strongroom/internal/core/admin"
	"strongroom/internal/core/audit"
	"strongroom/internal/core/breach"
	"strongroom/internal/core/item"
	"strongroom/internal/core/mfa"
	"strongroom/internal/core/signin"
	"strongroom/internal/core/unlock"
	"strongroom/internal/fault"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// Prefix is where the door stands.
const Prefix = "/api/v1"

// Door is the REST API over its verbs. Base is the path of PUBLIC_URL, in front
// of every address that an answer gives ("" at the root of a host).
type Door struct {
	Kit      httpkit.Kit
	Accounts *account.Service
	SignIn   *signin.Service
	Factors  *mfa.Service
	Unlock   *unlock.Service
	Items    *item.Service
	Admin    *admin.Service
	Breach   *breach.Service
	Audit    *audit.Service
	Names    vault.Names
	Base     string
	Origin   string // of PUBLIC_URL; "" lets each request's host count
	Version  string
	Commit   string
	Date     string

	api huma.API
}

// Handler builds the door's routes; paths with a trailing slash are the same routes.
func (d *Door) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(routed)
	d.api = humachi.New(r, d.config())
	for _, routes := range []func(){d.accountRoutes, d.sessionRoutes, d.factorRoutes, d.passwordRoutes, d.historyRoutes, d.importRoutes, d.folderRoutes,
		d.generateRoutes, d.breachRoutes, d.tokenRoutes, d.eventRoutes, d.versionRoutes, d.adminRoutes, d.instanceRoutes, d.settingRoutes, d.invitationRoutes} {
		routes()
	}
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { d.write(w, r, errNoRoute) })
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { d.write(w, r, errNoMethod) })
	return http.StripPrefix(Prefix, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if p := req.URL.Path; len(p) > 1 && strings.HasSuffix(p, "/") {
			req.URL.Path = strings.TrimRight(p, "/")
			req.URL.RawPath = ""
		}
		w.Header().Set("Cache-Control", "no-store")
		if err := httpkit.Limited(req.Context()); err != nil {
			d.write(w, req, err)
			return
		}
		r.ServeHTTP(w, req)
	}))
}

// Elsewhere answers for what another process serves.
func (d *Door) Elsewhere() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.write(w, r, httpkit.ErrElsewhere) })
}

// routed notes the pattern of the route, which is known when it has answered.
func routed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := chi.RouteContext(r.Context()).RoutePattern(); p != "" {
				httpkit.Routed(r.Context(), Prefix+p)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// OpenAPI is the document of the built routes.
func (d *Door) OpenAPI() *huma.OpenAPI { return d.api.OpenAPI() }

func (d *Door) config() huma.Config {
	c := huma.DefaultConfig("Strongroom", d.Version)
	c.CreateHooks = nil // no $schema members in answers
	c.DocsPath, c.SchemasPath = "", ""
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat, "application/problem+json": jsonFormat}
	c.Info.Description = description
	c.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	c.Servers = []*huma.Server{{URL: d.Base + Prefix}}
	c.Tags = []*huma.Tag{{Name: "Accounts"}, {Name: "Sessions"}, {Name: "Second factors"}, {Name: "Passwords"}, {Name: "Folders"}, {Name: "Generators"}, {Name: "Server"}, {Name: "Access tokens"}, {Name: "Audit"}, {Name: "Administration"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"password": {Type: "oauth2", Description: "Sign in with your name and password.",
			Flows: &huma.OAuthFlows{Password: &huma.OAuthFlow{TokenURL: d.Base + Prefix + "/token", RefreshURL: d.Base + Prefix + "/token", Scopes: map[string]string{}}}},
		"accessToken": {Type: "http", Scheme: "bearer", Description: "An access token for machines (srp_...)."},
	}
	return c
}

const description = `Read and write your passwords as plain JSON over TLS.

Sign in with ` + "`POST /token`" + `; the access token opens your vault for that session only. Half of your key
is in the token, the other half in the database: neither opens anything alone, and ` + "`POST /logout`" + ` destroys
the database's half. Every path also works with a trailing slash. Errors are problem documents (RFC 9457) with
` + "`errors[].location`" + ` where one field is to blame.

There is no route that shows anybody's login password, for administrators neither: the server does not have it. It
stores a hash of a value that was derived from the password, and the key to the vault wrapped under another.`

// route is one operation. Needs is the power that its caller must have; 0 is for everyone.
type route struct {
	method, path, id, summary, detail, tag string
	needs                                  vault.Power
	status                                 int
	errors                                 []int
	maxBody                                int64
	in, out                                any               // examples
	files                                  map[string]string // examples of answers that are no JSON, by media type
	body                                   *huma.RequestBody
}

const maxBody = 1 << 20

type callerKey struct{}

// register adds a route whose handler gets its caller, found and allowed before
// the body is looked at.
func register[I, O any](d *Door, rt route, h func(context.Context, vault.Caller, *I) (*O, error)) {
	op := huma.Operation{Method: rt.method, Path: rt.path, OperationID: rt.id, Summary: rt.summary, Description: rt.detail,
		Tags: []string{rt.tag}, DefaultStatus: rt.status, Errors: rt.errors, MaxBodyBytes: maxBody,
		Responses: map[string]*huma.Response{}, Extensions: map[string]any{"x-needs": needsName(rt.needs)}}
	if rt.body != nil {
		op.SkipValidateBody = true // the handler reads it; huma would hold the raw bytes against the schema
	}
	if rt.maxBody > 0 {
		op.MaxBodyBytes = rt.maxBody
	}
	if rt.needs != 0 {
		op.Security = []map[string][]string{{"password": {}}, {"accessToken": {}}}
		op.Errors = append(op.Errors, http.StatusUnauthorized)
		op.Middlewares = huma.Middlewares{d.identify(rt.id, rt.needs)}
	}
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	huma.Register(d.api, op, func(ctx context.Context, in *I) (*O, error) {
		c, _ := ctx.Value(callerKey{}).(vault.Caller)
		c.Address = httpkit.Address(ctx)
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, d.problem(ctx, d.denied(ctx, c, rt.id, err))
		}
		return out, nil
	})
	d.examples(rt)
}

// identify finds the caller and asks the vault's rule, so that nobody learns
// from a refused body what a route takes.
func (d *Door) identify(id string, needs vault.Power) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		ctx := hc.Context()
		c, err := d.SignIn.Caller(ctx, httpkit.Bearer(hc.Header("Authorization")), httpkit.Address(ctx))
		if err == nil {
			err = d.Kit.Limits.Account(c.User)
		}
		if err == nil {
			err = c.Must(needs)
		}
		if err != nil {
			d.refuse(hc, d.denied(ctx, c, id, err))
			return
		}
		next(huma.WithValue(hc, callerKey{}, c))
	}
}

// denied has it written down that a caller who is known was refused. What cannot be
// written down is the server's failure, not the caller's.
func (d *Door) denied(ctx context.Context, c vault.Caller, id string, err error) error {
	if c.User == "" || !fault.Of(err, fault.Forbidden) {
		return err
	}
	if failed := d.Audit.Denied(ctx, c, id, fault.From(err).Code); failed != nil {
		return failed
	}
	return err
}

// examples puts a route's examples into the document that huma made of it.
func (d *Door) examples(rt route) {
	item := d.api.OpenAPI().Paths[rt.path]
	op, _ := reflect.ValueOf(item).Elem().FieldByName(rt.method[:1] + strings.ToLower(rt.method[1:])).Interface().(*huma.Operation)
	if rt.body != nil {
		op.RequestBody = rt.body // huma has put raw bytes in its place
	}
	if rt.in != nil && op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			if m.Example == nil {
				m.Example = rt.in
			}
		}
	}
	status := strconv.Itoa(op.DefaultStatus)
	if rt.out != nil {
		for _, m := range op.Responses[status].Content {
			m.Example = rt.out
		}
	}
	if rt.files != nil {
		content := map[string]*huma.MediaType{}
		for kind, example := range rt.files {
			content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
		}
		op.Responses[status].Content = content
	}
}

func needsName(p vault.Power) string {
	return [...]string{"nothing", "read-vault", "write-vault", "manage-self", "read-users", "manage-users", "read-instance", "manage-instance", "manage-factors"}[p]
}

var (
	errNoRoute  = fault.New(fault.NotFound, "no-such-route", "There is nothing at this path. /docs lists what there is.")
	errNoMethod = fault.New(fault.Invalid, "method-not-allowed", "This path does not take this method.")
)

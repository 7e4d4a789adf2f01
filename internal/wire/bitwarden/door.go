// Package bitwarden speaks to official Bitwarden clients, under /api, /identity,
// /notifications, /icons and /events. It maps between their JSON and the verbs of
// core and decides nothing. Invariant: it cannot decrypt: neither keys nor the
// package that opens items can be reached from here, and every route has a row
// saying which power it needs.
package bitwarden

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"strongroom/internal/core/account"
	"strongroom/internal/core/audit"
	"strongroom/internal/core/file"
	"strongroom/internal/core/item"
	"strongroom/internal/core/mfa"
	"strongroom/internal/core/send"
	"strongroom/internal/core/signin"
	"strongroom/internal/fault"
	"strongroom/internal/live"
	"strongroom/internal/outbound"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// Door is the Bitwarden-compatible API over its verbs. Base is PUBLIC_URL without
// a trailing slash; where it is empty, the address that the client used counts.
type Door struct {
	Kit      httpkit.Kit
	Accounts *account.Service
	SignIn   *signin.Service
	Factors  *mfa.Service
	Items    *item.Service
	Files    *file.Service
	Sends    *send.Service
	Audit    *audit.Service
	Icons    *outbound.Icons
	Live     *live.Hub
	Done     <-chan struct{} // closed when the server stops
	Go       func(func())    // starts what goes on after an answer, for the server to wait for; nil for go
	Names    vault.Names
	Base     string
	Now      func() time.Time

	routes []Route
	sent   sent
}

// Route is one row of the door: who may call is Needs, 0 for everyone.
type Route struct {
	Method, Path string
	Needs        vault.Power

	handle  handler
	maxBody int64
	stream  bool // the handler reads the body itself
}

// handler answers with a value to be encoded, raw JSON, or nil for an empty body.
type handler func(ctx context.Context, c vault.Caller, r *request) (any, error)

// raw is JSON that is ready to be sent.
type raw []byte

// done means that the handler has answered by itself.
type done struct{}

// request is what a handler gets: the body is decoded by read.
type request struct {
	*http.Request
	w http.ResponseWriter
}

func (r *request) param(name string) string { return chi.URLParam(r.Request, name) }

// Routes lists the door's rows.
func (d *Door) Routes() []Route { return d.routes }

// Limits of a body: an import carries a whole vault.
const (
	maxBody   = 2 << 20
	maxImport = 64 << 20
)

func (d *Door) row(needs vault.Power, h handler, routes ...string) {
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt, " ")
		d.routes = append(d.routes, Route{Method: method, Path: path, Needs: needs, handle: h, maxBody: maxBody})
	}
}

// large raises the limit of the rows added last.
func (d *Door) large(n int, limit int64) {
	for i := len(d.routes) - n; i < len(d.routes); i++ {
		d.routes[i].maxBody = limit
	}
}

// Handler builds the door's routes.
func (d *Door) Handler() http.Handler {
	for _, add := range []func(){d.configRoutes, d.identityRoutes, d.registerRoutes, d.factorRoutes, d.passkeyRoutes, d.mailedRoutes, d.accountRoutes, d.itemRoutes, d.bulkRoutes, d.folderRoutes,
		d.fileRoutes, d.sendRoutes, d.syncRoutes, d.deviceRoutes, d.authRequestRoutes, d.hubRoutes, d.iconRoutes, d.emptyRoutes} {
		add()
	}
	mux := chi.NewRouter()
	for _, rt := range d.routes {
		mux.Method(rt.Method, rt.Path, d.serve(rt))
	}
	mux.NotFound(func(w http.ResponseWriter, r *http.Request) { d.refuse(w, r, errNoRoute) })
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { d.refuse(w, r, errNoMethod) })
	return d.cors(mux)
}

// Elsewhere answers for what another process serves.
func (d *Door) Elsewhere() http.Handler {
	return d.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.refuse(w, r, httpkit.ErrElsewhere) }))
}

var (
	errNoRoute  = fault.New(fault.NotFound, "bitwarden-no-such-route", "This server has no such route.")
	errNoMethod = fault.New(fault.NotFound, "bitwarden-method", "This route does not take this method.")
	errBody     = fault.New(fault.Invalid, "body-unreadable", "The request's body cannot be read.")
	errTooLarge = fault.New(fault.Invalid, "body-too-large", "The request's body is too large.")
	errHeaders  = fault.New(fault.Invalid, "headers-doubled", "The Authorization header may be there once only.")
)

func (d *Door) serve(rt Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		httpkit.Routed(r.Context(), rt.Path)
		if rt.stream {
			var cancel context.CancelFunc
			r, cancel = httpkit.Long(r, uploadTime)
			defer cancel()
		} else {
			r.Body = http.MaxBytesReader(w, r.Body, rt.maxBody)
		}
		c, err := d.identify(r, rt.Needs)
		if err != nil {
			d.refuse(w, r, d.denied(r.Context(), c, rt, err))
			return
		}
		v, err := rt.handle(r.Context(), c, &request{r, w})
		if err != nil {
			d.refuse(w, r, d.denied(r.Context(), c, rt, err))
			return
		}
		answer(w, v)
	}
}

// identify finds the caller of a route that needs one. A stranger is only the
// address it comes from.
func (d *Door) identify(r *http.Request, needs vault.Power) (vault.Caller, error) {
	address := httpkit.Address(r.Context())
	if err := httpkit.Limited(r.Context()); err != nil {
		return vault.Caller{}, err
	}
	if needs == 0 {
		return vault.Caller{Door: vault.DoorBitwarden, Address: address}, nil
	}
	if len(r.Header.Values("Authorization")) > 1 {
		return vault.Caller{}, errHeaders
	}
	c, err := d.SignIn.ClientCaller(r.Context(), httpkit.Bearer(r.Header.Get("Authorization")), address)
	if err != nil {
		return c, err
	}
	if err := d.Kit.Limits.Account(c.User); err != nil {
		return c, err
	}
	return c, c.Must(needs)
}

// denied has it written down that a caller who is known was refused. What cannot be
// written down is the server's failure, not the caller's.
func (d *Door) denied(ctx context.Context, c vault.Caller, rt Route, err error) error {
	if c.User == "" || !fault.Of(err, fault.Forbidden) {
		return err
	}
	if failed := d.Audit.Denied(ctx, c, rt.Method+" "+rt.Path, fault.From(err).Code); failed != nil {
		return failed
	}
	return err
}

func answer(w http.ResponseWriter, v any) {
	var body []byte
	switch v := v.(type) {
	case done:
		return
	case nil:
		w.WriteHeader(http.StatusOK)
		return
	case raw:
		body = v
	default:
		var err error
		if body, err = json.Marshal(v); err != nil {
			panic(err) // our own types always encode
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(body) //nolint:errcheck // the client is gone
}

// read decodes a JSON body into v. Members that we do not know are ignored, as
// every server of this protocol does: clients send more than they must.
func (r *request) read(v any) error {
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "application/json" && ct != "text/json" {
		return errBody.Saying("The request's body must be JSON, with the content type application/json.")
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return unreadable(err)
	}
	return undecodable(json.Unmarshal(b, v))
}

// undecodable words a decoder's error for the caller; nil stays nil.
func undecodable(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return errBody.At(wrong.Field, "must not be a "+wrong.Value)
	}
	return errBody.Because(err)
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return errBody.Because(err)
}

// cors lets the origins in that official desktop clients have; they are no web pages.
func (d *Door) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o == "file://" || o == "bw-desktop-file://bundle" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", o)
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Add("Vary", "Origin")
			if r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
				h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
				h.Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// base is the address that clients reach this server by.
func (d *Door) base(r *http.Request) string {
	if d.Base != "" {
		return d.Base
	}
	scheme := "http"
	if httpkit.Secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

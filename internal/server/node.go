// Package server builds a node out of its parts, and starts and stops them in
// order. It must hold no rule and no query. Invariant: it is the only place where
// things are wired together, for the binary and for tests alike.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"strongroom/internal/blob"
	"strongroom/internal/cluster"
	"strongroom/internal/core/account"
	"strongroom/internal/core/admin"
	"strongroom/internal/core/file"
	"strongroom/internal/core/item"
	"strongroom/internal/core/send"
	"strongroom/internal/core/signin"
	"strongroom/internal/core/unlock"
	"strongroom/internal/live"
	"strongroom/internal/mail"
	"strongroom/internal/outbound"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
	"strongroom/internal/wire/bitwarden"
	"strongroom/internal/wire/httpkit"
	"strongroom/internal/wire/rest"
)

// Options is what a node is made of. Hash bounds how many slow hashes run at
// once and how many wait (0 for the defaults).
type Options struct {
	Store           store.Options
	SecretKey       string
	URL             string // PUBLIC_URL without a slash at its end; "" lets each request's host count
	Base            string // the path of PUBLIC_URL, "" at the root of a host
	Files           string // the folder of attachments
	Mail            mail.Settings
	FileQuota       int64  // bytes of attachments and Sends a person; 0 for no limit
	Icons           string // the folder of web sites' icons
	Outbound        bool   // whether anything may be asked of the internet
	Trusted         []netip.Prefix
	SignUps         vault.SignUps
	Names           vault.Names
	RESTOff         bool
	Version, Commit string
	Log             *slog.Logger
	Now             func() time.Time
	Hash            struct{ Concurrent, Queue int }
}

// Limits of one request.
const (
	requestDeadline = 30 * time.Second
	maxBody         = 64 << 20
)

// Node is a whole server without its listener. Its services are for the command
// line and for tests.
type Node struct {
	Store    *store.Store
	Accounts *account.Service
	SignIn   *signin.Service
	Items    *item.Service
	Files    *file.Service
	Sends    *send.Service
	Unlock   *unlock.Service
	Admin    *admin.Service
	REST     *rest.Door
	Handler  http.Handler

	Bitwarden *bitwarden.Door
	Live      *live.Hub
	Bus       *cluster.Bus

	stop context.CancelFunc

	log *slog.Logger
	now func() time.Time
}

// Open builds a node on an open or empty database. The caller closes it.
func Open(ctx context.Context, o Options) (*Node, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Store.Now = o.Now
	signer, err := token.NewSigner(o.SecretKey)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, o.Store)
	if err != nil {
		return nil, err
	}
	letters, err := mail.New(o.Mail)
	if err != nil {
		st.Close()
		return nil, err
	}
	hasher := pwhash.New(o.Hash.Concurrent, o.Hash.Queue)
	n := &Node{Store: st, log: o.Log, now: o.Now}
	n.Accounts = &account.Service{Store: st, Hasher: hasher, Signer: signer, SignUps: o.SignUps, Mail: letters, Now: o.Now}
	n.SignIn = &signin.Service{Store: st, Hasher: hasher, Signer: signer, Mail: letters, Now: o.Now}
	n.Items = &item.Service{Store: st}
	n.Admin = &admin.Service{Store: st, Names: o.Names}
	blobs := blob.NewDisk(o.Files)
	n.Files = &file.Service{Store: st, Blobs: blobs, Signer: signer, Now: o.Now, Quota: o.FileQuota, Log: o.Log}
	n.Sends = &send.Service{Store: st, Blobs: blobs, Hasher: hasher, Signer: signer, Mail: letters, Now: o.Now, Quota: o.FileQuota, Log: o.Log}
	n.Unlock = &unlock.Service{Store: st, Hasher: hasher, Accounts: n.Accounts, Sessions: n.SignIn, Items: n.Items,
		Names: o.Names, Now: o.Now, Off: o.RESTOff}
	kit := httpkit.Kit{Log: o.Log, Trusted: o.Trusted, Deadline: requestDeadline, MaxBody: maxBody}
	n.REST = &rest.Door{Kit: kit, Accounts: n.Accounts, SignIn: n.SignIn, Unlock: n.Unlock, Items: n.Items, Admin: n.Admin,
		Names: o.Names, Base: o.Base, Version: o.Version, Commit: o.Commit}
	n.Live = live.New()
	n.Bus = &cluster.Bus{Store: st, Tell: n.tell, Awake: func() bool { return n.Live.Count() > 0 }, Now: o.Now, Log: o.Log}
	st.OnChange = n.Bus.Local
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	go n.Bus.Run(running)
	n.Bitwarden = &bitwarden.Door{Kit: kit, Accounts: n.Accounts, SignIn: n.SignIn, Items: n.Items, Files: n.Files, Sends: n.Sends,
		Icons: &outbound.Icons{Client: outbound.New(!o.Outbound), Dir: o.Icons, Now: o.Now}, Live: n.Live, Done: running.Done(), Names: o.Names, Base: o.URL, Now: o.Now}
	n.Handler = kit.Wrap(n.routes())
	return n, nil
}

// routes is the one list of what is mounted where.
func (n *Node) routes() http.Handler {
	mux := http.NewServeMux()
	api := n.REST.Handler()
	mux.Handle(rest.Prefix, api)
	mux.Handle(rest.Prefix+"/", api)
	clients := n.Bitwarden.Handler()
	for _, prefix := range bitwarden.Prefixes {
		mux.Handle(prefix, clients)
	}
	mux.Handle("GET /docs", rest.Docs())
	mux.Handle("GET /docs/", rest.Docs())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", n.ready)
	mux.HandleFunc("GET /{$}", home)
	return mux
}

// tell passes a notice on to the devices that are connected here. One that signs
// people out ends their connections, too.
func (n *Node) tell(notice vault.Notice) {
	n.Live.Tell(notice)
	if notice.Kind == vault.NoticeSignOut {
		n.Live.End(notice.User, "")
	}
}

// Close ends all that the node holds.
func (n *Node) Close() error {
	n.stop()
	n.Live.Close()
	return n.Store.Close()
}

func (n *Node) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := n.Store.Ping(ctx); err != nil {
		answer(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	answer(w, http.StatusOK, "ok")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(`{"status":"` + text + "\"}\n")) //nolint:errcheck // the client is gone
}

func home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("This is Strongroom. Its API is at /api/v1, the API's documentation at /docs.\nThe web vault is not part of this version.\n")) //nolint:errcheck // the client is gone
}

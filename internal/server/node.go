// Package server builds a node out of its parts, and starts and stops them in
// order. It must hold no rule and no query. Invariant: it is the only place where
// things are wired together, for the binary and for tests alike.
package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"strongroom/internal/backup"
	"strongroom/internal/blob"
	"strongroom/internal/cluster"
	"strongroom/internal/config"
	"strongroom/internal/core/account"
	"strongroom/internal/core/admin"
	"strongroom/internal/core/audit"
	"strongroom/internal/core/breach"
	"strongroom/internal/core/file"
	"strongroom/internal/core/item"
	"strongroom/internal/core/mfa"
	"strongroom/internal/core/send"
	"strongroom/internal/core/signin"
	"strongroom/internal/core/unlock"
	"strongroom/internal/jobs"
	"strongroom/internal/live"
	"strongroom/internal/mail"
	"strongroom/internal/outbound"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/telemetry"
	"strongroom/internal/throttle"
	"strongroom/internal/token"
	"strongroom/internal/vault"
	"strongroom/internal/wire/bitwarden"
	"strongroom/internal/wire/httpkit"
	"strongroom/internal/wire/rest"
	"strongroom/web"
)

// Options is what a node is made of. Hash bounds how many slow hashes run at
// once and how many wait (0 for the defaults).
type Options struct {
	Settings        *config.Config // those that may change while the node runs are read here alone
	Store           store.Options
	SecretKey       string
	URL             string // PUBLIC_URL without a slash at its end; "" lets each request's host count
	Base            string // the path of PUBLIC_URL, "" at the root of a host
	Files           string // the folder of attachments
	Mail            mail.Settings
	Icons           string // the folder of web sites' icons
	Backups         Backups
	Trusted         []netip.Prefix
	Names           vault.Names
	Version, Commit string
	Date            string // of the commit
	HSTS            bool   // whether browsers are told to come over https only
	Name            string // what the node is called in the list of nodes
	Log             *slog.Logger
	LogLevel        *slog.LevelVar // of Log, to be changed while the node runs; may be nil
	Now             func() time.Time
	Audit           Audit
	Guesses         vault.GuessLimits
	RedisURL        string                         // where guesses are counted, "" for the database
	Requests        struct{ Address, Account int } // a minute, 0 for no limit
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
	Factors  *mfa.Service
	Items    *item.Service
	Files    *file.Service
	Sends    *send.Service
	Unlock   *unlock.Service
	Admin    *admin.Service
	Audit    *audit.Service
	REST     *rest.Door
	Handler  http.Handler

	Bitwarden *bitwarden.Door
	Live      *live.Hub
	Bus       *cluster.Bus
	Member    *cluster.Member
	Jobs      *jobs.Runner
	Long      *jobs.Runner // of jobs that others must not wait for
	Backup    *backup.Job  // nil without a place for backups
	Telemetry *telemetry.Telemetry

	only     config.Services
	drain    time.Duration // between being told to stop and stopping
	goes     atomic.Bool   // told to stop
	limiter  *throttle.Limiter
	stop     context.CancelFunc
	settings *settings
	hasher   *pwhash.Hasher
	log      *slog.Logger
	letters  *mail.Sender
	running  sync.WaitGroup // what goes on beside requests, until stop
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
	set := &settings{store: st, live: config.NewLive(o.Settings), now: o.Now, level: o.LogLevel, log: o.Log}
	if err := set.read(ctx); err != nil {
		st.Close()
		return nil, err
	}
	tele, err := telemetry.New(ctx, telemetry.Options{Version: o.Version, Commit: o.Commit, Collector: o.Settings.Collector,
		Failed: func(err error) { o.Log.Warn("traces could not be handed over", "err", err) }})
	if err != nil {
		st.Close()
		return nil, err
	}
	hasher := pwhash.New(o.Hash.Concurrent, o.Hash.Queue)
	n := &Node{Store: st, Telemetry: tele, only: o.Settings.Only, drain: drainTime(o.Settings, st.Shared()), settings: set, hasher: hasher, log: o.Log, letters: letters}
	n.Accounts = &account.Service{Store: st, Hasher: hasher, Signer: signer, SignUps: set.signUps, Mail: letters, Now: o.Now}
	ask := outbound.New(set.outboundOff)
	n.Factors = &mfa.Service{Store: st, Signer: signer, Mail: letters, Ask: ask.Allowing(o.Settings.Allow), YubiKey: yubiKeys(o.Settings), Now: o.Now, Policy: set.factors}
	n.SignIn = &signin.Service{Store: st, Hasher: hasher, Signer: signer, Mail: letters, Now: o.Now, Log: o.Log, Factors: n.Factors, Policy: set.factors}
	n.Items = &item.Service{Store: st}
	n.Audit = &audit.Service{Store: st}
	n.Admin = &admin.Service{Store: st, Names: o.Names, Now: o.Now, Mail: letters, Settings: set, InviteLife: set.inviteLife, URL: cmp.Or(o.URL, o.Settings.URL().String())}
	blobs := blob.NewDisk(o.Files)
	n.Files = &file.Service{Store: st, Blobs: blobs, Signer: signer, Now: o.Now, Quota: set.fileQuota, Log: o.Log}
	n.Sends = &send.Service{Store: st, Blobs: blobs, Hasher: hasher, Signer: signer, Mail: letters, Now: o.Now, Quota: set.fileQuota, Log: o.Log}
	n.Unlock = &unlock.Service{Store: st, Hasher: hasher, Accounts: n.Accounts, Sessions: n.SignIn, Items: n.Items,
		Names: o.Names, Now: o.Now, Off: set.restOff}
	if err := n.guard(o); err != nil {
		return nil, errors.Join(err, tele.Close(ctx), st.Close())
	}
	kit := httpkit.Kit{Log: o.Log, Trusted: o.Trusted, Deadline: requestDeadline, MaxBody: maxBody, Watch: tele.Request, HSTS: o.HSTS}
	kit.Limits = httpkit.NewLimits(o.Requests.Address, o.Requests.Account, o.Now)
	n.REST = &rest.Door{Kit: kit, Accounts: n.Accounts, SignIn: n.SignIn, Factors: n.Factors, Unlock: n.Unlock, Items: n.Items, Admin: n.Admin,
		Breach: &breach.Service{Client: ask, Source: breach.PwnedPasswords},
		Names:  o.Names, Base: o.Base, Origin: originOf(o.URL), Version: o.Version, Commit: o.Commit}
	n.REST.Date = o.Date
	n.Live = live.New()
	n.Bus = &cluster.Bus{Store: st, Tell: n.tell, Awake: func() bool { return n.Live.Count() > 0 }, Now: o.Now, Log: o.Log}
	st.OnChange = n.Bus.Local
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	n.running.Go(func() { n.Bus.Run(running) })
	n.running.Go(func() { set.follow(running) })
	n.Bitwarden = &bitwarden.Door{Kit: kit, Accounts: n.Accounts, SignIn: n.SignIn, Factors: n.Factors, Items: n.Items, Files: n.Files, Sends: n.Sends,
		Icons: &outbound.Icons{Client: ask, Dir: o.Icons, Now: o.Now}, Live: n.Live, Done: running.Done(), Go: n.running.Go, Names: o.Names, Base: o.URL, Now: o.Now}
	n.Backup = o.Backups.job(o, st)
	n.timed(o)
	n.REST.Audit, n.Bitwarden.Audit = n.Audit, n.Audit
	n.measure()
	n.Admin.Health = n.findings
	n.Handler = kit.Wrap(n.routes())
	return n, nil
}

// routes is the one list of what is mounted where. Paths of what the process does
// not serve are answered by the door whose they are: with its kind of refusal.
func (n *Node) routes() http.Handler {
	mux := http.NewServeMux()
	mount := func(service string, h, elsewhere http.Handler, patterns ...string) {
		if !n.only.Has(service) {
			h = elsewhere
		}
		for _, p := range patterns {
			mux.Handle(p, h)
		}
	}
	notREST, notClients := n.REST.Elsewhere(), n.Bitwarden.Elsewhere()
	mount(config.ServeREST, n.REST.Handler(), notREST, rest.Prefix, rest.Prefix+"/")
	mount(config.ServeREST, rest.Docs(), notREST, "GET /docs", "GET /docs/")
	clients := n.Bitwarden.Handler()
	mount(config.ServeAPI, clients, notClients, "/api/", "/icons/", "/events/")
	mount(config.ServeIdentity, clients, notClients, "/identity/")
	mount(config.ServeNotifications, clients, notClients, "/notifications/")
	mount(config.ServeWeb, web.Handler(), notREST, "/")
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", n.ready)
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

func (n *Node) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if n.goes.Load() {
		answer(w, http.StatusServiceUnavailable, "this node is about to stop")
		return
	}
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

// Package app is the desktop program without its window: which vault is chosen, how
// the window gets to it, and what a page may ask of the machine. It must not know
// what draws the window. Invariant: a page of one vault reaches nothing of another's,
// for each has an origin of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"strongroom/desktop/internal/clip"
	"strongroom/desktop/internal/gate"
	"strongroom/desktop/internal/personal"
	"strongroom/desktop/internal/remote"
	"strongroom/desktop/internal/state"
)

// Window is what the program can do with its window. All may be called from any
// goroutine once the window is there.
type Window interface {
	Raise()
	Hide()
	Start()          // shows the start page again
	Tell(js string)  // runs a script that this program wrote in the page
	Small()          // shows it as the quick search
	Large(stay bool) // ends Small: it goes where it was before, or stays
	Quit()
	Browse(url string) // opens a page in the system's browser
}

// App is one run of the program.
type App struct {
	Dir, Version string
	State        *state.State
	Clip         *clip.Clip
	Keychain     Keychain // nil for none
	Window       Window
	Others       Others // nil where nothing can be typed
	Grab         func(keys string, pressed func()) (release func(), err error)
	Trace        func(what string) // told of the milestones of a start; may be nil

	homes    sync.Map    // hosts of all gates that were opened
	choosing atomic.Bool // whether the start page waits for a choice

	mu   sync.Mutex
	open map[string]*vault // by choice
	page string            // what a link asked for before there was a vault

	quick quick
}

// vault is an open one, with its own listener.
type vault struct {
	gate  *gate.Gate
	first func(context.Context) (page string, err error) // to begin with
	end   func() error
}

func (v *vault) close() error { return errors.Join(v.gate.Close(), v.end()) }

// Enter opens what is chosen, if it is not open yet, and returns an address that
// lets the window in. It is remembered as the choice.
func (a *App) Enter(ctx context.Context, choice string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, err := a.opened(ctx, choice)
	if err != nil {
		return "", err
	}
	if err := a.State.Change(func(s *state.State) { s.Choice = choice }); err != nil {
		return "", err
	}
	page, err := v.first(ctx)
	if err != nil {
		return "", err
	}
	if a.page != "" {
		page, a.page = a.page, ""
	}
	return v.gate.Entrance(page), nil
}

// Warm opens what was chosen last while the window is being made. What fails then
// fails again, and is said, when the window asks.
func (a *App) Warm(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var choice string
	a.State.Read(func(s *state.State) { choice = s.Choice })
	if choice != "" {
		a.opened(ctx, choice) //nolint:errcheck // see above
	}
}

// opened is the open vault of a choice. The caller holds mu.
func (a *App) opened(ctx context.Context, choice string) (*vault, error) {
	if v, ok := a.open[choice]; ok {
		return v, nil
	}
	v, err := a.begin(ctx, choice)
	if err != nil {
		return nil, err
	}
	if a.open == nil {
		a.open = map[string]*vault{}
	}
	a.open[choice] = v
	return v, nil
}

func (a *App) begin(ctx context.Context, choice string) (*vault, error) {
	ctx = context.WithoutCancel(ctx) // it outlives the question
	if choice == state.Personal {
		return a.beginPersonal(ctx)
	}
	var s state.Server
	a.State.Read(func(st *state.State) {
		if known := st.Server(choice); known != nil {
			s = *known
		}
	})
	u, err := url.Parse(s.URL)
	if err != nil || s.URL == "" {
		return nil, fmt.Errorf("%q is no server that was accepted", choice)
	}
	g, err := gate.Open(ctx, s.At, a.Desk(choice, remote.Handler(remote.Options{URL: u, Pin: s.Pin})))
	if err != nil {
		return nil, err
	}
	a.homes.Store(g.Host, true)
	v := &vault{gate: g, first: func(context.Context) (string, error) { return "/", nil }, end: func() error { return nil }}
	if err := a.State.Change(func(st *state.State) { st.Server(choice).At = g.Host }); err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

func (a *App) beginPersonal(ctx context.Context) (*vault, error) {
	p, err := personal.Open(ctx, personal.Options{Dir: filepath.Join(a.Dir, "vault"), Version: a.Version})
	if err != nil {
		return nil, err
	}
	a.trace("the personal vault is open")
	var at string
	a.State.Read(func(s *state.State) { at = s.PersonalAt })
	g, err := gate.Open(ctx, at, a.Desk(state.Personal, p.Handler))
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	a.homes.Store(g.Host, true)
	v := &vault{gate: g, end: p.Close, first: func(ctx context.Context) (string, error) {
		code, err := p.SetUp(ctx)
		if err != nil || code == "" {
			return "/", err
		}
		return "/setup?code=" + url.QueryEscape(code), nil
	}}
	if err := a.State.Change(func(s *state.State) { s.PersonalAt = g.Host }); err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

// Close ends all vaults. What came from here leaves the clipboard.
func (a *App) Close() error {
	a.deaf()
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	if a.Clip != nil {
		errs = append(errs, a.Clip.Clear())
	}
	for _, v := range a.open {
		errs = append(errs, v.close())
	}
	a.open = nil
	return errors.Join(errs...)
}

// Lock locks the page: its keys are in a worker, which ends.
func (a *App) Lock() {
	a.Window.Tell("dispatchEvent(new Event('strongroom-lock'))")
	if a.Clip != nil {
		a.Clip.Clear() //nolint:errcheck // its own clock tries again
	}
}

var link = regexp.MustCompile(`^strongroom://([a-z]+(?:/[a-z0-9-]+)*)/?$`)

// Follow raises the window and goes where a second start, or the first, was asked
// to: strongroom://generator is the page #/generator. Anything that is no such link
// only raises the window.
func (a *App) Follow(args []string) {
	a.Whole()
	for _, arg := range args {
		if m := link.FindStringSubmatch(arg); m != nil {
			a.Window.Tell("if(location.protocol==='http:'&&location.hostname.startsWith('127.'))location.hash='#/" + m[1] + "'")
		}
		if arg == "--choose" {
			a.Choose()
		}
	}
	a.Window.Raise()
}

// Choose shows the start page again.
func (a *App) Choose() {
	a.Whole()
	a.choosing.Store(true)
	a.Lock()
	a.Window.Start()
}

// Begin notes what this run was started with.
func (a *App) Begin(args []string) {
	for _, arg := range args {
		if m := link.FindStringSubmatch(arg); m != nil {
			a.page = "/" + m[1]
		}
		if arg == "--choose" {
			a.choosing.Store(true)
		}
	}
}

func (a *App) trace(what string) {
	if a.Trace != nil {
		a.Trace(what)
	}
}

// watch notes how far a start has come, and what is asked from then on. Of an
// address its path is said.
func (a *App) watch(next http.Handler) http.Handler {
	if a.Trace == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if !strings.HasPrefix(r.URL.Path, "/assets/") {
			a.trace(r.Method + " " + r.URL.Path)
		}
	})
}

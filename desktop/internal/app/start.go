package app

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"os"
	"time"

	"strongroom/desktop/internal/autostart"
	"strongroom/desktop/internal/remote"
	"strongroom/desktop/internal/state"
)

//go:embed start
var startPage embed.FS

const (
	startPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	lookTime    = 15 * time.Second
)

// Start is the handler of the window's first page, where a vault is chosen. The
// window asks it inside this process: it is on no port.
func (a *App) Start() http.Handler {
	mux := http.NewServeMux()
	for path, file := range map[string]string{"GET /{$}": "start/start.html", "GET /start.css": "start/start.css", "GET /start.js": "start/start.js"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", startPolicy)
			w.Header().Set("Cache-Control", "no-store")
			http.ServeFileFS(w, r, startPage, file)
		})
	}
	mux.HandleFunc("GET /start/state", a.startState)
	mux.HandleFunc("POST /start/open", a.startOpen)
	mux.HandleFunc("POST /start/prefer", a.startPrefer)
	return mux
}

func (a *App) startState(w http.ResponseWriter, _ *http.Request) {
	a.trace("the start page is shown")
	var out struct {
		Choice    string
		Servers   []string
		Version   string
		Tray      bool
		Autostart bool
		Quick     string // the keys that call the quick search, "" for none
		QuickWhy  string // why they do nothing
		Choosing  bool   // somebody asked for this page
	}
	out.Choosing = a.choosing.Swap(false)
	out.Version = a.Version
	out.QuickWhy = a.unheard()
	out.Autostart, _ = autostart.Is() // what cannot be asked is not on
	a.State.Read(func(s *state.State) {
		out.Choice, out.Tray, out.Quick = s.Choice, s.StayInTray, s.QuickKeys()
		for _, v := range s.Servers {
			out.Servers = append(out.Servers, v.URL)
		}
	})
	answer(w, http.StatusOK, out)
}

// startPrefer changes what the start page offers to be changed.
func (a *App) startPrefer(w http.ResponseWriter, r *http.Request) {
	var p struct {
		Autostart, Tray *bool
		Quick           *string // "" for none
	}
	if !ask(w, r, &p) {
		return
	}
	err := error(nil)
	if p.Tray != nil {
		err = a.State.Change(func(s *state.State) { s.StayInTray = *p.Tray })
	}
	if p.Quick != nil && err == nil {
		err = a.callWith(*p.Quick)
	}
	if p.Autostart != nil && err == nil {
		err = autostart.Off()
		if *p.Autostart {
			var program string
			if program, err = os.Executable(); err == nil {
				err = autostart.On(program)
			}
		}
	}
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"Error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// startOpen opens what was chosen and says where the window goes. A certificate
// that is to be decided on comes back instead, with 409.
func (a *App) startOpen(w http.ResponseWriter, r *http.Request) {
	var o struct {
		Where  string // "personal", or a server's address
		Accept string // the fingerprint that a person has accepted just now
	}
	if !ask(w, r, &o) {
		return
	}
	choice := o.Where
	if choice != state.Personal {
		u, err := remote.Address(o.Where)
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"Error": err.Error()})
			return
		}
		choice = u.String()
		question, err := a.judge(r.Context(), u, o.Accept)
		if err != nil {
			answer(w, http.StatusBadGateway, map[string]string{"Error": err.Error()})
			return
		}
		if question != nil {
			answer(w, http.StatusConflict, question)
			return
		}
	}
	to, err := a.Enter(r.Context(), choice)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"Error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]string{"URL": to})
}

// question is what a person must decide before a server is asked anything.
type question struct {
	Certificate *remote.Certificate
	Was         string // the fingerprint that was accepted before, "" at first
}

// judge looks at a server's certificate: nil says that the server may be asked.
func (a *App) judge(ctx context.Context, u *url.URL, accept string) (*question, error) {
	known := state.Server{URL: u.String()}
	a.State.Read(func(s *state.State) {
		if k := s.Server(known.URL); k != nil {
			known = *k
		}
	})
	if u.Scheme == "https" {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		c, err := remote.Options{URL: u}.Look(ctx)
		if err != nil {
			return nil, err
		}
		switch {
		case accept != "" && accept == c.Fingerprint:
			known.Pin = accept
		case known.Pin != "" && known.Pin != c.Fingerprint, known.Pin == "" && !c.Trusted:
			return &question{Certificate: c, Was: known.Pin}, nil
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return nil, a.State.Change(func(s *state.State) {
		k := s.Server(known.URL)
		if k == nil {
			s.Servers = append(s.Servers, known)
			return
		}
		if k.Pin != known.Pin { // what is open asks with the old one
			k.Pin = known.Pin
			if v, ok := a.open[known.URL]; ok {
				v.gate.Close() //nolint:errcheck // the window comes through the next one
				delete(a.open, known.URL)
			}
		}
	})
}

package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

const (
	maxAsked = 1 << 20
	maxClip  = 10 * time.Minute

	maxAddress = 8 << 10
)

// Desk is a vault with what its page may ask of this machine, behind the same gate.
func (a *App) Desk(choice string, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /desktop/copy", a.copy)
	mux.HandleFunc("POST /desktop/open", a.browse)
	mux.HandleFunc("POST /desktop/choose", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		go a.Choose()
	})
	mux.HandleFunc("POST /desktop/shown", func(w http.ResponseWriter, _ *http.Request) { // the page that takes the password is
		w.WriteHeader(http.StatusNoContent)
	})
	a.keychainRoutes(mux, choice)
	a.newerRoutes(mux, choice, next)
	mux.HandleFunc("POST /desktop/quick", a.quickIs)
	mux.HandleFunc("POST /desktop/leave", a.quickLeave)
	mux.HandleFunc("POST /desktop/type", a.typed)
	mux.HandleFunc("/desktop/", http.NotFound)
	mux.Handle("/", next)
	return a.watch(mux)
}

// ask reads what a page sent. Only JSON of its own origin comes this far: the gate
// has looked at the origin.
func ask(w http.ResponseWriter, r *http.Request, to any) bool {
	if r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "JSON is what is understood here", http.StatusUnsupportedMediaType)
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAsked)).Decode(to); err != nil {
		http.Error(w, "the body is not what was expected", http.StatusBadRequest)
		return false
	}
	return true
}

// copy puts a text on the clipboard for some seconds, 0 for no end. An empty text
// empties the clipboard if what is on it came from here.
func (a *App) copy(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Text    string
		Seconds int
	}
	if !ask(w, r, &c) {
		return
	}
	after := time.Duration(c.Seconds) * time.Second
	if after < 0 || after > maxClip {
		http.Error(w, "Seconds is from 0 to 600", http.StatusBadRequest)
		return
	}
	err := error(nil)
	if c.Text == "" {
		err = a.Clip.Clear()
	} else {
		err = a.Clip.Copy(c.Text, after)
	}
	if err != nil {
		http.Error(w, "the clipboard does not answer", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// browse opens an item's web site where web sites belong: never in the vault's window.
func (a *App) browse(w http.ResponseWriter, r *http.Request) {
	var o struct{ URL string }
	if !ask(w, r, &o) {
		return
	}
	if !a.Site(o.URL) {
		http.Error(w, "URL is the address of a web site, http or https", http.StatusBadRequest)
		return
	}
	a.Window.Browse(o.URL)
	w.WriteHeader(http.StatusNoContent)
}

// Site says whether an address is one that the system's browser may be given.
func (a *App) Site(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(address) <= maxAddress
}

// Home says whether a host is one of this run's gates. It waits for nothing.
func (a *App) Home(host string) bool {
	_, ok := a.homes.Load(host)
	return ok
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the window is gone
}

package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"strongroom/desktop/internal/newer"
	"strongroom/desktop/internal/state"
)

const (
	versionPath = "/api/v1/version"
	maxVersion  = 4 << 10
	versionTime = 10 * time.Second
)

// newerRoutes tell a page whether the server of its vault is a newer release than
// this program. Nobody but that server is ever asked, on the way that the vault's
// own requests take, and only where that was turned on; nothing is downloaded.
func (a *App) newerRoutes(mux *http.ServeMux, choice string, vault http.Handler) {
	mux.HandleFunc("GET /desktop/newer", func(w http.ResponseWriter, r *http.Request) {
		var out struct {
			On       bool
			Personal bool   // the vault is this program's own: there is nothing to compare with
			Version  string // of this program
			Server   string // "" while it is not known
			Newer    bool
		}
		out.Version, out.Personal = a.Version, choice == state.Personal
		a.State.Read(func(s *state.State) { out.On = s.TellNewer })
		if out.On && !out.Personal {
			out.Server = versionOf(r.Context(), vault)
			out.Newer = newer.Than(a.Version, out.Server)
		}
		answer(w, http.StatusOK, out)
	})
	mux.HandleFunc("PUT /desktop/newer", func(w http.ResponseWriter, r *http.Request) {
		var p struct{ On bool }
		if !ask(w, r, &p) {
			return
		}
		if err := a.State.Change(func(s *state.State) { s.TellNewer = p.On }); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// versionOf asks a vault's server for its version; "" for a server that does not say.
func versionOf(ctx context.Context, vault http.Handler) string {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, versionPath, nil)
	if err != nil {
		return ""
	}
	r.Header.Set("Accept", "application/json")
	said := &reply{header: http.Header{}, status: http.StatusOK}
	vault.ServeHTTP(said, r)
	var out struct{ Version string }
	if said.status != http.StatusOK || len(said.body) > maxVersion || json.Unmarshal(said.body, &out) != nil {
		return ""
	}
	return out.Version
}

// reply is what a handler answers, as far as it is of use.
type reply struct {
	header http.Header
	status int
	body   []byte
}

func (r *reply) Header() http.Header    { return r.header }
func (r *reply) WriteHeader(status int) { r.status = status }

func (r *reply) Write(b []byte) (int, error) {
	r.body = append(r.body, b[:min(len(b), maxVersion+1-len(r.body))]...)
	return len(b), nil
}

package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"strongroom/desktop/internal/remote"
	"strongroom/desktop/internal/state"
)

type told struct {
	On, Personal, Newer bool
	Version, Server     string
}

// TestNewer: off by default, and then the server is not asked; turned on it is
// asked for its version and nothing else, and the choice is kept.
func TestNewer(t *testing.T) {
	var asked []string
	says := `{"version":"v0.4.0"}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.String())
		if strings.HasPrefix(says, "{") {
			io.WriteString(w, says)
			return
		}
		http.Error(w, says, http.StatusNotFound)
	}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	a := newApp(t)
	a.Version = "v0.3.0"
	get := func(choice string) (out told) {
		t.Helper()
		w := httptest.NewRecorder()
		a.Desk(choice, remote.Handler(remote.Options{URL: u})).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/desktop/newer", nil))
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(w.Code, err)
		}
		return out
	}
	if got := get(elsewhere); got != (told{Version: "v0.3.0"}) || asked != nil {
		t.Errorf("before it is turned on: %+v, the server was asked %v", got, asked)
	}
	if status, out := page(t, a, elsewhere, "PUT", "/desktop/newer", `{"On":true}`); status != http.StatusNoContent {
		t.Fatal(status, out)
	}
	kept, err := state.Load(a.Dir)
	if err != nil || !kept.TellNewer {
		t.Error("it is not kept:", err)
	}
	if got := get(elsewhere); got != (told{On: true, Newer: true, Version: "v0.3.0", Server: "v0.4.0"}) {
		t.Errorf("a newer server: %+v", got)
	}
	if len(asked) != 1 || asked[0] != "GET "+versionPath {
		t.Error("the server was asked", asked)
	}
	asked = nil
	if got := get(state.Personal); got != (told{On: true, Personal: true, Version: "v0.3.0"}) || asked != nil {
		t.Errorf("the personal vault: %+v, asked %v", got, asked)
	}
	for _, s := range []string{`{"version":"v0.3.0"}`, `{"version":"v0.2.9"}`, `{"version":"dev"}`, `{}`, `{"version":5}`, "none",
		`{"version":"v0.4.0","more":"` + strings.Repeat("x", maxVersion) + `"}`} {
		says = s
		if got := get(elsewhere); got.Newer || !got.On {
			t.Errorf("%.40s: %+v", s, got)
		}
	}
	says = `{"version":"v0.4.0"}`
	a.Version = "dev"
	if got := get(elsewhere); got.Newer {
		t.Errorf("what is no release: %+v", got)
	}
	srv.Close()
	if got := get(elsewhere); got != (told{On: true, Version: "dev"}) {
		t.Errorf("a server that is away: %+v", got)
	}
}

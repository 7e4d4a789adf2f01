package app

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"strongroom/desktop/internal/state"
	"strongroom/desktop/internal/testdir"
)

func newApp(t *testing.T) *App {
	t.Helper()
	dir := testdir.New(t)
	s, err := state.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := &App{Dir: dir, Version: "test", State: s}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// TestSetUpUntilThereIsSomebody: the personal vault begins with the page that makes
// its account, as long as it has none.
func TestSetUpUntilThereIsSomebody(t *testing.T) {
	a := newApp(t)
	enter := func() string {
		t.Helper()
		to, err := a.Enter(t.Context(), state.Personal)
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	_, code, found := strings.Cut(enter(), "#/setup?code=")
	if !found {
		t.Fatal("the first time it does not lead to the setup page")
	}
	if again := enter(); !strings.HasSuffix(again, "#/setup?code="+code) {
		t.Errorf("the second time it leads to %q", again)
	}
	body := strings.NewReader(`{"username":"me@example.com","password":"correct horse battery staple","setup_code":"` + code + `"}`)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	window := &http.Client{Jar: jar}
	to := enter()
	for _, ask := range []func() (*http.Response, error){
		func() (*http.Response, error) { return window.Get(to) },
		func() (*http.Response, error) {
			return window.Post(to[:strings.Index(to, "/desktop/")]+"/api/v1/register", "application/json", body)
		},
	} {
		res, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode >= 300 {
			t.Fatalf("%s: %s", res.Request.URL.Path, res.Status)
		}
	}
	if to = enter(); !strings.HasSuffix(to, "#/") {
		t.Errorf("with an account it leads to %q", to)
	}
}

// frame is a window that notes what it is told.
type frame struct{ told []string }

func (f *frame) Raise()         { f.told = append(f.told, "raise") }
func (f *frame) Hide()          { f.told = append(f.told, "hide") }
func (f *frame) Start()         { f.told = append(f.told, "start") }
func (f *frame) Tell(js string) { f.told = append(f.told, js) }
func (f *frame) Quit()          { f.told = append(f.told, "quit") }
func (f *frame) Small()         { f.told = append(f.told, "small") }
func (f *frame) Large(stay bool) {
	f.told = append(f.told, map[bool]string{true: "large", false: "back"}[stay])
}
func (f *frame) Browse(url string) { f.told = append(f.told, "browse "+url) }

// TestBrowse: web sites go to the browser, and nothing else does.
func TestBrowse(t *testing.T) {
	a, f := newApp(t), &frame{}
	a.Window = f
	h := a.Desk(state.Personal, http.NotFoundHandler())
	for url, want := range map[string]int{
		"https://bank.example/login?a=b": http.StatusNoContent, "http://10.0.0.1": http.StatusNoContent,
		"file:///etc/passwd": http.StatusBadRequest, "javascript:alert(1)": http.StatusBadRequest, "https:": http.StatusBadRequest, "": http.StatusBadRequest,
		"strongroom://vault": http.StatusBadRequest, "https://a.example/" + strings.Repeat("a", maxAddress): http.StatusBadRequest,
	} {
		f.told = nil
		body, err := json.Marshal(map[string]string{"URL": url})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/desktop/open", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || (want == http.StatusNoContent) != slices.Equal(f.told, []string{"browse " + url}) {
			t.Errorf("%q: %d, %v", url, w.Code, f.told)
		}
	}
}

// TestNothingStaysOpen: what cannot be remembered as the choice is not left open.
func TestNothingStaysOpen(t *testing.T) {
	a := newApp(t)
	if err := os.Mkdir(filepath.Join(a.Dir, "desktop.json.new"), 0o700); err != nil { // the state cannot be saved
		t.Fatal(err)
	}
	for _, choice := range []string{state.Personal, state.Personal} { // a vault left open could not be opened again
		if _, err := a.Enter(t.Context(), choice); err == nil || !strings.Contains(err.Error(), "desktop.json.new") {
			t.Fatalf("entered with %v", err)
		}
	}
	var at string
	a.State.Read(func(s *state.State) { at = s.PersonalAt })
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("its gate is open")
	}
}

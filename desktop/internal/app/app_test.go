package app

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strconv"
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
	var port int
	a.State.Read(func(s *state.State) { port = s.PersonalPort })
	if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
		c.Close()
		t.Error("its gate is open")
	}
}

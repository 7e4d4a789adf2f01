package app

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"strongroom/desktop/internal/keychain"
	"strongroom/desktop/internal/state"
)

const (
	somebody     = "6f1d7f0e-0a52-4b2b-9a8e-3a1f0c9d7b11"
	somebodyElse = "0c9d7b11-0a52-4b2b-9a8e-3a1f6f1d7f0e"
	elsewhere    = "https://vault.example.com"
)

// chain is a keychain in memory. With fails every call does; with waits none returns.
type chain struct {
	mu    sync.Mutex // who waited for too long comes back when others are there
	kept  map[string]string
	fails error
	waits chan struct{}
}

func (c *chain) Usable() error {
	if c.waits != nil {
		<-c.waits
	}
	return c.fails
}

func (c *chain) Set(account, secret string) error {
	if err := c.Usable(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[account] = secret
	return nil
}

func (c *chain) Get(account string) (string, error) {
	if err := c.Usable(); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.kept[account]
	if !ok {
		return "", keychain.ErrNone
	}
	return s, nil
}

func (c *chain) Delete(account string) error {
	if err := c.Usable(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, account)
	return nil
}

// page asks what a vault's page may ask.
func page(t *testing.T, a *App, choice, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.Desk(choice, http.NotFoundHandler()).ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func keyOf(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), keyBytes)))
}

// TestKeyOfAPage: a page keeps a key for an account, gets it back with the name of
// its vault, and has it forgotten.
func TestKeyOfAPage(t *testing.T) {
	c := &chain{kept: map[string]string{}}
	a := &App{Keychain: c}
	ask := func(method, body string) string {
		t.Helper()
		status, out := page(t, a, elsewhere, method, "/desktop/keychain/"+somebody, body)
		return http.StatusText(status) + " " + out
	}
	for _, step := range []struct{ method, body, want string }{
		{"GET", "", "Not Found " + keychain.ErrNone.Error()},
		{"DELETE", "", "No Content "},
		{"PUT", `{"Key":"` + keyOf('a') + `"}`, `OK {"Vault":"` + elsewhere + `"}`},
		{"PUT", `{"Key":"` + keyOf('b') + `"}`, `OK {"Vault":"` + elsewhere + `"}`},
		{"GET", "", `OK {"Key":"` + keyOf('b') + `","Vault":"` + elsewhere + `"}`},
		{"DELETE", "", "No Content "},
		{"GET", "", "Not Found " + keychain.ErrNone.Error()},
	} {
		if got := ask(step.method, step.body); got != step.want {
			t.Errorf("%s: %s, not %s", step.method, got, step.want)
		}
	}
	if len(c.kept) != 0 {
		t.Error("left:", c.kept)
	}
}

// TestKeyOfAnotherVault: the page of one vault neither gets, nor changes, nor has
// forgotten what another's has kept, whatever it asks for.
func TestKeyOfAnotherVault(t *testing.T) {
	c := &chain{kept: map[string]string{}}
	a := &App{Keychain: c}
	if status, out := page(t, a, elsewhere, "PUT", "/desktop/keychain/"+somebody, `{"Key":"`+keyOf('a')+`"}`); status != http.StatusOK {
		t.Fatal(status, out)
	}
	own := c.kept[elsewhere+" "+somebody]
	if own != keyOf('a') {
		t.Fatal("it is kept under another name:", c.kept)
	}
	for _, choice := range []string{state.Personal, "https://vault.example.org", elsewhere + "/other"} {
		for _, account := range []string{somebody, somebodyElse, "..%2f" + somebody, elsewhere + "%20" + somebody,
			"%20" + somebody, strings.ToUpper(somebody), somebody + "%00", strings.Repeat("-", 37), ""} {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				status, out := page(t, a, choice, method, "/desktop/keychain/"+account, `{"Key":"`+keyOf('b')+`"}`)
				if strings.Contains(out, own) {
					t.Errorf("%s of %s gives %d %s", method, account, status, out)
				}
			}
		}
		if c.kept[elsewhere+" "+somebody] != own {
			t.Fatalf("the page of %s changed it: %v", choice, c.kept)
		}
	}
	for entry := range c.kept {
		if !strings.HasSuffix(entry, " "+somebody) && !strings.HasSuffix(entry, " "+somebodyElse) {
			t.Error("an entry of a strange name:", entry)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	c := &chain{kept: map[string]string{}}
	a := &App{Keychain: c}
	for _, body := range []string{"", "{}", `{"Key":"` + keyOf('a')[:40] + `"}`, `{"Key":"correct horse battery staple"}`,
		`{"Key":"` + keyOf('a') + strings.Repeat("A", maxKeyBody) + `"}`} {
		if status, out := page(t, a, elsewhere, "PUT", "/desktop/keychain/"+somebody, body); status != http.StatusBadRequest {
			t.Errorf("%.60s: %d %s", body, status, out)
		}
	}
	if len(c.kept) != 0 {
		t.Error("kept:", c.kept)
	}
}

// TestWithoutKeychain: where there is none, or it fails, or nobody opens it, the
// page is told so.
func TestWithoutKeychain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := make(chan struct{})
		defer close(waits)
		for _, c := range []struct {
			keychain Keychain
			want     error
		}{
			{nil, errNoKeychain},
			{&chain{fails: errors.New("the keychain: no")}, errors.New("the keychain: no")},
			{&chain{kept: map[string]string{}, waits: waits}, errKeychainLag},
		} {
			a := &App{Keychain: c.keychain}
			if status, out := page(t, a, elsewhere, "GET", "/desktop/keychain", ""); status != http.StatusOK || out != `{"Usable":false}` {
				t.Error(c.want, status, out)
			}
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				status, out := page(t, a, elsewhere, method, "/desktop/keychain/"+somebody, `{"Key":"`+keyOf('a')+`"}`)
				if status != http.StatusServiceUnavailable || out != c.want.Error() {
					t.Error(method, c.want, status, out)
				}
			}
		}
	})
	a := &App{Keychain: &chain{}}
	if status, out := page(t, a, elsewhere, "GET", "/desktop/keychain", ""); status != http.StatusOK || out != `{"Usable":true}` {
		t.Error(status, out)
	}
}

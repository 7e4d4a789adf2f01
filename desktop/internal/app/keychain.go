package app

import (
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"time"

	"strongroom/desktop/internal/keychain"
)

const (
	keyBytes   = 32 // of AES-256
	maxKeyBody = 1 << 10
	// How long a person may take to open the keychain when the system asks them to.
	keychainTime = 2 * time.Minute
)

// Keychain keeps a secret for each account; keychain.ErrNone says that there is none.
// Set and Get may wait for a person.
type Keychain interface {
	Usable() error
	Set(account, secret string) error
	Get(account string) (string, error)
	Delete(account string) error
}

var (
	accountID      = regexp.MustCompile(`^[0-9a-f-]{36}$`)
	errNoKeychain  = errors.New("this computer has no keychain that can be used")
	errKeychainLag = errors.New("the keychain does not answer")
)

// keychainRoutes let a page keep one key for an account of its own vault: half of
// what opens it, the other half being in the page's storage. Which vault is the
// program's word, never the page's, so that no vault's page gets another's key.
func (a *App) keychainRoutes(mux *http.ServeMux, choice string) {
	mux.HandleFunc("GET /desktop/keychain", func(w http.ResponseWriter, _ *http.Request) {
		err := errNoKeychain
		if a.Keychain != nil {
			_, err = within(func() (any, error) { return nil, a.Keychain.Usable() })
		}
		answer(w, http.StatusOK, map[string]bool{"Usable": err == nil})
	})
	mux.HandleFunc("PUT /desktop/keychain/{account}", func(w http.ResponseWriter, r *http.Request) {
		var k struct{ Key string }
		r.Body = http.MaxBytesReader(w, r.Body, maxKeyBody)
		if !ask(w, r, &k) {
			return
		}
		if b, err := base64.StdEncoding.DecodeString(k.Key); err != nil || len(b) != keyBytes {
			http.Error(w, "Key is 32 bytes in base64", http.StatusBadRequest)
			return
		}
		a.ofAccount(w, r, choice, func(account string) (any, error) {
			return map[string]string{"Vault": choice}, a.Keychain.Set(account, k.Key)
		})
	})
	mux.HandleFunc("GET /desktop/keychain/{account}", func(w http.ResponseWriter, r *http.Request) {
		a.ofAccount(w, r, choice, func(account string) (any, error) {
			key, err := a.Keychain.Get(account)
			return map[string]string{"Vault": choice, "Key": key}, err
		})
	})
	mux.HandleFunc("DELETE /desktop/keychain/{account}", func(w http.ResponseWriter, r *http.Request) {
		a.ofAccount(w, r, choice, func(account string) (any, error) { return nil, a.Keychain.Delete(account) })
	})
}

// ofAccount does something with the entry of the account that is asked about.
func (a *App) ofAccount(w http.ResponseWriter, r *http.Request, choice string, do func(entry string) (any, error)) {
	id := r.PathValue("account")
	if !accountID.MatchString(id) {
		http.Error(w, "this is not the id of an account", http.StatusBadRequest)
		return
	}
	out, err := any(nil), errNoKeychain
	if a.Keychain != nil {
		out, err = within(func() (any, error) { return do(choice + " " + id) })
	}
	switch {
	case errors.Is(err, keychain.ErrNone):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case out == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, out)
	}
}

// within waits for a keychain, which may wait for a person, for so long and no longer.
func within(do func() (any, error)) (any, error) {
	type result struct {
		out any
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := do()
		done <- result{out, err}
	}()
	select {
	case r := <-done:
		return r.out, r.err
	case <-time.After(keychainTime):
		return nil, errKeychainLag
	}
}

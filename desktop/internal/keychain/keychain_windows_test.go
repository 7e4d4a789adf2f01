package keychain

import (
	"errors"
	"testing"
)

// TestKeychain is of the Credential Manager itself: under Wine in `make test`.
func TestKeychain(t *testing.T) {
	const account = "test https://vault.example.com me@example.com"
	if err := Delete(account); err != nil {
		t.Fatal(err)
	}
	if _, err := Get(account); !errors.Is(err, ErrNone) {
		t.Errorf("nothing kept: %v", err)
	}
	for _, secret := range []string{"first", "a second, longer one: äöü"} {
		if err := Set(account, secret); err != nil {
			t.Fatal(err)
		}
		if got, err := Get(account); err != nil || got != secret {
			t.Errorf("%q, %v", got, err)
		}
	}
	for range 2 {
		if err := Delete(account); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Get(account); !errors.Is(err, ErrNone) {
		t.Errorf("forgotten: %v", err)
	}
}

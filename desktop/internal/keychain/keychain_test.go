package keychain

import (
	"errors"
	"testing"
)

// keeps holds the system's keychain to what is said of it.
func keeps(t *testing.T) {
	t.Helper()
	var k System
	if err := k.Usable(); err != nil {
		t.Fatal(err)
	}
	const account = "test https://vault.example.com me@example.com"
	if err := k.Delete(account); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(account); !errors.Is(err, ErrNone) {
		t.Errorf("nothing kept: %v", err)
	}
	for _, secret := range []string{"first", "a second, longer one: äöü"} {
		if err := k.Set(account, secret); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Get(account); err != nil || got != secret {
			t.Errorf("%q, %v", got, err)
		}
	}
	for range 2 {
		if err := k.Delete(account); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Get(account); !errors.Is(err, ErrNone) {
		t.Errorf("forgotten: %v", err)
	}
}

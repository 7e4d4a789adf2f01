// Package keychain keeps one secret for each account in the system's keychain: the
// Credential Manager of Windows, the Keychain of macOS, the Secret Service of Linux.
// It must keep nothing that its owner did not ask for. Invariant: what cannot be
// kept is an error, never a file.
package keychain

import (
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"
)

const service = "Strongroom"

// ErrNone says that nothing is kept for an account.
var ErrNone = errors.New("nothing is kept in the keychain for this account")

// System is this system's keychain.
type System struct{}

// Set keeps a secret, at most about 2.5 KB on Windows. It may wait for a person who
// is asked to open the keychain, as Get may.
func (System) Set(account, secret string) error {
	if err := keyring.Set(service, account, secret); err != nil {
		return fmt.Errorf("the keychain: %w", err)
	}
	return nil
}

// Get reads it.
func (System) Get(account string) (string, error) {
	s, err := keyring.Get(service, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNone
	}
	if err != nil {
		return "", fmt.Errorf("the keychain: %w", err)
	}
	return s, nil
}

// Delete forgets it; one that is not there is forgotten already.
func (System) Delete(account string) error {
	if err := keyring.Delete(service, account); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("the keychain: %w", err)
	}
	return nil
}

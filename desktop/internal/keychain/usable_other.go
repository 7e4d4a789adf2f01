//go:build !linux

package keychain

import "errors"

// Usable says why there is no keychain, if there is none.
func (k System) Usable() error {
	if _, err := k.Get("whether there is a keychain"); err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	return nil
}

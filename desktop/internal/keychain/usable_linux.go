package keychain

import (
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"
)

const secrets = "org.freedesktop.secrets"

// Usable says why there is no keychain, if there is none. It asks nobody for a
// password: whether a Secret Service runs or can be started is what it looks at.
func (System) Usable() error {
	c, err := dbus.ConnectSessionBus()
	if err != nil {
		return fmt.Errorf("the keychain: %w", err)
	}
	defer c.Close() //nolint:errcheck // nothing is waiting for it
	var runs bool
	if err := c.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, secrets).Store(&runs); err != nil || runs {
		return err
	}
	var names []string
	if err := c.BusObject().Call("org.freedesktop.DBus.ListActivatableNames", 0).Store(&names); err != nil {
		return err
	}
	if !slices.Contains(names, secrets) {
		return fmt.Errorf("the keychain: no program on this computer is a Secret Service (%s)", secrets)
	}
	return nil
}

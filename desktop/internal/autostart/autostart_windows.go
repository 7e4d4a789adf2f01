package autostart

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

const run = `Software\Microsoft\Windows\CurrentVersion\Run`

// On has program started, hidden where there is a tray.
func On(program string) error {
	k, _, err := registry.CreateKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // what was written is written
	return k.SetStringValue(name, `"`+program+`" --background`)
}

// Off undoes it.
func Off() error {
	k, err := registry.OpenKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // what was removed is removed
	if err := k.DeleteValue(name); !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return nil
}

// Is reports whether it is on.
func Is() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, run, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer k.Close() //nolint:errcheck // it was read
	_, _, err = k.GetStringValue(name)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

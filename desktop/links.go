package main

import (
	"os"

	"strongroom/desktop/internal/scheme"
)

// register has links opened by this program, or no longer.
func register(on bool) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if on {
		return scheme.Register(exe)
	}
	return scheme.Unregister(exe)
}

// adopt has links opened by this program if no other one is. A start goes on without.
func adopt() {
	if exe, err := os.Executable(); err == nil {
		scheme.Adopt(exe) //nolint:errcheck // `register` says why it cannot be
	}
}

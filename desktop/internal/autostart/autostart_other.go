//go:build !linux && !windows

package autostart

// On is not known here.
func On(string) error { return ErrNotHere }

// Off has nothing to undo.
func Off() error { return nil }

// Is says no.
func Is() (bool, error) { return false, nil }

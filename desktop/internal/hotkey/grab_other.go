//go:build !linux && !windows

package hotkey

// Grab is not known here.
func Grab(Combo, func()) (release func(), err error) { return nil, ErrNotHere }

//go:build !linux && !windows

package autotype

func open() (screen, error) { return nil, ErrNotHere }

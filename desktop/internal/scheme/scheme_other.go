//go:build !windows

package scheme

// Register is not known here.
func Register(string) error { return ErrNotHere }

// Unregister has nothing to undo.
func Unregister(string) error { return ErrNotHere }

// Adopt leaves it to the package.
func Adopt(string) error { return nil }

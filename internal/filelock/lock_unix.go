//go:build !windows

// Package filelock locks files against other processes. It must not know what they
// are locked for. Invariant: a lock ends with the process that holds it.
package filelock

import (
	"os"
	"syscall"
)

// Try takes f's exclusive lock, or reports false where another has it. Closing f gives it up.
func Try(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}

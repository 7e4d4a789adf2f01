//go:build !windows

package store

import (
	"os"
	"syscall"
)

// tryLock takes f's exclusive lock or reports false; the lock ends with the process.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, err
}

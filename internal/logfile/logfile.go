// Package logfile is a log that goes to a file, for where nobody reads standard
// error. It must not know what it is told. Invariant: a line is never split over
// two files, and a file that cannot be rotated goes on growing, so that no line
// is lost.
package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Limits of a log: about 96 MiB in all.
const (
	maxSize = 16 << 20
	keep    = 5
)

// File appends to a file. Its zero value but for Path is ready; the file is
// opened at the first line.
type File struct {
	Path string
	Size int64 // rotated before it grows beyond; 0 for 16 MiB

	mu   sync.Mutex
	f    *os.File
	have int64
}

// Write appends one line, after rotating if the file is full.
func (l *File) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.Size
	if limit == 0 {
		limit = maxSize
	}
	if l.f != nil && l.have+int64(len(line)) > limit && l.have > 0 {
		l.rotate()
	}
	if l.f == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.f.Write(line)
	l.have += int64(n)
	return n, err
}

func (l *File) open() error {
	if err := os.MkdirAll(filepath.Dir(l.Path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(l.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l.f, l.have = f, 0
	if i, err := f.Stat(); err == nil {
		l.have = i.Size()
	}
	return nil
}

// rotate moves PATH.1 to PATH.2 and so on, then PATH to PATH.1. Where one cannot be
// moved, as on Windows while somebody reads it, all stay, and the next line goes
// to the same file.
func (l *File) rotate() {
	l.f.Close()
	l.f = nil
	for n := keep - 1; n >= 0; n-- {
		from := l.Path
		if n > 0 {
			from = l.old(n)
		}
		if err := os.Rename(from, l.old(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}

func (l *File) old(n int) string { return fmt.Sprintf("%s.%d", l.Path, n) }

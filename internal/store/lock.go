package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"strongroom/internal/filelock"
)

// lockFile waits for the exclusive lock on path.
func lockFile(ctx context.Context, path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := filelock.Try(f)
		if ok {
			return func() { f.Close() }, nil
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("waiting for %s: %w", path, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ErrServed means that another server is running on the same SQLite file.
var ErrServed = errors.New("another strongroom is serving this database file; a second node needs MySQL, MariaDB or PostgreSQL")

// Claim marks a SQLite file as served by this process until release is called
// or the process ends; a second claim is ErrServed. Other databases take any
// number of nodes, and Claim does nothing there.
func (s *Store) Claim() (release func(), err error) {
	if s.d.name != "sqlite" {
		return func() {}, nil
	}
	f, err := os.OpenFile(s.src.Path+".serve.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := filelock.Try(f)
	if !ok {
		f.Close()
		if err == nil {
			err = ErrServed
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}

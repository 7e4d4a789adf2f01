package acme

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// A lock ends by itself when its holder is gone; while it is there it moves the
// end on.
const (
	lockLife  = time.Minute
	lockRenew = 15 * time.Second
	lockPoll  = 250 * time.Millisecond
)

// storage keeps what certmagic remembers in the database, sealed, so that nodes
// share certificates, accounts and challenges.
type storage struct {
	store *store.Store
	log   *slog.Logger

	mu   sync.Mutex
	held map[string]held // by name
}

// held is a lock of ours. Each has a holder of its own: two that want the same
// name in one process exclude each other, too.
type held struct {
	holder string
	stop   context.CancelFunc
	done   chan struct{}
}

var _ certmagic.Storage = (*storage)(nil)

func (s *storage) Lock(ctx context.Context, name string) error {
	holder := vault.NewID[string]()
	for {
		ok, err := s.hold(ctx, name, holder)
		if err != nil && !errors.Is(err, store.ErrLockTaken) {
			return err
		}
		if ok {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
	renew, stop := context.WithCancel(context.WithoutCancel(ctx))
	h := held{holder, stop, make(chan struct{})}
	s.mu.Lock()
	s.held[name] = h
	s.mu.Unlock()
	go s.renew(renew, name, h)
	return nil
}

func (s *storage) hold(ctx context.Context, name, holder string) (ok bool, err error) {
	err = s.store.Tx(ctx, func(t *store.Tx) error {
		ok, err = t.HoldACME(ctx, name, holder, t.Now.Add(lockLife))
		return err
	})
	return ok && err == nil, err
}

func (s *storage) renew(ctx context.Context, name string, h held) {
	defer close(h.done)
	tick := time.NewTicker(lockRenew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ok, err := s.hold(ctx, name, h.holder); !ok && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the lock for getting a certificate was lost", "err", err)
		}
	}
}

func (s *storage) Unlock(ctx context.Context, name string) error {
	s.mu.Lock()
	h, ok := s.held[name]
	delete(s.held, name)
	s.mu.Unlock()
	if !ok {
		return errors.New("the lock is not held here")
	}
	h.stop()
	<-h.done
	ctx = context.WithoutCancel(ctx) // what is given back is given back
	return s.store.Tx(ctx, func(t *store.Tx) error { return t.ReleaseACME(ctx, name, h.holder) })
}

func (s *storage) Store(ctx context.Context, name string, value []byte) error {
	return s.store.Tx(ctx, func(t *store.Tx) error { return t.PutACME(ctx, name, value) })
}

func (s *storage) load(ctx context.Context, name string) (f store.ACMEFile, err error) {
	err = s.store.Read(ctx, func(t *store.Tx) error {
		f, err = t.ACME(ctx, name)
		return err
	})
	return f, err
}

func (s *storage) Load(ctx context.Context, name string) ([]byte, error) {
	f, err := s.load(ctx, name)
	return f.Value, err
}

func (s *storage) Delete(ctx context.Context, name string) error {
	return s.store.Tx(ctx, func(t *store.Tx) error { return t.DeleteACME(ctx, name) })
}

func (s *storage) below(ctx context.Context, prefix string) (fs []store.ACMEFile, err error) {
	err = s.store.Read(ctx, func(t *store.Tx) error {
		fs, err = t.ACMEBelow(ctx, prefix)
		return err
	})
	return fs, err
}

func (s *storage) Exists(ctx context.Context, name string) bool {
	_, err := s.Stat(ctx, name)
	return err == nil
}

func (s *storage) List(ctx context.Context, prefix string, recursive bool) (names []string, err error) {
	prefix = strings.Trim(prefix, "/")
	files, err := s.below(ctx, prefix)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fs.ErrNotExist
	}
	seen := map[string]bool{}
	for _, f := range files {
		for at := len(prefix) + 1; ; at++ { // every folder on the way, then the file
			n := strings.IndexByte(f.Name[min(at, len(f.Name)):], '/')
			name := f.Name
			if n >= 0 {
				name = f.Name[:at+n]
			}
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
			if n < 0 || !recursive {
				break
			}
			at += n
		}
	}
	return names, nil
}

func (s *storage) Stat(ctx context.Context, name string) (certmagic.KeyInfo, error) {
	f, err := s.load(ctx, name)
	if err == nil {
		return certmagic.KeyInfo{Key: name, Modified: f.ChangedAt, Size: int64(len(f.Value)), IsTerminal: true}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return certmagic.KeyInfo{}, err
	}
	below, err := s.below(ctx, name)
	if err == nil && len(below) == 0 {
		err = fs.ErrNotExist
	}
	return certmagic.KeyInfo{Key: name}, err
}

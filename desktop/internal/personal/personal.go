// Package personal is the vault of one person on their own machine: a whole node
// on SQLite in a folder that only they can read. It must not listen anywhere: what
// is in front of its handler is the gate's business. Invariant: of one folder one
// vault is open at a time.
package personal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/store"
)

// ErrOpen says that another program has the folder's vault open.
var ErrOpen = errors.New("the personal vault is open in another program")

// Vault is an open vault.
type Vault struct {
	Handler http.Handler

	node    *server.Node
	release func()
	stop    context.CancelFunc
	worked  chan struct{}
}

// Options says where the vault is. Dir is made when it is missing. More adds
// settings, as NAME=value; the machine's environment never counts, for it may be
// meant for a server.
type Options struct {
	Dir, Version string
	More         []string
}

// Open opens the vault of a folder. The first time it makes keys and a database;
// a folder that has lost its keys is an error, and nothing is changed.
func Open(ctx context.Context, o Options) (*Vault, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	env := append([]string{"DATA_DIR=" + o.Dir, "NODE_NAME=desktop", "LOG_FILE=" + filepath.Join(o.Dir, "strongroom.log")}, o.More...)
	load := func() (*config.Config, error) { return config.Load(config.Options{Environ: env}) }
	c, err := load()
	if err != nil {
		return nil, err
	}
	if _, err := c.Prepare(); err != nil {
		return nil, err
	}
	so, err := server.Configure(c, load)
	if err != nil {
		return nil, err
	}
	so.Version = o.Version
	n, err := server.Open(ctx, so)
	if err != nil {
		return nil, err
	}
	v := &Vault{Handler: n.Handler, node: n, worked: make(chan struct{})}
	if v.release, err = n.Store.Claim(); err != nil {
		n.Close()
		if errors.Is(err, store.ErrServed) {
			err = ErrOpen
		}
		return nil, err
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	go func() { defer close(v.worked); n.Work(working) }()
	return v, nil
}

// SetUp is the code that makes the first account; "" once there is one.
func (v *Vault) SetUp(ctx context.Context) (string, error) {
	code, err := v.node.Accounts.SetupCode(ctx)
	if err != nil {
		return "", fmt.Errorf("the setup code: %w", err)
	}
	return code, nil
}

// Close ends what runs and closes the database.
func (v *Vault) Close() error {
	v.stop()
	v.node.Live.Close() // connections of this kind would not end by themselves
	<-v.worked
	defer v.release()
	return v.node.Close()
}

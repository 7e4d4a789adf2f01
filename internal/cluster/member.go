package cluster

import (
	"context"
	"log/slog"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// beatEvery is how often a node says that it is there: several times within
// vault.NodeSilence.
const beatEvery = 15 * time.Second

// writeFor is how long writing may take that somebody relies on: longer than a
// cluster takes to agree on who is gone.
const writeFor = 15 * time.Second

// Member is this node's place in the list of nodes.
type Member struct {
	Store *store.Store
	Node  vault.Node
	Log   *slog.Logger
}

// Beat says that the node is there.
func (m *Member) Beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	return m.Store.Tx(ctx, func(tx *store.Tx) error {
		n := m.Node
		return tx.PutNode(ctx, &n)
	})
}

// Run beats until ctx ends, then takes the node off the list.
func (m *Member) Run(ctx context.Context) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		if err := m.Beat(ctx); err != nil && ctx.Err() == nil {
			m.Log.WarnContext(ctx, "saying that this node is there", "err", err)
		}
		select {
		case <-ctx.Done():
			m.leave(context.WithoutCancel(ctx))
			return
		case <-t.C:
		}
	}
}

func (m *Member) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	if err := m.Store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteNode(ctx, m.Node.ID) }); err != nil {
		m.Log.WarnContext(ctx, "taking this node off the list", "err", err)
	}
}

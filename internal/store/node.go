package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"strongroom/internal/vault"
)

type nodeRow struct {
	Name    string `json:"n"`
	Version string `json:"v"`
	Commit  string `json:"c,omitempty"`
	System  string `json:"s,omitempty"`
}

// PutNode notes that n is alive now; the first time it adds it.
func (t *Tx) PutNode(ctx context.Context, n *vault.Node) error {
	n.SeenAt = t.Now
	hit, err := t.exec(ctx, `UPDATE nodes SET seen_at = ? WHERE id = ?`, micros(n.SeenAt), n.ID)
	if err != nil || hit > 0 {
		return err
	}
	n.StartedAt = t.Now
	sealed, err := t.sealRow(ctx, instance, "nodes", string(n.ID), nodeRow{n.Name, n.Version, n.Commit, n.System})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO nodes (id, started_at, seen_at, sealed) VALUES (?, ?, ?, ?)`, n.ID, micros(n.StartedAt), micros(n.SeenAt), sealed)
	return err
}

// maxNodes is how many nodes Nodes lists.
const maxNodes = 500

// Nodes lists the nodes that were seen lately, the longest running first.
func (t *Tx) Nodes(ctx context.Context) (ns []*vault.Node, err error) {
	k, err := t.key(ctx, instance)
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, `SELECT id, started_at, seen_at, sealed FROM nodes ORDER BY started_at, id LIMIT ?`, []any{maxNodes}, func(rows *sql.Rows) error {
		var n vault.Node
		var started, seen int64
		var sealed string
		if err := rows.Scan(&n.ID, &started, &seen, &sealed); err != nil {
			return err
		}
		plain, err := open(k, "nodes", string(n.ID), sealed)
		if err != nil {
			return err
		}
		var r nodeRow
		err = json.Unmarshal(plain, &r)
		n.Name, n.Version, n.Commit, n.System, n.StartedAt, n.SeenAt = r.Name, r.Version, r.Commit, r.System, clock(started), clock(seen)
		ns = append(ns, &n)
		return err
	})
	return ns, err
}

// DeleteNode removes a node that stops.
func (t *Tx) DeleteNode(ctx context.Context, id vault.NodeID) error {
	_, err := t.exec(ctx, `DELETE FROM nodes WHERE id = ?`, id)
	return err
}

// DropSilentNodes removes nodes that said nothing since a time, and says how many.
func (t *Tx) DropSilentNodes(ctx context.Context, since time.Time) (int64, error) {
	return t.exec(ctx, `DELETE FROM nodes WHERE seen_at < ?`, micros(since))
}

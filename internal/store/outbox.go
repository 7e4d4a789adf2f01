package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"strongroom/internal/vault"
)

// outboxLife is how long a notice is kept: a node that did not read it by then
// was not there to tell anybody.
const outboxLife = 10 * time.Minute

type noticeRow struct {
	Kind    vault.NoticeKind `json:"k"`
	User    vault.UserID     `json:"u"`
	Subject string           `json:"s,omitempty"`
	At      int64            `json:"t,omitempty"`
	Device  string           `json:"d,omitempty"`
}

// Changed gives notice of a change by this transaction: what is rolled back is
// never told. This node hears of it at the commit, others read it in the outbox.
func (t *Tx) Changed(ctx context.Context, n vault.Notice) error {
	if n.ID = vault.NewRowID[string](); n.At.IsZero() {
		n.At = t.Now
	}
	t.notices = append(t.notices, n)
	if t.s.d.oneWriter {
		return nil // there is no other node
	}
	sealed, err := t.sealRow(ctx, instance, "outbox", n.ID, noticeRow{n.Kind, n.User, n.Subject, micros(n.At), n.Device})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO outbox (id, at, sealed) VALUES (?, ?, ?)`, n.ID, micros(t.Now), sealed)
	return err
}

// Outbox lists the notices from since on that skip does not have, oldest first,
// limit at most. Commits do not come in the order of their times: read a little
// back and skip what is known.
func (t *Tx) Outbox(ctx context.Context, since time.Time, skip func(id string) bool, limit int) (ns []vault.Notice, err error) {
	k, err := t.key(ctx, instance)
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, `SELECT id, sealed FROM outbox WHERE at >= ? ORDER BY at, id`, []any{micros(since)}, func(rows *sql.Rows) error {
		var id, sealed string
		if err := rows.Scan(&id, &sealed); err != nil || skip(id) || len(ns) >= limit {
			return err
		}
		plain, err := open(k, "outbox", id, sealed)
		if err != nil {
			return err
		}
		var r noticeRow
		err = json.Unmarshal(plain, &r)
		ns = append(ns, vault.Notice{ID: id, Kind: r.Kind, User: r.User, Subject: r.Subject, At: clock(r.At), Device: r.Device})
		return err
	})
	return ns, err
}

// ClearOutbox removes notices from before a time.
func (t *Tx) ClearOutbox(ctx context.Context, before time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM outbox WHERE at < ?`, micros(before))
	return err
}

// Shared reports whether other nodes may use the same database at the same time.
func (s *Store) Shared() bool { return !s.d.oneWriter }

package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"strongroom/internal/vault"
)

type eventRow struct {
	Actor   vault.UserID `json:"by,omitempty"`
	Subject string       `json:"of,omitempty"`
	Door    vault.Door   `json:"door,omitempty"`
	Address string       `json:"from,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

// Record writes one line of the audit log in this transaction: what is rolled
// back was never there.
func (t *Tx) Record(ctx context.Context, e vault.Event) error {
	plain, err := json.Marshal(eventRow{e.Actor, e.Subject, e.Door, e.Address, e.Detail})
	if err != nil {
		return err
	}
	id := vault.NewID[string]()
	sealed, err := t.seal(ctx, instance, "events", id, plain)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO events (id, at, kind, user_id, sealed) VALUES (?, ?, ?, ?, ?)`, id, micros(t.Now), e.Kind, null(e.User), sealed)
	return err
}

// Events lists what is written down about a person, newest first, limit at most.
func (t *Tx) Events(ctx context.Context, u vault.UserID, limit int) (es []vault.Event, err error) {
	k, err := t.key(ctx, instance)
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, `SELECT id, at, kind, sealed FROM events WHERE user_id = ? ORDER BY at DESC, id LIMIT ?`, []any{u, limit}, func(rows *sql.Rows) error {
		var id, sealed string
		var at int64
		e := vault.Event{User: u}
		if err := rows.Scan(&id, &at, &e.Kind, &sealed); err != nil {
			return err
		}
		plain, err := open(k, "events", id, sealed)
		if err != nil {
			return err
		}
		var r eventRow
		err = json.Unmarshal(plain, &r)
		e.At, e.Actor, e.Subject, e.Door, e.Address, e.Detail = clock(at), r.Actor, r.Subject, r.Door, r.Address, r.Detail
		es = append(es, e)
		return err
	})
	return es, err
}

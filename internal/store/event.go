package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// eventRow is what of a line is sealed. Kind, At and User stand there again, so that
// the columns beside it cannot be changed before the chain reaches them.
type eventRow struct {
	Actor   vault.UserID    `json:"by,omitempty"`
	Subject string          `json:"of,omitempty"`
	Door    vault.Door      `json:"door,omitempty"`
	Address string          `json:"from,omitempty"`
	Device  string          `json:"dev,omitempty"`
	Detail  string          `json:"detail,omitempty"`
	Kind    vault.EventKind `json:"k,omitempty"`
	At      int64           `json:"t,omitempty"`
	User    vault.UserID    `json:"u,omitempty"`
}

// Record writes one line of the audit log in this transaction: what is rolled
// back was never there. The row is written as the last thing before the commit, with
// those of others who are committed together.
func (t *Tx) Record(ctx context.Context, e vault.Event) error {
	return t.RecordAll(ctx, []vault.Event{e})
}

// recordRows is how many lines go into one statement.
const recordRows = 50

// RecordAll writes several lines at once.
func (t *Tx) RecordAll(ctx context.Context, es []vault.Event) error {
	if t.s.silent {
		return nil
	}
	k, err := t.key(ctx, instance)
	if err != nil {
		return err
	}
	for _, e := range es {
		id, at := vault.NewRowID[string](), micros(t.Now)
		plain, err := json.Marshal(eventRow{e.Actor, e.Subject, e.Door, e.Address, e.Device, e.Detail, e.Kind, at, e.User})
		if err != nil {
			return err
		}
		t.recorded = append(t.recorded, [5]any{id, at, e.Kind, null(e.User), k.Seal(place("events", id), plain, t.Now)})
	}
	return nil
}

// writeRecorded writes the lines that were recorded. Somebody whose account was
// deleted meanwhile is no longer named by the column, as of older lines.
func (t *Tx) writeRecorded(ctx context.Context) error {
	const row = `(?, ?, ?, (SELECT id FROM users WHERE id = ?), ?)`
	for rows := range slices.Chunk(t.recorded, recordRows) {
		args := make([]any, 0, 5*len(rows))
		for _, r := range rows {
			args = append(args, r[:]...)
		}
		if _, err := t.exec(ctx, `INSERT INTO events (id, at, kind, user_id, sealed) VALUES `+strings.Repeat(row+`, `, len(rows)-1)+row, args...); err != nil {
			return err
		}
	}
	return nil
}

// Events lists lines of the audit log, newest first.
func (t *Tx) Events(ctx context.Context, f vault.EventFilter) (es []vault.Event, err error) {
	q, args := eventQuery(f)
	err = t.newest(ctx, q, args, f.Limit, func(e vault.Event) { es = append(es, e) })
	if err != nil || len(es) > 0 || f.User == "" {
		return es, err
	}
	var there int // of who is gone no line says so in a column
	if err := t.row(ctx, `SELECT COUNT(*) FROM users WHERE id = ?`, f.User).Scan(&there); err != nil || there > 0 {
		return nil, err
	}
	return t.eventsOfGone(ctx, f)
}

func (t *Tx) newest(ctx context.Context, q string, args []any, limit int, use func(vault.Event)) error {
	return t.events(ctx, q+` ORDER BY at DESC, id DESC LIMIT ?`, append(args, limit), func(e vault.Event) error { use(e); return nil })
}

// gonePage is how many lines are looked through at once for a person who is gone.
const gonePage = 1000

// eventsOfGone lists lines of a deleted account. The column that named it went with
// it, so that lines of nobody are opened one by one: slower, and for auditors only.
func (t *Tx) eventsOfGone(ctx context.Context, f vault.EventFilter) (es []vault.Event, err error) {
	user := f.User
	f.User = ""
	for {
		q, args := eventQuery(f, `user_id IS NULL`)
		seen := 0
		err := t.newest(ctx, q, args, gonePage, func(e vault.Event) {
			seen++
			f.After = vault.Cursor{At: e.At, ID: e.ID}
			if e.User == user && len(es) < f.Limit {
				es = append(es, e)
			}
		})
		if err != nil || seen < gonePage || len(es) == f.Limit {
			return es, err
		}
	}
}

// CountEvents counts the lines of one kind.
func (t *Tx) CountEvents(ctx context.Context, k vault.EventKind) (n int, err error) {
	err = t.row(ctx, `SELECT COUNT(*) FROM events WHERE kind = ?`, k).Scan(&n)
	return n, err
}

// ChainedEvents hands the lines after a place in the chain to use, in its order,
// limit at most.
func (t *Tx) ChainedEvents(ctx context.Context, after int64, limit int, use func(vault.Event) error) error {
	return t.events(ctx, eventColumns+` WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, limit}, use)
}

const eventColumns = `SELECT id, at, kind, user_id, sealed, seq FROM events`

func eventQuery(f vault.EventFilter, where ...string) (q string, args []any) {
	add := func(cond string, vals ...any) { where, args = append(where, cond), append(args, vals...) }
	if f.User != "" {
		add(`user_id = ?`, f.User)
	}
	if len(f.Kinds) > 0 {
		vals := make([]any, len(f.Kinds))
		for n, k := range f.Kinds {
			vals[n] = k
		}
		add(`kind IN (?`+strings.Repeat(`, ?`, len(vals)-1)+`)`, vals...)
	}
	if !f.From.IsZero() {
		add(`at >= ?`, micros(f.From))
	}
	if !f.Until.IsZero() {
		add(`at < ?`, micros(f.Until))
	}
	if c := f.After; c.ID != "" {
		add(`(at < ? OR at = ? AND id < ?)`, micros(c.At), micros(c.At), c.ID)
	}
	if len(where) == 0 {
		return eventColumns, args
	}
	return eventColumns + ` WHERE ` + strings.Join(where, ` AND `), args
}

func (t *Tx) events(ctx context.Context, q string, args []any, use func(vault.Event) error) error {
	k, err := t.key(ctx, instance)
	if err != nil {
		return err
	}
	return t.each(ctx, q, args, func(rows *sql.Rows) error {
		var sealed string
		var user sql.NullString
		var seq sql.NullInt64
		var at int64
		var e vault.Event
		if err := rows.Scan(&e.ID, &at, &e.Kind, &user, &sealed, &seq); err != nil {
			return err
		}
		plain, err := open(k, "events", e.ID, sealed)
		if err != nil {
			return err
		}
		var r eventRow
		if err := json.Unmarshal(plain, &r); err != nil {
			return err
		}
		e.User = r.User
		if e.User == "" { // from before lines said so themselves
			e.User = vault.UserID(user.String)
		}
		e.At, e.Seq, e.Actor, e.Subject, e.Door, e.Address, e.Device, e.Detail = clock(at), seq.Int64, r.Actor, r.Subject, r.Door, r.Address, r.Device, r.Detail
		return use(e)
	})
}

// Stream is how far lines were delivered elsewhere, and when to try again.
type Stream struct {
	Seq, Fails int64
	NextAt     time.Time
}

// Stream returns a stream's state; one that is new begins at the end of the chain.
func (t *Tx) Stream(ctx context.Context, name string) (x Stream, err error) {
	var next int64
	err = t.row(ctx, `SELECT seq, fails, next_at FROM streams WHERE name = ?`, name).Scan(&x.Seq, &x.Fails, &next)
	if err == nil {
		x.NextAt = clock(next)
		return x, nil
	}
	if err != sql.ErrNoRows { //nolint:errorlint // Scan returns it bare
		return x, err
	}
	h, err := t.head(ctx, "")
	if err != nil {
		return x, err
	}
	x.Seq = h.Seq
	_, err = t.exec(ctx, `INSERT INTO streams (name, seq, fails, next_at) VALUES (?, ?, 0, 0)`, name, x.Seq)
	return x, err
}

// PutStream writes a stream's state.
func (t *Tx) PutStream(ctx context.Context, name string, x Stream) error {
	_, err := t.exec(ctx, `UPDATE streams SET seq = ?, fails = ?, next_at = ? WHERE name = ?`, x.Seq, x.Fails, micros(x.NextAt), name)
	return err
}

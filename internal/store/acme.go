package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"time"
)

// ACMEFile is one of the things that getting certificates needs to remember: keys,
// certificates, accounts and answers to challenges, under names like paths.
type ACMEFile struct {
	Name      string
	Value     []byte
	ChangedAt time.Time
}

type acmeRow struct {
	Name  string `json:"n"`
	Value []byte `json:"v"`
}

func (t *Tx) acmeIndex(name string) string { return t.s.keys.index.Of("acme", name) }

// PutACME keeps a value under a name, in place of what was there.
func (t *Tx) PutACME(ctx context.Context, name string, value []byte) error {
	id := t.acmeIndex(name)
	sealed, err := t.sealRow(ctx, instance, "acme", id, acmeRow{name, value})
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `UPDATE acme SET changed_at = ?, sealed = ? WHERE id = ?`, micros(t.Now), sealed, id)
	if err != nil || n > 0 {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO acme (id, changed_at, sealed) VALUES (?, ?, ?)`, id, micros(t.Now), sealed)
	return err
}

// ACME returns what is kept under a name; nothing is fs.ErrNotExist.
func (t *Tx) ACME(ctx context.Context, name string) (f ACMEFile, err error) {
	var sealed string
	var at int64
	id := t.acmeIndex(name)
	err = t.row(ctx, `SELECT changed_at, sealed FROM acme WHERE id = ?`, id).Scan(&at, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return f, fs.ErrNotExist
	}
	if err != nil {
		return f, err
	}
	return t.acmeFile(ctx, id, sealed, at)
}

func (t *Tx) acmeFile(ctx context.Context, id, sealed string, at int64) (f ACMEFile, err error) {
	var r acmeRow
	err = t.openRow(ctx, instance, "acme", id, sealed, &r)
	return ACMEFile{r.Name, r.Value, clock(at)}, err
}

// ACMEBelow lists what is kept under names that begin with prefix and a slash; of
// "" it is everything. There are a few for each name of a server, so all are read.
func (t *Tx) ACMEBelow(ctx context.Context, prefix string) (found []ACMEFile, err error) {
	type row struct {
		id, sealed string
		at         int64
	}
	var all []row
	err = t.each(ctx, `SELECT id, changed_at, sealed FROM acme ORDER BY id`, nil, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.id, &r.at, &r.sealed)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		f, err := t.acmeFile(ctx, r.id, r.sealed, r.at)
		if err != nil {
			return nil, err
		}
		if prefix == "" || strings.HasPrefix(f.Name, prefix+"/") {
			found = append(found, f)
		}
	}
	return found, nil
}

// DeleteACME removes what is kept under a name, and below it.
func (t *Tx) DeleteACME(ctx context.Context, name string) error {
	below, err := t.ACMEBelow(ctx, name)
	if err != nil {
		return err
	}
	for _, f := range append(below, ACMEFile{Name: name}) {
		if _, err := t.exec(ctx, `DELETE FROM acme WHERE id = ?`, t.acmeIndex(f.Name)); err != nil {
			return err
		}
	}
	return nil
}

// HoldACME takes a lock for holder until a time, or moves the end of one that it
// has; false says that somebody else holds it. A lock whose end has come is free.
func (t *Tx) HoldACME(ctx context.Context, name, holder string, until time.Time) (bool, error) {
	id, now := t.acmeIndex(name), micros(t.Now)
	n, err := t.exec(ctx, `UPDATE acme_locks SET node_id = ?, lease_until = ? WHERE id = ? AND (node_id = ? OR lease_until <= ?)`,
		holder, micros(until), id, holder, now)
	if err != nil || n > 0 {
		return n > 0, err
	}
	var other string
	err = t.row(ctx, `SELECT node_id FROM acme_locks WHERE id = ?`, id).Scan(&other)
	if !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	_, err = t.exec(ctx, `INSERT INTO acme_locks (id, node_id, lease_until) VALUES (?, ?, ?)`, id, holder, micros(until))
	if err != nil && t.s.d.unique(err) {
		return false, ErrLockTaken
	}
	return err == nil, err
}

// ErrLockTaken means that somebody took a lock in the same moment: the transaction
// is void, and asking again tells who has it.
var ErrLockTaken = errors.New("the lock was taken in the same moment")

// ReleaseACME gives a lock back that holder has.
func (t *Tx) ReleaseACME(ctx context.Context, name, holder string) error {
	_, err := t.exec(ctx, `DELETE FROM acme_locks WHERE id = ? AND node_id = ?`, t.acmeIndex(name), holder)
	return err
}

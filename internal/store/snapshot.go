package store

import (
	"context"
	"database/sql"
	"strings"

	"strongroom/internal/seal"
)

// Value is one cell. Which member counts, its column's kind says.
type Value struct {
	Null bool
	Int  int64
	Text string
}

// Snapshot is the whole database as it was at one instant, sealed as it lies.
type Snapshot struct {
	Version int64
	Tables  []Table
	t       *Tx
}

// Snapshot runs fn once on one snapshot, however long that takes; writers go on
// meanwhile. What fn did before an error is fn's to undo.
func (s *Store) Snapshot(ctx context.Context, fn func(*Snapshot) error) error {
	_, err := s.once(ctx, s.read, s.d.read, func(t *Tx) error {
		if s.d.patience != "" {
			if _, err := t.exec(ctx, s.d.patience); err != nil {
				return err
			}
		}
		snap := &Snapshot{t: t}
		err := t.row(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versionTable).Scan(&snap.Version)
		if err != nil {
			return err
		}
		if snap.Tables, err = Schema(ctx, snap.Version); err != nil {
			return err
		}
		return fn(snap)
	})
	return s.classify(err)
}

// Count is how many rows all tables have.
func (s *Snapshot) Count(ctx context.Context) (total int64, err error) {
	for _, table := range s.Tables {
		var n int64
		if err := s.t.row(ctx, `SELECT COUNT(*) FROM `+table.Name).Scan(&n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// Rows hands every row of a table to use, which must not keep it.
func (s *Snapshot) Rows(ctx context.Context, table Table, use func([]Value) error) error {
	row := make([]Value, len(table.Columns))
	ints, texts := make([]sql.NullInt64, len(row)), make([]sql.NullString, len(row))
	dest := make([]any, len(row))
	for n, c := range table.Columns {
		if c.Kind == Integer {
			dest[n] = &ints[n]
		} else {
			dest[n] = &texts[n]
		}
	}
	return s.t.each(ctx, `SELECT `+table.columns()+` FROM `+table.Name, nil, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for n, c := range table.Columns {
			if c.Kind == Integer {
				row[n] = Value{Null: !ints[n].Valid, Int: ints[n].Int64}
			} else {
				row[n] = Value{Null: !texts[n].Valid, Text: texts[n].String}
			}
		}
		return use(row)
	})
}

// File is a file that a row names.
type File struct {
	ID   string
	Size int64
}

// Files hands every file that has arrived to use: those at items and those of Sends.
func (s *Snapshot) Files(ctx context.Context, use func(File) error) error {
	for _, q := range []string{`SELECT id, size FROM attachments WHERE state = 1 ORDER BY id`, `SELECT id, size FROM sends WHERE type = 1 AND state = 1 ORDER BY id`} {
		err := s.t.each(ctx, q, nil, func(rows *sql.Rows) error {
			var f File
			if err := rows.Scan(&f.ID, &f.Size); err != nil {
				return err
			}
			return use(f)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t Table) columns() string {
	names := make([]string, len(t.Columns))
	for n, c := range t.Columns {
		names[n] = c.Name
	}
	return strings.Join(names, ", ")
}

// Column is where a column of this name stands, -1 for nowhere.
func (t Table) Column(name string) int {
	for n, c := range t.Columns {
		if c.Name == name {
			return n
		}
	}
	return -1
}

// CheckWrapped opens what row seals under FERNET_KEY, if it is one of data_keys:
// seal.ErrNoKey and seal.ErrToken say that keys are not those of the backup.
func (t Table) CheckWrapped(keys seal.Keys, row []Value) error {
	if t.Name != "data_keys" {
		return nil
	}
	_, err := keys.Unwrap(row[t.Column("owner_id")].Text, row[t.Column("token")].Text, row[t.Column("key_id")].Text)
	return err
}

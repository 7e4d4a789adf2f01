package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotEmpty means that a restore would write over something.
var ErrNotEmpty = errors.New("the database is not empty: restore into a new one; nothing was changed")

// errUnfinished is what a server is told of a database whose restore was cut off.
var errUnfinished = errors.New("a restore into this database was cut off before its end: run it again, it starts over")

// unfinished marks, as a setting, a database that is being restored into. Its
// value is the schema's version.
const unfinished = "restoring"

// Blank is an empty database that is being filled. Until Done no server opens it.
type Blank struct{ s *Store }

// OpenBlank brings an empty database to the schema of version, as src, who must
// be allowed to. What a cut-off restore left is removed first; anything else in
// it is ErrNotEmpty. Before the first change ready is asked, who may refuse;
// resumed says that a restore was cut off here.
func OpenBlank(ctx context.Context, src Source, version int64, ready func(resumed bool) error) (*Blank, error) {
	s, err := connect(src)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.now = time.Now
	b := &Blank{s: s}
	if err := b.prepare(ctx, version, ready); err != nil {
		s.Close()
		return nil, err
	}
	return b, nil
}

func (b *Blank) prepare(ctx context.Context, version int64, ready func(bool) error) error {
	left, err := b.s.leftovers(ctx)
	if err != nil {
		return err
	}
	if err := ready(left > 0); err != nil {
		return err
	}
	if left > 0 {
		if err := b.s.drop(ctx, left); err != nil {
			return fmt.Errorf("removing what a restore left: %w", err)
		}
	}
	p, err := b.s.provider()
	if err != nil {
		return err
	}
	// The mark stands in one of the first tables: a cut while the others are made leaves it, too.
	if _, err := p.UpTo(ctx, 1); err != nil {
		return fmt.Errorf("making the first tables: %w", err)
	}
	if _, err = b.s.write.ExecContext(ctx, b.s.d.rebind(`INSERT INTO settings (name, value) VALUES (?, ?)`), unfinished, strconv.FormatInt(version, 10)); err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	return nil
}

// leftovers is the version whose tables a cut-off restore left, 0 where there are
// none. Tables without a single row are such, too: a server's first start makes some.
func (s *Store) leftovers(ctx context.Context) (int64, error) {
	v, err := s.cutOff(ctx)
	if err != nil || v > 0 {
		return v, err
	}
	newest, err := NewestSchema()
	if err != nil {
		return 0, err
	}
	tables, err := Schema(ctx, newest)
	if err != nil {
		return 0, err
	}
	for _, t := range append(tables, Table{Name: versionTable}) {
		there, err := s.hasTable(ctx, t.Name)
		if err != nil {
			return 0, err
		}
		if !there {
			continue
		}
		if v = newest; t.Name == versionTable {
			continue
		}
		var one int
		if err := s.read.QueryRowContext(ctx, `SELECT 1 FROM `+t.Name+` LIMIT 1`).Scan(&one); !errors.Is(err, sql.ErrNoRows) {
			return 0, orElse(err, ErrNotEmpty)
		}
	}
	return v, nil
}

// cutOff is the version of the schema that a restore was cut off in, 0 for none.
func (s *Store) cutOff(ctx context.Context) (int64, error) {
	if there, err := s.hasTable(ctx, "settings"); err != nil {
		return 0, fmt.Errorf("connecting to the database: %w", err)
	} else if !there {
		return 0, nil
	}
	var v string
	err := s.read.QueryRowContext(ctx, s.d.rebind(`SELECT value FROM settings WHERE name = ?`), unfinished).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

func (s *Store) drop(ctx context.Context, version int64) error {
	tables, err := Schema(ctx, version)
	if err != nil {
		return err
	}
	slices.Reverse(tables)
	// The mark stands in settings, which nothing refers to: it goes last, so that
	// a cut here leaves a marked database, too.
	for _, last := range []string{versionTable, "settings"} {
		tables = append(slices.DeleteFunc(tables, func(t Table) bool { return t.Name == last }), Table{Name: last})
	}
	for _, t := range tables {
		if there, err := s.hasTable(ctx, t.Name); err != nil {
			return err
		} else if !there {
			continue
		}
		if _, err := s.write.ExecContext(ctx, `DROP TABLE `+t.Name); err != nil {
			return err
		}
	}
	return nil
}

// A statement carries so many values and bytes at most: databases have limits
// near 32,000 values and 16 MB.
const (
	maxValues    = 2000
	maxStatement = 1 << 20
)

// Fill adds rows of a table, all in one transaction. Tables come in the order of Schema.
func (b *Blank) Fill(ctx context.Context, t Table, rows [][]Value) error {
	return b.s.run(ctx, b.s.write, nil, func(tx *Tx) error {
		for rest := rows; len(rest) > 0; {
			n, bytes := 0, 0
			for n < len(rest) && (n == 0 || (n+1)*len(t.Columns) <= maxValues && bytes < maxStatement) {
				for _, v := range rest[n] {
					bytes += len(v.Text)
				}
				n++
			}
			if err := tx.fill(ctx, t, rest[:n]); err != nil {
				return fmt.Errorf("filling %s: %w", t.Name, err)
			}
			rest = rest[n:]
		}
		return nil
	})
}

func (t *Tx) fill(ctx context.Context, table Table, rows [][]Value) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(table.Columns)), ", ") + ")"
	args := make([]any, 0, len(rows)*len(table.Columns))
	for _, row := range rows {
		for n, v := range row {
			switch {
			case v.Null:
				args = append(args, nil)
			case table.Columns[n].Kind == Integer:
				args = append(args, v.Int)
			default:
				args = append(args, v.Text)
			}
		}
	}
	q := `INSERT INTO ` + table.Name + ` (` + table.columns() + `) VALUES ` + one + strings.Repeat(", "+one, len(rows)-1)
	_, err := t.exec(ctx, q, args...)
	return err
}

// Done takes the mark away: from now on a server may open the database.
func (b *Blank) Done(ctx context.Context) error {
	_, err := b.s.write.ExecContext(ctx, b.s.d.rebind(`DELETE FROM settings WHERE name = ?`), unfinished)
	return err
}

// Close ends all connections.
func (b *Blank) Close() error { return b.s.Close() }

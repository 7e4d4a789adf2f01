package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Kind is how a column's values travel from one database to another.
type Kind string

// The kinds there are. Migrations use no other types.
const (
	Integer Kind = "integer"
	Text    Kind = "text"
)

// Column is one column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is what a backup knows of a table.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Schema describes every table that the migrations up to version make, those
// that others refer to first. It is read from a scratch database that these
// migrations were run in, so a new table is in it without anybody listing it.
func Schema(ctx context.Context, version int64) ([]Table, error) {
	if known, ok := schemas.Load(version); ok {
		return slices.Clone(known.([]Table)), nil
	}
	tables, err := readSchema(ctx, version)
	if err == nil {
		schemas.Store(version, slices.Clone(tables))
	}
	return tables, err
}

// schemas are those that were read, by version: migrations do not change.
var schemas sync.Map

func readSchema(ctx context.Context, version int64) ([]Table, error) {
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // another connection would be another database
	s := &Store{write: db, read: db, d: &sqliteDialect}
	defer s.Close()
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return nil, fmt.Errorf("the schema of version %d: %w", version, err)
	}
	return describe(ctx, db)
}

func describe(ctx context.Context, db *sql.DB) ([]Table, error) {
	tables, parents := map[string]*Table{}, map[string][]string{}
	err := eachPair(ctx, db, `SELECT m.name, p.name || ' ' || p.type FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '`+versionTable+`' ORDER BY m.name, p.cid`, func(table, column string) error {
		name, typ, _ := strings.Cut(column, " ")
		k, err := kindOf(typ)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", table, name, err)
		}
		if tables[table] == nil {
			tables[table] = &Table{Name: table}
		}
		tables[table].Columns = append(tables[table].Columns, Column{name, k})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachPair(ctx, db, `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`, func(child, parent string) error {
		parents[child] = append(parents[child], parent)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return inOrder(tables, parents)
}

// kindOf reads a type as migrations spell it.
func kindOf(typ string) (Kind, error) {
	switch typ = strings.ToUpper(typ); {
	case strings.Contains(typ, "INT"):
		return Integer, nil
	case strings.Contains(typ, "CHAR"), strings.Contains(typ, "TEXT"):
		return Text, nil
	}
	return "", fmt.Errorf("a backup cannot carry the type %q; use SMALLINT, BIGINT, VARCHAR or {{text}}, or teach Kind another", typ)
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables map[string]*Table, parents map[string][]string) (sorted []Table, err error) {
	for len(tables) > 0 {
		var free []string
		for name := range tables {
			if !slices.ContainsFunc(parents[name], func(p string) bool { return tables[p] != nil }) {
				free = append(free, name)
			}
		}
		if len(free) == 0 {
			return nil, fmt.Errorf("tables refer to each other or to themselves (one of them is %s): no order fills them", anyKey(tables))
		}
		slices.Sort(free)
		for _, name := range free {
			sorted = append(sorted, *tables[name])
			delete(tables, name)
		}
	}
	return sorted, nil
}

func anyKey(m map[string]*Table) (least string) {
	for k := range m {
		if least == "" || k < least {
			least = k
		}
	}
	return least
}

func eachPair(ctx context.Context, db *sql.DB, q string, use func(a, b string) error) error {
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		if err := use(a, b); err != nil {
			return err
		}
	}
	return rows.Err()
}

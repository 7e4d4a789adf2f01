package store_test

import (
	"slices"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// TestSchemaIsWhatMigrationsMake: a backup knows every table and column of each
// database, in an order in which they can be filled.
func TestSchemaIsWhatMigrationsMake(t *testing.T) {
	newest, err := store.NewestSchema()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := store.Schema(t.Context(), newest)
	if err != nil {
		t.Fatal(err) // a new table that a backup cannot carry: the error says why
	}
	var described []string
	for _, table := range tables {
		for _, c := range table.Columns {
			described = append(described, table.Name+"."+c.Name)
		}
	}
	slices.Sort(described)
	catalogue := map[string]string{
		"sqlite":   `SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
		"mysql":    `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()`,
		"postgres": `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`,
	}
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			src := testdb.New(t, kind)
			keys, err := seal.ParseKeys(seal.GenerateKey())
			if err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), store.Options{Source: src, Keys: keys, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			db := testdb.DB(t, src)
			defer db.Close()
			rows, err := db.QueryContext(t.Context(), catalogue[kind])
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var there []string
			for rows.Next() {
				var table, column string
				if err := rows.Scan(&table, &column); err != nil {
					t.Fatal(err)
				}
				if table != "schema_version" {
					there = append(there, table+"."+column)
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if slices.Sort(there); !slices.Equal(there, described) || len(there) < 50 {
				t.Errorf("the database has\n%v, described are\n%v", there, described)
			}
		})
	}
}

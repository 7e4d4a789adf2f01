package backup

import (
	"bytes"
	"context"
	"encoding/hex"
	"testing"
	"time"

	"strongroom/internal/store"
)

// FuzzRead: whatever stands behind the encryption, reading it ends with an error
// or a summary, and what is given out belongs to the tables of its schema.
func FuzzRead(f *testing.F) {
	newest, err := store.NewestSchema()
	if err != nil {
		f.Fatal(err)
	}
	tables, err := store.Schema(f.Context(), newest)
	if err != nil {
		f.Fatal(err)
	}
	tables = tables[:3] // short inputs are shrunk quickly
	schemaOf = func(context.Context, int64) ([]store.Table, error) { return tables, nil }
	f.Cleanup(func() { schemaOf = store.Schema })
	var b bytes.Buffer
	e := newEncoder(&b)
	z := trailer{Tables: map[string]int64{}, Files: 1, Bytes: 3}
	try := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	try(e.json(kindHeader, header{Format: format, Made: time.Unix(1, 0).UTC(), Version: "fuzz", Schema: newest}))
	for _, t := range tables {
		try(e.json(kindTable, t))
		row := make([]store.Value, len(t.Columns))
		for n, c := range t.Columns {
			row[n] = store.Value{Null: n%3 == 2, Int: int64(n) - 1, Text: c.Name}
		}
		try(e.row(t, row))
		z.Tables[t.Name] = 1
	}
	try(e.json(kindFile, file{ID: "00000000-0000-0000-0000-000000000000", Size: 3}))
	_, err = e.Write([]byte("abc"))
	try(err)
	z.Digest = hex.EncodeToString(e.sum())
	try(e.json(kindTrailer, z))
	whole := b.Bytes()
	if sum, err := readPlain(f.Context(), bytes.NewReader(whole), nil, sink{}, nil); err != nil || sum.Rows != int64(len(tables)) || sum.Bytes != 3 {
		f.Fatal(sum, err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		given := map[string]int64{}
		sum, err := readPlain(t.Context(), bytes.NewReader(b), nil, sink{row: func(table store.Table, row []store.Value) error {
			if len(row) != len(table.Columns) {
				t.Errorf("a row of %s has %d values", table.Name, len(row))
			}
			given[table.Name]++
			return nil
		}}, nil)
		if err != nil {
			return
		}
		for name, n := range sum.Tables {
			if given[name] != n {
				t.Errorf("%s: %d rows were given, %d were counted", name, given[name], n)
			}
		}
	})
}

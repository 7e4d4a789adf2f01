package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// sealRow seals what a row keeps in JSON under its owner's key.
func (t *Tx) sealRow(ctx context.Context, owner, table, id string, row any) (string, error) {
	plain, err := json.Marshal(row)
	if err != nil {
		return "", err
	}
	return t.seal(ctx, owner, table, id, plain)
}

// openRow opens what sealRow sealed. An error names the row.
func (t *Tx) openRow(ctx context.Context, owner, table, id, sealed string, row any) error {
	plain, err := t.unseal(ctx, owner, table, id, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, row); err != nil {
		return fmt.Errorf("%s %s: %w", table, id, err)
	}
	return nil
}

// list reads rows and then opens each: opening may ask for a key, which cannot be
// asked for while rows are read.
func list[T any](ctx context.Context, t *Tx, q string, args []any, scan func(func(...any) error) (*T, string, error), open func(context.Context, *T, string) error) (all []*T, err error) {
	var sealed []string
	err = t.each(ctx, q, args, func(rows *sql.Rows) error {
		row, tok, err := scan(rows.Scan)
		all, sealed = append(all, row), append(sealed, tok)
		return err
	})
	for i := 0; err == nil && i < len(all); i++ {
		err = open(ctx, all[i], sealed[i])
	}
	return all, err
}

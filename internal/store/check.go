package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// sealedTables is every table with a sealed column and the column that names its
// row's owner; "" is the instance. A test holds it to the schema.
var sealedTables = []struct{ table, owner string }{
	{"users", "id"}, {"sessions", "user_id"}, {"access_tokens", "user_id"}, {"folders", "user_id"}, {"items", "user_id"}, {"events", ""}, {"checkpoints", ""},
	{"devices", "user_id"}, {"auth_requests", "user_id"}, {"attachments", "user_id"}, {"sends", "user_id"}, {"outbox", ""},
	{"nodes", ""}, {"jobs", ""}, {"invitations", ""}, {"acme", ""},
	{"factors", "user_id"}, {"remembered_devices", "user_id"}, {"mail_codes", "user_id"},
}

// Checked is what CheckSeals found.
type Checked struct {
	Rows   int
	Broken []string // the first hundred, as "table id: why"
}

const checkPage = 500

// CheckSeals opens every sealed value of the database, a page at a time.
func (s *Store) CheckSeals(ctx context.Context) (c Checked, err error) {
	for _, st := range sealedTables {
		for after := ""; ; {
			n, last, err := s.checkPage(ctx, st.table, st.owner, after, &c)
			if err != nil {
				return c, err
			}
			if n < checkPage {
				break
			}
			after = last
		}
	}
	return c, nil
}

func (s *Store) checkPage(ctx context.Context, table, owner, after string, c *Checked) (n int, last string, err error) {
	type row struct{ id, owner, sealed string }
	var page []row
	column := "''"
	if owner != "" {
		column = owner
	}
	err = s.Read(ctx, func(t *Tx) error {
		page = nil
		err := t.each(ctx, fmt.Sprintf(`SELECT id, %s, sealed FROM %s WHERE id > ? ORDER BY id LIMIT ?`, column, table), []any{after, checkPage}, func(rows *sql.Rows) error {
			var r row
			err := rows.Scan(&r.id, &r.owner, &r.sealed)
			page = append(page, r)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range page {
			if owner == "" {
				r.owner = instance
			}
			if _, err := t.unseal(ctx, r.owner, table, r.id, r.sealed); err != nil && len(c.Broken) < 100 {
				c.Broken = append(c.Broken, fmt.Sprintf("%s %s: %v", table, r.id, err))
			}
		}
		return nil
	})
	if err != nil || len(page) == 0 {
		return 0, "", err
	}
	c.Rows += len(page)
	return len(page), page[len(page)-1].id, nil
}

// LastEvent is when the newest line of the audit log was written: a clock that
// is behind it has been set back.
func (s *Store) LastEvent(ctx context.Context) (at time.Time, err error) {
	err = s.Read(ctx, func(t *Tx) error {
		var us int64
		err := t.row(ctx, `SELECT COALESCE(MAX(at), 0) FROM events`).Scan(&us)
		at = clock(us)
		return err
	})
	return at, err
}

// CountUsers counts all accounts.
func (s *Store) CountUsers(ctx context.Context) (n int, err error) {
	err = s.Read(ctx, func(t *Tx) error { return t.row(ctx, `SELECT COUNT(*) FROM users`).Scan(&n) })
	return n, err
}

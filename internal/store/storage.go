package store

import (
	"context"
	"database/sql"
	"regexp"
	"slices"

	"strongroom/internal/vault"
)

var madeTable = regexp.MustCompile(`CREATE TABLE (\w+) \(`)

// tables are the names of all tables, as the migrations make them.
func tables() (names []string, err error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			return nil, err
		}
		for _, m := range madeTable.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return names, nil
}

// largest is how many people Storage names.
const largest = 20

// Storage counts what the instance keeps. It walks indexes: minutes may pass
// where there are very many rows.
func (t *Tx) Storage(ctx context.Context) (s vault.Storage, err error) {
	names, err := tables()
	if err != nil {
		return s, err
	}
	bytes := map[string]int64{}
	err = t.each(ctx, t.s.d.sizes, nil, func(rows *sql.Rows) error {
		var name string
		var n int64
		err := rows.Scan(&name, &n)
		bytes[name] = n
		return err
	})
	if err != nil {
		return s, err
	}
	for _, name := range names {
		table := vault.Table{Name: name, Bytes: bytes[name]}
		if err := t.row(ctx, `SELECT COUNT(*) FROM `+name).Scan(&table.Rows); err != nil {
			return s, err
		}
		s.Tables = append(s.Tables, table)
	}
	if err := t.storedKinds(ctx, &s); err != nil {
		return s, err
	}
	s.Largest, err = t.largest(ctx)
	return s, err
}

func (t *Tx) storedKinds(ctx context.Context, s *vault.Storage) error {
	s.Items = map[vault.ItemType]int64{}
	err := t.each(ctx, `SELECT type, COUNT(*) FROM items GROUP BY type`, nil, func(rows *sql.Rows) error {
		var kind vault.ItemType
		var n int64
		err := rows.Scan(&kind, &n)
		s.Items[kind] = n
		return err
	})
	if err != nil {
		return err
	}
	if err := t.row(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM attachments`).Scan(&s.Attachments, &s.AttachedSize); err != nil {
		return err
	}
	if err := t.row(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM sends WHERE type = ?`, vault.SendFile).Scan(&s.FileSends, &s.SentSize); err != nil {
		return err
	}
	return t.row(ctx, `SELECT COUNT(*) FROM blob_deletions`).Scan(&s.Unswept)
}

func (t *Tx) largest(ctx context.Context) (all []vault.Taken, err error) {
	err = t.each(ctx, `SELECT user_id, SUM(size) AS taken FROM (SELECT user_id, size FROM attachments UNION ALL SELECT user_id, size FROM sends) f
		GROUP BY user_id ORDER BY taken DESC, user_id LIMIT ?`, []any{largest}, func(rows *sql.Rows) error {
		var x vault.Taken
		err := rows.Scan(&x.User, &x.Bytes)
		all = append(all, x)
		return err
	})
	for n := 0; err == nil && n < len(all); n++ {
		var u *vault.User
		if u, err = t.User(ctx, all[n].User); err == nil {
			all[n].Email = u.Email
			err = t.row(ctx, `SELECT COUNT(*) FROM items WHERE user_id = ?`, all[n].User).Scan(&all[n].Items)
		}
	}
	return all, err
}

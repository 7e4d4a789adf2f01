package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Foreign is the database of another program. It is only ever read.
type Foreign struct{ s *Store }

// OpenForeign opens one. A SQLite file must be there, and is opened for reading.
func OpenForeign(ctx context.Context, src Source) (*Foreign, error) {
	if src.Kind == "sqlite" {
		db, err := openToRead(ctx, src.Path)
		if err != nil {
			return nil, err
		}
		return &Foreign{&Store{write: db, read: db, d: &sqliteDialect, src: src}}, nil
	}
	s, err := connect(src)
	if err != nil {
		return nil, err
	}
	if err := s.read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to the other program's database: %w", err), s.Close())
	}
	return &Foreign{s}, nil
}

var errJournal = errors.New("its last changes are in the journal beside it, which cannot be read in a folder that may not be written to: name a copy of the folder that may")

// openToRead opens a SQLite file. In WAL mode SQLite wants to make files beside it;
// where the folder takes none, a file whose journal is empty is read as it is.
func openToRead(ctx context.Context, file string) (*sql.DB, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"
	db, err := readable(ctx, dsn)
	if !sqlitePrimary(8, 14)(err) { // READONLY CANTOPEN
		return db, err
	}
	for _, journal := range []string{"-wal", "-journal"} {
		if j, gone := os.Stat(file + journal); gone == nil && j.Size() > 0 {
			return nil, fmt.Errorf("%s: %w: %w", file, errJournal, err)
		}
	}
	return readable(ctx, dsn+"&immutable=1")
}

func readable(ctx context.Context, dsn string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master`).Scan(&tables); err != nil {
		db.Close()
		return nil, fmt.Errorf("reading the other program's database: %w", err)
	}
	return db, nil
}

// Close ends all connections.
func (f *Foreign) Close() error { return f.s.Close() }

// OldUser is a row of the old program's users. Sealed is its login password, a
// Fernet token under that program's key.
type OldUser struct {
	ID       int64
	Username string
	Sealed   string
	Admin    bool
	Entries  []OldEntry
}

// OldEntry is a row of its passwords.
type OldEntry struct {
	ID                     int64
	Service, URL, Username string
	Sealed                 string
}

var errNotOld = errors.New("this is not a database of the old program: it has no tables users and passwords with the columns that it makes")

// OldCounts is how many users and entries there are.
func (f *Foreign) OldCounts(ctx context.Context) (users, entries int64, err error) {
	if err = f.s.read.QueryRowContext(ctx, `SELECT COUNT(password_encrypted) FROM users WHERE username IS NOT NULL`).Scan(&users); err == nil {
		err = f.s.read.QueryRowContext(ctx, `SELECT COUNT(password_encrypted) FROM passwords WHERE owner_id IS NOT NULL`).Scan(&entries)
	}
	if err != nil && !f.s.d.down(err) {
		err = errors.Join(errNotOld, err)
	}
	return users, entries, err
}

// OldUsers hands every user to use, whole, in the order of their ids.
func (f *Foreign) OldUsers(ctx context.Context, use func(OldUser) error) error {
	for after := int64(-1 << 62); ; {
		u, err := f.nextUser(ctx, after)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(u); err != nil {
			return err
		}
		after = u.ID
	}
}

func (f *Foreign) nextUser(ctx context.Context, after int64) (u OldUser, err error) {
	var name, sealed sql.NullString
	var admin sql.NullBool
	err = f.s.read.QueryRowContext(ctx, f.s.d.rebind(`SELECT id, username, password_encrypted, is_admin FROM users WHERE id > ? ORDER BY id LIMIT 1`), after).Scan(&u.ID, &name, &sealed, &admin)
	if err != nil {
		return u, err
	}
	u.Username, u.Sealed, u.Admin = name.String, sealed.String, admin.Bool
	err = f.each(ctx, `SELECT id, service, url, username, password_encrypted FROM passwords WHERE owner_id = ? ORDER BY id`, []any{u.ID}, func(rows *sql.Rows) error {
		var e OldEntry
		var service, address, login, sealed sql.NullString
		err := rows.Scan(&e.ID, &service, &address, &login, &sealed)
		e.Service, e.URL, e.Username, e.Sealed = service.String, address.String, login.String, sealed.String
		u.Entries = append(u.Entries, e)
		return err
	})
	return u, err
}

func (f *Foreign) each(ctx context.Context, q string, args []any, scan func(*sql.Rows) error) error {
	return eachRow(ctx, f.s.read, f.s.d.rebind(q), args, scan)
}

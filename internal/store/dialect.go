package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
)

// dialect is everything that differs between the databases. A new difference
// goes here or nowhere: no query elsewhere may ask which database it talks to.
type dialect struct {
	name      string
	numbered  bool              // $1 instead of ?
	lock      string            // row lock suffix; SQLite locks at BEGIN instead
	words     map[string]string // {{word}} in migrations
	oneWriter bool              // writers queue; they commit together
	read      *sql.TxOptions    // one snapshot for all that a transaction reads
	unique    func(error) bool  // a unique constraint refused the row
	foreign   func(error) bool  // a foreign key refused the row
	retryable func(error) bool  // the transaction lost a race and may be run again
	down      func(error) bool  // the database cannot answer now
	locker    locker            // held while migrations run
}

var sqliteDialect = dialect{
	name: "sqlite", oneWriter: true,
	words:     map[string]string{"text": "TEXT", "table": ""},
	read:      &sql.TxOptions{ReadOnly: true},
	unique:    sqliteCode(1555, 2067),                     // PRIMARYKEY, UNIQUE
	foreign:   sqliteCode(787),                            // FOREIGNKEY
	retryable: sqliteCode(5, 261, 517),                    // BUSY, BUSY_RECOVERY, BUSY_SNAPSHOT
	down:      sqlitePrimary(5, 6, 8, 10, 13, 14, 11, 26), // BUSY LOCKED READONLY IOERR FULL CANTOPEN CORRUPT NOTADB
	locker:    fileLocker{},
}

var postgresDialect = dialect{
	name: "postgres", numbered: true, lock: " FOR UPDATE",
	words:     map[string]string{"text": "TEXT", "table": ""},
	read:      &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	unique:    pgCode("23505"),
	foreign:   pgCode("23503"),
	retryable: pgCode("40001", "40P01"),
	down:      anyOf(connectionLost, pgconn.SafeToRetry, pgCode("57P", "53", "08", "25006")),
	locker:    sqlLocker{lock: `SELECT pg_advisory_lock(7305811)`, unlock: `SELECT pg_advisory_unlock(7305811)`},
}

var mysqlDialect = dialect{
	name: "mysql", lock: " FOR UPDATE",
	words:     map[string]string{"text": "LONGTEXT", "table": "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"},
	read:      &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	unique:    mysqlCode(1062),
	foreign:   mysqlCode(1451, 1452),
	retryable: mysqlCode(1213, 1205, 1020), // deadlock, lock wait, record changed
	down:      anyOf(connectionLost, mysqlCode(1040, 1053, 1021, 1114, 1290, 1836, 1047, 3024, 1969)),
	locker:    sqlLocker{lock: `SELECT GET_LOCK(CONCAT('strongroom.', DATABASE()), 300)`, unlock: `SELECT RELEASE_LOCK(CONCAT('strongroom.', DATABASE()))`},
}

func anyOf(fs ...func(error) bool) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(fs, func(f func(error) bool) bool { return f(err) })
	}
}

func connectionLost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &n)
}

func pgCode(prefixes ...string) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.Code, p) })
	}
}

func mysqlCode(codes ...uint16) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*mysql.MySQLError](err)
		return ok && slices.Contains(codes, e.Number)
	}
}

func sqliteCode(codes ...int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && slices.Contains(codes, e.Code())
	}
}

func sqlitePrimary(codes ...int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && slices.Contains(codes, e.Code()&0xff)
	}
}

// rebind turns the ? of our SQL into what the database wants. Our SQL has no
// literal question marks; the contract suite would catch one.
func (d *dialect) rebind(q string) string {
	if !d.numbered {
		return q
	}
	var b strings.Builder
	b.Grow(len(q) + 16)
	n := 0
	for part, rest, more := "", q, true; more; {
		part, rest, more = strings.Cut(rest, "?")
		b.WriteString(part)
		if more {
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
	}
	return b.String()
}

// locker keeps two nodes from migrating at once. It holds the lock on one connection.
type locker interface {
	hold(ctx context.Context, c *sql.Conn, src Source) (release func(), err error)
}

type sqlLocker struct{ lock, unlock string }

func (l sqlLocker) hold(ctx context.Context, c *sql.Conn, _ Source) (func(), error) {
	var got sql.NullString // PostgreSQL answers void, MySQL 1, 0 or NULL
	if err := c.QueryRowContext(ctx, l.lock).Scan(&got); err != nil {
		return nil, err
	}
	if got.String == "0" {
		return nil, errors.New("another node has been migrating for five minutes")
	}
	return func() { c.ExecContext(context.WithoutCancel(ctx), l.unlock) }, nil //nolint:errcheck // closing the connection frees it too
}

type fileLocker struct{}

func (fileLocker) hold(ctx context.Context, _ *sql.Conn, src Source) (func(), error) {
	return lockFile(ctx, src.Path+".migrate.lock")
}

// pools is how a database is opened: one pool to write, one to read. They are
// the same but for SQLite, which has one writer.
func (d *dialect) pools(src Source) (write, read *sql.DB, err error) {
	switch d.name {
	case "sqlite":
		if write, err = sql.Open("sqlite", sqliteDSN(src.Path, "immediate")); err != nil {
			return nil, nil, err
		}
		write.SetMaxOpenConns(1)
		if read, err = sql.Open("sqlite", sqliteDSN(src.Path, "deferred")+"&_pragma=query_only(1)"); err != nil {
			return nil, nil, err
		}
		read.SetMaxOpenConns(8)
		read.SetMaxIdleConns(8)
		return write, read, nil
	case "postgres":
		write, err = sql.Open("pgx", postgresDSN(src))
	default:
		var c *mysql.Config
		if c, err = mysqlConfig(src); err == nil {
			var conn driver.Connector
			if conn, err = mysql.NewConnector(c); err == nil {
				write = sql.OpenDB(conn)
			}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(32)
	write.SetMaxIdleConns(16)
	return write, write, nil
}

func sqliteDSN(path, txlock string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=" + txlock +
		"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-65536)&_pragma=temp_store(memory)"
}

func postgresDSN(src Source) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(src.User, src.Password), Host: src.Host, Path: "/" + src.Name}
	q := url.Values{}
	for k, v := range src.Params {
		q[k] = v
	}
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "10")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func mysqlConfig(src Source) (*mysql.Config, error) {
	q := url.Values{"timeout": {"10s"}}
	for k, v := range src.Params {
		if k != "unix_socket" && k != "interpolateParams" {
			q[k] = v
		}
	}
	c, err := mysql.ParseDSN("tcp(127.0.0.1)/?" + q.Encode())
	if err != nil {
		return nil, err
	}
	c.User, c.Passwd, c.Addr, c.DBName = src.User, src.Password, src.Host, src.Name
	if s := src.Params.Get("unix_socket"); s != "" {
		c.Net, c.Addr = "unix", s
	}
	// ClientFoundRows: UPDATE reports rows matched, as the other databases do,
	// and not rows that ended up different.
	c.ClientFoundRows = true
	return c, nil
}

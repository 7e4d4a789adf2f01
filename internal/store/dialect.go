package store

import (
	"database/sql"
	"errors"
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
	away      func(error) bool  // the node that answered has left the cluster or takes no writes
	refused   func(error) bool  // what a COMMIT answers that has surely changed nothing
	down      func(error) bool  // the database cannot answer now
	locker    locker            // held while migrations run
	patience  string            // said before a snapshot is read: the reader may be slow
	sizes     string            // asks for every table's name and bytes, indexes included
}

var sqliteDialect = dialect{
	name: "sqlite", oneWriter: true,
	words:     map[string]string{"text": "TEXT", "table": ""},
	read:      &sql.TxOptions{ReadOnly: true},
	unique:    sqliteCode(1555, 2067),  // PRIMARYKEY, UNIQUE
	foreign:   sqliteCode(787),         // FOREIGNKEY
	retryable: sqliteCode(5, 261, 517), // BUSY, BUSY_RECOVERY, BUSY_SNAPSHOT
	away:      func(error) bool { return false },
	refused:   func(error) bool { return true },           // there is no wire to lose the answer on
	down:      sqlitePrimary(5, 6, 8, 10, 13, 14, 11, 26), // BUSY LOCKED READONLY IOERR FULL CANTOPEN CORRUPT NOTADB
	locker:    fileLocker{},
	sizes:     `SELECT m.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name`,
}

var postgresDialect = dialect{
	name: "postgres", numbered: true, lock: " FOR UPDATE",
	words:     map[string]string{"text": "TEXT", "table": ""},
	read:      &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	unique:    pgCode("23505"),
	foreign:   pgCode("23503"),
	retryable: pgCode("40001", "40P01"),
	away:      pgCode("57P", "25006"),
	refused:   func(err error) bool { return pgCode("")(err) && !pgCode("57P", "08", "40003")(err) },
	down:      anyOf(connectionLost, pgCode("57P", "53", "08", "25006")),
	locker:    sqlLocker{lock: `SELECT pg_advisory_lock(7305811)`, unlock: `SELECT pg_advisory_unlock(7305811)`},
	sizes:     `SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`,
}

var mysqlDialect = dialect{
	name: "mysql", lock: " FOR UPDATE",
	words:     map[string]string{"text": "LONGTEXT", "table": "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"},
	read:      &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	unique:    mysqlCode(1062),
	foreign:   mysqlCode(1451, 1452),
	retryable: mysqlCode(1213, 1205, 1020), // deadlock (Galera: certification), lock wait, record changed
	away:      mysqlCode(1047, 1053, 1290, 1836),
	refused:   mysqlCode(1290, 1836),
	down:      anyOf(connectionLost, mysqlCode(1040, 1053, 1021, 1114, 1290, 1836, 1047, 3024, 1969)),
	patience:  `SET SESSION net_write_timeout = 86400`,
	locker:    clusterLocker{sqlLocker{lock: `SELECT GET_LOCK(CONCAT('strongroom.', DATABASE()), 300)`, unlock: `SELECT RELEASE_LOCK(CONCAT('strongroom.', DATABASE()))`}},
	sizes:     `SELECT table_name, data_length + index_length FROM information_schema.tables WHERE table_schema = DATABASE()`,
}

func anyOf(fs ...func(error) bool) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(fs, func(f func(error) bool) bool { return f(err) })
	}
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

// Package store keeps the nouns of package vault in SQLite, MySQL/MariaDB or
// PostgreSQL, every secret and name of them sealed. It decides nothing: who may
// do what is asked before it is called. Invariant: no statement outside this
// package, and none in it that asks which database it talks to (dialect.go does).
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/seal"
	"strongroom/internal/vault"
)

// Source says where a database is. Kind is sqlite (Path), mysql or postgres
// (the rest; Host carries the port, Params are the driver's own).
type Source struct {
	Kind, Path, User, Password, Host, Name string
	Params                                 url.Values
}

// Options is what Open needs. Reload is asked for newer FERNET_KEYs when a row
// names one that is not in Keys (a rotation began elsewhere); it may be nil. Look
// opens without changing anything, for doctor: what is empty or old is an error.
type Options struct {
	Source  Source
	Migrate *Source // another user for the schema; nil for the same
	Keys    seal.Keys
	Reload  func() (seal.Keys, error)
	Now     func() time.Time
	Look    bool
	Silent  bool // writes no audit log: for the benchmark that says what it costs
}

// ErrOld means that the schema is older than this program, or not there yet.
var ErrOld = errors.New("the database's schema is older than this program or not there yet; `strongroom db migrate` or the next start brings it up to date")

// Store is a database whose schema is current and whose keys are at hand. It is
// safe for concurrent use.
type Store struct {
	write, read *sql.DB
	hosts       *hosts // nil for a file
	d           *dialect
	src         Source
	now         func() time.Time
	keys        *keyRing
	notes       *notes
	silent      bool
	group       *group    // nil where the database commits many transactions at once
	caller      *sql.Stmt // sessionAndUser, prepared: every request asks it

	// OnChange is handed the notices of a transaction once it is committed, or is
	// nil. It is set before the store is used and must not block.
	OnChange func([]vault.Notice)
}

// ErrUnavailable answers when the database is full, locked, read-only or gone.
var ErrUnavailable = fault.New(fault.Unavailable, "database-unavailable", "The database cannot answer right now. Nothing was changed; try again shortly.")

func connect(src Source) (*Store, error) {
	d, ok := map[string]*dialect{"sqlite": &sqliteDialect, "mysql": &mysqlDialect, "postgres": &postgresDialect}[src.Kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind of database %q", src.Kind)
	}
	if src.Kind == "sqlite" {
		// The file is made here, for its owner alone, before SQLite would make it for everyone.
		f, err := os.OpenFile(src.Path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	s := &Store{d: d, src: src, notes: newNotes()}
	if err := s.open(src); err != nil {
		return nil, err
	}
	if d.oneWriter {
		s.group = newGroup()
	}
	return s, nil
}

// Open connects, brings the schema up to date and opens the instance's key. A
// schema newer than this program, or keys that do not open it, is an error and
// changes nothing.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Look && o.Source.Kind == "sqlite" {
		if _, err := os.Stat(o.Source.Path); err != nil {
			return nil, ErrOld
		}
	}
	s, err := connect(o.Source)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.now, s.silent = o.Now, o.Silent
	s.keys = newKeyRing(o.Keys, o.Reload)
	if err = s.prepare(ctx, o); err == nil {
		s.caller, err = s.read.PrepareContext(ctx, s.d.rebind(sessionAndUser))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, o Options) error {
	if v, err := s.cutOff(ctx); err != nil || v > 0 {
		return orElse(err, errUnfinished)
	}
	if err := s.checkKeys(ctx); err != nil {
		return err
	}
	if o.Look {
		if have, know, err := s.Version(ctx); err != nil || have < know {
			return orElse(err, ErrOld)
		}
		return s.openInstance(ctx, true)
	}
	m := s
	if o.Migrate != nil {
		var err error
		if m, err = connect(*o.Migrate); err != nil {
			return fmt.Errorf("opening the database to migrate: %w", err)
		}
		defer m.Close()
	}
	if err := m.migrate(ctx); err != nil {
		return err
	}
	return s.openInstance(ctx, false)
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Close ends all connections, once the last notes are written or have had their time. Nothing else may use
// the store any more: SQLite puts its journal in order when its last connection ends.
func (s *Store) Close() error {
	var err error
	if s.notes != nil { // else it never was opened
		err = s.notes.wait()
	}
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return errors.Join(err, s.write.Close())
}

// InUse is how many connections to the database are in use.
func (s *Store) InUse() int {
	n := s.write.Stats().InUse
	if s.read != s.write {
		n += s.read.Stats().InUse
	}
	return n
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.classify(s.read.PingContext(ctx)) }

// Tx is one transaction. Now is the same instant for everything in it.
type Tx struct {
	tx       *sql.Tx
	s        *Store
	Now      time.Time
	detached bool // shared with others: one caller's end must not interrupt it
	notices  []vault.Notice
	recorded [][5]any // lines of the audit log, written before the commit
}

// A transaction is run again for so long before the database counts as unavailable,
// however often it loses: to a busy node of a cluster one may lose many times. Where
// there is no other host to go to, a lost connection is worth a new one and little
// more; a cluster needs seconds to agree on who is gone.
const (
	maxTries    = 30 // of what has no time of its own
	maxRetry    = 6 * time.Second
	maxElection = 12 * time.Second
	maxLosses   = 3
)

// Tx runs fn in a transaction and commits, or runs it again when the database
// asks for that: fn must have no effect outside but through its results. What
// the database cannot do now comes back as ErrUnavailable.
func (s *Store) Tx(ctx context.Context, fn func(*Tx) error) error {
	if s.group != nil {
		return s.grouped(ctx, fn)
	}
	return s.run(ctx, s.write, nil, fn)
}

// insist is Tx, run as a whole again while its error is one that another may get over.
func (s *Store) insist(ctx context.Context, fn func(*Tx) error, again func(error) bool) (err error) {
	for range maxTries {
		if err = s.Tx(ctx, fn); err == nil || !again(err) {
			break
		}
	}
	return err
}

// Read runs fn in a read-only transaction that sees one snapshot.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, s.read, s.d.read, fn)
}

func (s *Store) run(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	began, window, losses := time.Now(), maxRetry, 0
	if s.hosts.several() {
		window = maxElection
	}
	for try := 1; ; try++ {
		turn := s.hosts.now()
		again, err := s.once(ctx, db, opts, fn)
		if err == nil {
			return nil
		}
		if again == lostNode {
			losses++
		}
		// One dead connection may be one caller's doing; where the node itself is gone, the pool's others are of no use either.
		switch {
		case again == lostNode && !deadConnection(err):
			s.hosts.leave(turn)
		case errors.Is(err, context.DeadlineExceeded):
			s.hosts.suspect(turn)
		}
		if again == never || time.Since(began) > window || losses >= maxLosses && !s.hosts.several() {
			return s.classify(err)
		}
		if err := sleep(ctx, again.pause(try)); err != nil {
			return s.classify(err)
		}
	}
}

// once runs fn in one transaction and says whether running it again may help. A
// connection that is lost before the commit has changed nothing.
func (s *Store) once(ctx context.Context, db *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) (rerun, error) {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return s.unbegun(ctx, err), err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing, before one the first error counts
	t := &Tx{tx: tx, s: s, Now: s.now().UTC().Truncate(time.Microsecond)}
	if err := fn(t); err != nil {
		return s.uncommitted(ctx, err), err
	}
	if err := t.writeRecorded(ctx); err != nil {
		return s.uncommitted(ctx, err), err
	}
	if err := ctx.Err(); err != nil { // from here on nobody could tell whether it had been sent
		return never, err
	}
	if err := tx.Commit(); err != nil {
		if opts != nil && opts.ReadOnly {
			return s.uncommitted(ctx, err), err
		}
		return s.committing(err)
	}
	if len(t.notices) > 0 && s.OnChange != nil {
		s.OnChange(t.notices)
	}
	return never, nil
}

func (s *Store) classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || s.d.down(err) || s.d.retryable(err) || errors.Is(err, errElecting) {
		return ErrUnavailable.Because(err)
	}
	return err
}

func (t *Tx) context(ctx context.Context) context.Context {
	if t.detached {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (t *Tx) exec(ctx context.Context, q string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.context(ctx), t.s.d.rebind(q), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// one runs a statement that must touch a row; missing says what it means when it touched none.
func (t *Tx) one(ctx context.Context, missing error, q string, args ...any) error {
	n, err := t.exec(ctx, q, args...)
	if err == nil && n == 0 {
		return missing
	}
	return err
}

func (t *Tx) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.context(ctx), t.s.d.rebind(q), args...)
}

// each runs q and scan for every row.
func (t *Tx) each(ctx context.Context, q string, args []any, scan func(*sql.Rows) error) error {
	return eachRow(t.context(ctx), t.tx, t.s.d.rebind(q), args, scan)
}

// eachRow is each, of a transaction or of another program's database.
func eachRow(ctx context.Context, of querier, q string, args []any, scan func(*sql.Rows) error) error {
	rows, err := of.QueryContext(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

type querier interface {
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
}

// Times are stored as UTC microseconds; 0 stands for the zero time.

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func clock(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func null[T ~string](s T) sql.NullString { return sql.NullString{String: string(s), Valid: s != ""} }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

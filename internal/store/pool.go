package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// open opens a database: one pool to write, one to read. They are the same but for
// SQLite, which has one writer.
func (s *Store) open(src Source) (err error) {
	if src.Kind == "sqlite" {
		return s.openFile(src)
	}
	h := &hosts{}
	for name := range strings.SplitSeq(src.Host, ",") {
		one := src
		one.Host = name
		to := host{name: name}
		if s.d.numbered {
			err = to.postgres(one, src.Host != name)
		} else {
			err = to.mysql(one, src.Host != name)
		}
		if err != nil {
			return err
		}
		h.each = append(h.each, to)
	}
	s.hosts, s.write = h, sql.OpenDB(h)
	s.write.SetMaxOpenConns(32)
	s.write.SetMaxIdleConns(16)
	s.read = s.write
	return nil
}

func (s *Store) openFile(src Source) (err error) {
	if s.write, err = sql.Open("sqlite", sqliteDSN(src.Path, "immediate")); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", sqliteDSN(src.Path, "deferred")+"&_pragma=query_only(1)"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	return nil
}

// sqliteDSN asks of a new file for pages that hold several items: with SQLite's
// usual 4 KiB nearly every item has a page of its own, half of it empty. Nine
// connections have a page cache each, so that a large one is nine times as large.
func sqliteDSN(path, txlock string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=" + txlock +
		"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=page_size(8192)&_journal_mode=WAL&_pragma=synchronous(full)&_pragma=cache_size(-16384)&_pragma=temp_store(memory)"
}

// postgres readies a host to be dialled. Of several, one that writes is wanted,
// unless the URL says otherwise.
func (h *host) postgres(src Source, several bool) error {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(src.User, src.Password), Host: src.Host, Path: "/" + src.Name}
	q := url.Values{}
	for k, v := range src.Params {
		q[k] = v
	}
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "10")
	}
	if several && !q.Has("target_session_attrs") {
		q.Set("target_session_attrs", "read-write")
	}
	u.RawQuery = q.Encode()
	c, err := pgx.ParseConfig(u.String())
	if err != nil {
		return err
	}
	if ask := c.ValidateConnect; ask != nil {
		c.ValidateConnect = func(ctx context.Context, pc *pgconn.PgConn) error {
			err := ask(ctx, pc)
			if errors.Is(err, pgconn.ErrReadOnlyConnection) || errors.Is(err, pgconn.ErrStandbyConnection) {
				err = fmt.Errorf("%w: %w", errElecting, err)
			}
			return err
		}
	}
	h.Connector = starting{stdlib.GetConnector(*c)}
	return nil
}

// starting knows a server that is there and does not take anybody in yet.
type starting struct{ driver.Connector }

func (s starting) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil && pgCode("57P03")(err) {
		err = fmt.Errorf("%w: %w", errElecting, err)
	}
	return c, err
}

func mysqlConfig(src Source) (*mysql.Config, error) {
	q := url.Values{"timeout": {"10s"}}
	for k, v := range src.Params {
		if k != "unix_socket" && k != "interpolateParams" {
			q[k] = v
		}
	}
	encrypted, err := mysqlTLS(q, src.Host)
	if err != nil {
		return nil, err
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
	if encrypted != nil {
		c.TLS = encrypted
	}
	c.DialFunc = dialKeeping
	return c, nil
}

// mysql readies a host to be dialled.
func (h *host) mysql(src Source, several bool) error {
	c, err := mysqlConfig(src)
	if err != nil {
		return err
	}
	conn, err := mysql.NewConnector(c)
	if err != nil {
		return err
	}
	h.Connector = conn
	h.ready = func(ctx context.Context, c driver.Conn) error {
		is, err := variables(ctx, c, `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'read_only', 'log_bin', 'binlog_format')`)
		if err == nil {
			err = galeraReady(ctx, c, is, several, src.Params.Has("wsrep_sync_wait"))
		}
		if err == nil {
			err = readCommitted(ctx, c, is)
		}
		return notReady(err)
	}
	return nil
}

// galeraReady has a node of Galera wait, at the beginning of every transaction, until
// it has applied what others committed before: who logs in at one node is known at
// all. With several hosts it passes by one that cannot be written to.
func galeraReady(ctx context.Context, c driver.Conn, is map[string]string, several, own bool) error {
	if several && is["read_only"] != "OFF" && is["read_only"] != "0" && is["read_only"] != "" {
		return fmt.Errorf("%w: read_only is %s", errElecting, is["read_only"])
	}
	if is["wsrep_on"] != "ON" {
		return nil
	}
	if several {
		state, err := variables(ctx, c, `SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready')`)
		if err != nil || state["wsrep_ready"] != "ON" {
			return orElse(err, fmt.Errorf("%w: wsrep_ready is %s", errElecting, state["wsrep_ready"]))
		}
	}
	if own {
		return nil
	}
	_, err := c.(driver.ExecerContext).ExecContext(ctx, `SET SESSION wsrep_sync_wait = 1`, nil)
	return err
}

// readCommitted has what writes see what was committed meanwhile, as PostgreSQL does of
// itself. With the default, an UPDATE that finds no row locks the gap where it would
// be; of many who do so at once and then insert, all but one end as deadlocks. A
// binary log of statements cannot be written so.
func readCommitted(ctx context.Context, c driver.Conn, is map[string]string) error {
	if is["log_bin"] == "ON" && is["binlog_format"] == "STATEMENT" {
		return nil
	}
	_, err := c.(driver.ExecerContext).ExecContext(ctx, `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`, nil)
	return err
}

func notReady(err error) error {
	if mysqlCode(1047, 1053)(err) {
		return fmt.Errorf("%w: %w", errElecting, err)
	}
	return err
}

// variables reads pairs of a name and a value.
func variables(ctx context.Context, c driver.Conn, q string) (map[string]string, error) {
	rows, err := c.(driver.QueryerContext).QueryContext(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // they are read
	is := map[string]string{}
	for pair := make([]driver.Value, 2); ; {
		if err := rows.Next(pair); errors.Is(err, io.EOF) {
			return is, nil
		} else if err != nil {
			return nil, err
		}
		is[fmt.Sprintf("%s", pair[0])] = fmt.Sprintf("%s", pair[1])
	}
}

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"strongroom/internal/fault"
)

// ErrUncertain answers when the connection was lost while the database committed:
// nobody can tell whether it did. Nothing runs such a transaction again, as it would
// be done twice where it was done.
var ErrUncertain = fault.New(fault.Unavailable, "database-uncertain",
	"The connection to the database was lost in the moment of saving. The change may have been made or not: look before you try again.")

func connectionLost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	var n net.Error
	return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &n)
}

// deadConnection means that a connection of the pool was found closed. That is
// not the database being gone: then it is dialling that fails.
func deadConnection(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn)
}

// rerun says how a transaction that failed may be run again.
type rerun int

const (
	never    rerun = iota
	lostRace       // another transaction was first: until it gets through
	lostNode       // its connection or node is gone: as often as there may be another
)

// pause is how long to wait before the next try, up to 64 ms after a lost race and up
// to a second for a node: at random, so that not all who wait come back at once.
func (r rerun) pause(try int) time.Duration {
	most := 6
	if r == lostNode {
		most = 10
	}
	return time.Duration(1+rand.IntN(1<<min(try, most))) * time.Millisecond //nolint:gosec // spread, not secrecy
}

// unbegun judges an error of beginning: nothing was asked of the database yet. Where
// it is dialling that fails nobody is there, and that is said at once.
func (s *Store) unbegun(ctx context.Context, err error) rerun {
	var none *noHostError
	var dialled *net.OpError
	var refused *pgconn.ConnectError
	switch {
	case ctx.Err() == nil && errors.Is(err, errElecting):
		return lostNode
	case errors.As(err, &none), errors.As(err, &refused), errors.As(err, &dialled) && dialled.Op == "dial":
		return never
	}
	return s.uncommitted(ctx, err)
}

// uncommitted judges an error from before the commit: whatever was done is undone. A
// fault is an answer, whatever caused it.
func (s *Store) uncommitted(ctx context.Context, err error) rerun {
	_, answer := errors.AsType[*fault.Error](err)
	switch {
	case answer:
		return never
	case s.d.retryable(err):
		return lostRace
	case ctx.Err() == nil && (s.d.away(err) || connectionLost(err)):
		return lostNode
	}
	return never
}

// committing judges an error of the commit itself.
func (s *Store) committing(err error) (rerun, error) {
	switch {
	case s.d.retryable(err):
		return lostRace, err
	case s.d.refused(err), errors.Is(err, sql.ErrTxDone):
		return never, err
	}
	return never, ErrUncertain.Because(err)
}

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"strongroom/internal/fault"
)

// fake is a database's host that answers how a test wants it to.
type fake struct {
	conn              // whatever else is called panics
	dial func() error // nil, or why there is no connection
	end  func() error // what a commit or rollback answers
	wire net.Conn     // nil for a driver whose commits have a deadline
	hung bool         // dialling gets no answer
	n    int          // how often it was dialled
}

func (f *fake) Driver() driver.Driver { return nil }

func (f *fake) Connect(ctx context.Context) (driver.Conn, error) {
	if f.n++; f.hung {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if keep, ok := ctx.Value(socketKey{}).(*net.Conn); ok && f.wire != nil {
		*keep = f.wire
	}
	return f, f.dial()
}

func (f *fake) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return fakeTx{f}, nil }
func (f *fake) ResetSession(context.Context) error                           { return nil }
func (f *fake) Close() error                                                 { return nil }

type fakeTx struct{ f *fake }

func (t fakeTx) Commit() error   { return t.f.end() }
func (t fakeTx) Rollback() error { return t.f.end() }

func works() error { return nil }

// on is a store on hosts that are all the same fake.
func on(t *testing.T, d *dialect, f *fake, several bool) *Store {
	h := &hosts{each: []host{{name: "a", Connector: f}}}
	if several {
		h.each = append(h.each, host{name: "b", Connector: f})
	}
	s := &Store{d: d, hosts: h, write: sql.OpenDB(h), now: time.Now}
	t.Cleanup(func() { s.write.Close() })
	return s
}

// TestEndHasADeadline: neither a commit nor a rollback waits for a node for ever.
func TestEndHasADeadline(t *testing.T) {
	for name, fail := range map[string]error{"commit": nil, "rollback": io.ErrNoProgress} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				f := &fake{dial: works, wire: ours, end: func() error { _, err := ours.Read(make([]byte, 1)); return err }}
				began := time.Now()
				err := on(t, &mysqlDialect, f, false).Tx(t.Context(), func(*Tx) error { return fail })
				if took := time.Since(began); err == nil || took != endPatience {
					t.Errorf("it took %v: %v", took, err)
				}
			})
		})
	}
}

// TestSlowRequest: of several hosts, one on which a request took too long is left when
// it does not answer at all, and only then.
func TestSlowRequest(t *testing.T) {
	for name, hung := range map[string]bool{"there": false, "hung": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{dial: works, end: works}
				s := on(t, &mysqlDialect, f, true)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := s.Tx(ctx, func(*Tx) error { f.hung = hung; <-ctx.Done(); return ctx.Err() })
				time.Sleep(2 * hostPatience)
				if left := s.hosts.now() > 0; !errors.Is(err, ErrUnavailable) || left != hung {
					t.Errorf("left: %v; %v", left, err)
				}
			})
		})
	}
}

// TestElectionIsWaitedFor: while no host takes writes each caller asks a few times,
// not hundreds.
func TestElectionIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{dial: func() error { return errElecting }, end: works}
		began := time.Now()
		err := on(t, &mysqlDialect, f, true).Tx(t.Context(), func(*Tx) error { return nil })
		if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took < maxElection {
			t.Errorf("it gave up after %v: %v", took, err)
		}
		if f.n < 20 || f.n > 160 {
			t.Errorf("each host was dialled %d times", f.n/2)
		}
	})
}

// TestCancelledCommit: a caller that goes away while PostgreSQL commits is told that
// nobody knows, and one that went away before that it was not done.
func TestCancelledCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{dial: works, end: func() error { cancel(); return ctx.Err() }}
		s := on(t, &postgresDialect, f, false)
		if err := s.Tx(ctx, func(*Tx) error { return nil }); !errors.Is(err, ErrUncertain) {
			t.Error("while it commits:", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		f.end = works
		if err := s.Tx(ctx, func(*Tx) error { cancel(); return nil }); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUncertain) {
			t.Error("before it commits:", err)
		}
	})
}

var errAnswer = fault.New(fault.Invalid, "test-answer", "No.")

// TestFaultIsAnAnswer: what a verb says is not taken for what the database said,
// even where a lost connection of another kind made it say so.
func TestFaultIsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := on(t, &postgresDialect, &fake{dial: works, end: works}, true)
		runs := 0
		err := s.Tx(t.Context(), func(*Tx) error { runs++; return fmt.Errorf("reading: %w", errAnswer.Because(io.ErrUnexpectedEOF)) })
		if runs != 1 || !errors.Is(err, errAnswer) || s.hosts.now() > 0 {
			t.Errorf("%d runs: %v", runs, err)
		}
	})
}

// TestCloseIsBounded: notes that a database does not take hold up nobody who stops.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := on(t, &mysqlDialect, &fake{dial: works, end: works}, false)
		s.read, s.notes = s.write, newNotes()
		answer := make(chan struct{})
		s.notes.writer.Go(func() { <-answer })
		began := time.Now()
		if err := s.Close(); !errors.Is(err, errNotes) || time.Since(began) != lastNotes {
			t.Errorf("closed after %v: %v", time.Since(began), err)
		}
		close(answer)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// hosts dials one of several hosts of a database and stays with the one that
// works. A host counts as gone while it cannot be reached, is not ready (a node of
// Galera outside of the cluster) or takes no writes.
//
// Its connections remember the turn they were dialled in. Who finds a node gone
// ends the turn: connections of it are thrown away when the pool next hands them
// on, and dialling begins anew, at the host that worked last.
type hosts struct {
	each   []host
	at     atomic.Int32 // the host that worked last
	turn   atomic.Int64
	asking atomic.Bool // whether that one is there
}

// host is one of them.
type host struct {
	name string
	driver.Connector
	ready func(context.Context, driver.Conn) error // nil, or what keeps it from being used
}

// hostPatience is how long one of several hosts may take to answer a dialler.
const hostPatience = 3 * time.Second

// errElecting is within the error of a host that is there and cannot write now.
// Some other one will soon, or it will itself: waiting helps.
var errElecting = errors.New("it takes no writes now")

// noHostError says why each host was passed by.
type noHostError struct{ why []error }

func (e *noHostError) Error() string {
	var b strings.Builder
	for n, err := range e.why {
		if n > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

// Unwrap has it count as any of them.
func (e *noHostError) Unwrap() []error { return e.why }

func (h *hosts) several() bool { return h != nil && len(h.each) > 1 }

// Connect is driver.Connector's.
func (h *hosts) Connect(ctx context.Context) (driver.Conn, error) {
	turn, first := h.turn.Load(), int(h.at.Load())
	none := &noHostError{}
	for n := range h.each {
		at := (first + n) % len(h.each)
		c, err := h.dial(ctx, &h.each[at])
		if err == nil {
			h.at.Store(int32(at))
			c.hosts, c.turn = h, turn
			return c, nil
		}
		if !h.several() || ctx.Err() != nil {
			return nil, err
		}
		none.why = append(none.why, fmt.Errorf("%s: %w", h.each[at].name, err))
	}
	return nil, none
}

func (h *hosts) dial(ctx context.Context, to *host) (*hostConn, error) {
	if h.several() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, hostPatience)
		defer cancel()
	}
	hc := &hostConn{}
	c, err := to.Connector.Connect(context.WithValue(ctx, socketKey{}, &hc.socket))
	if err != nil {
		return nil, err
	}
	if to.ready != nil {
		err = to.ready(ctx, c)
	}
	if all, ok := c.(conn); ok && err == nil {
		hc.conn = all
		return hc, nil
	}
	return nil, errors.Join(orElse(err, errors.ErrUnsupported), c.Close())
}

// socketKey is where a dialler leaves the socket that it made.
type socketKey struct{}

func dialKeeping(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if keep, ok := ctx.Value(socketKey{}).(*net.Conn); ok {
		*keep = c
	}
	return c, err
}

// Driver is driver.Connector's.
func (h *hosts) Driver() driver.Driver { return h.each[0].Driver() }

// leave ends a turn, if it lasts.
func (h *hosts) leave(turn int64) {
	if h != nil {
		h.turn.CompareAndSwap(turn, turn+1)
	}
}

// suspect asks a host that kept somebody waiting too long whether it is there, and
// ends the turn if it is not: what took long may have been the question.
func (h *hosts) suspect(turn int64) {
	if !h.several() || !h.asking.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer h.asking.Store(false)
		c, err := h.dial(context.Background(), &h.each[h.at.Load()])
		if err != nil {
			h.leave(turn)
			return
		}
		c.Close() //nolint:errcheck // it answered
	}()
}

func (h *hosts) now() int64 {
	if h == nil {
		return 0
	}
	return h.turn.Load()
}

// conn is what both drivers' connections can do.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.NamedValueChecker
}

// hostConn is a connection of a turn. Its socket is known where the driver gives the
// end of a transaction no deadline.
type hostConn struct {
	conn
	hosts  *hosts
	turn   int64
	socket net.Conn
}

// ResetSession refuses to be handed on when its turn is over.
func (c *hostConn) ResetSession(ctx context.Context) error {
	if !c.IsValid() {
		return driver.ErrBadConn
	}
	return c.conn.ResetSession(ctx)
}

// IsValid keeps it out of the pool when its turn is over.
func (c *hostConn) IsValid() bool {
	if c.turn != c.hosts.turn.Load() {
		return false
	}
	v, ok := c.conn.(driver.Validator)
	return !ok || v.IsValid()
}

// endPatience is how long a commit or a rollback may take. A cluster that loses a node
// holds commits until it has agreed that the node is gone, which takes seconds.
const endPatience = 30 * time.Second

// BeginTx begins a transaction whose end has a deadline.
func (c *hostConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.conn.BeginTx(ctx, o)
	if err != nil || c.socket == nil {
		return tx, err
	}
	return timedTx{tx, c.socket}, nil
}

type timedTx struct {
	tx     driver.Tx
	socket net.Conn
}

func (t timedTx) Commit() error   { return t.end(t.tx.Commit) }
func (t timedTx) Rollback() error { return t.end(t.tx.Rollback) }

func (t timedTx) end(how func() error) error {
	late := time.AfterFunc(endPatience, func() { t.socket.Close() })
	defer late.Stop()
	return how()
}

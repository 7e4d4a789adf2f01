// Package signalr speaks to connected devices: SignalR over MessagePack on a
// WebSocket, one direction, from a listener's notices. It must not decide who may
// listen; whoever calls Serve has. Invariant: a connection costs two small
// goroutines and buffers, and when it ends its listener has left the hub.
package signalr

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"strongroom/internal/live"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// The names under which clients expect notices; the second is misspelled in the
// protocol itself.
const (
	TargetDevice    = "ReceiveMessage"
	TargetAnonymous = "AuthRequestResponseRecieved"
)

// Clients hang up after 30 s without a word, and send pings every 15 s themselves.
const (
	pingEvery     = 15 * time.Second
	handshakeTime = 10 * time.Second
	silence       = 60 * time.Second
	writeTime     = 10 * time.Second
	maxFrame      = 4 << 10
	bufferSize    = 512
)

// Options is what differs between the hubs.
type Options struct {
	Target    string          // TargetDevice or TargetAnonymous
	Anonymous bool            // the listener was made by Await: its payloads are wrapped otherwise
	Done      <-chan struct{} // closed when the server stops
	Go        func(func())    // starts the connection's goroutine, for the server to wait for; nil for go
	Log       *slog.Logger
}

// Serve upgrades r, or answers why not, and returns. From then on it speaks to the
// client until that goes, l ends, or the server stops. l is Serve's: it leaves the
// hub when the connection ends, so the caller must not.
//
// It does not wait because a handler that does holds its request and net/http's
// buffers, which is most of what thousands of idle connections would cost.
func Serve(w http.ResponseWriter, r *http.Request, l *live.Listener, o Options) {
	ctx, id := context.WithoutCancel(r.Context()), httpkit.RequestID(r.Context())
	// Any origin: what lets a client in is its token, and no browser adds that by
	// itself. Extensions and desktop apps have origins of their own.
	ws, err := websocket.Accept(lean{w}, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		l.Leave()
		o.Log.DebugContext(ctx, "notifications refused", "id", id, "err", err)
		return
	}
	ws.SetReadLimit(maxFrame)
	c := &conn{ws: ws, l: l, o: o}
	c.patience = time.AfterFunc(handshakeTime, func() { ws.CloseNow() }) //nolint:errcheck // it is gone either way
	start := o.Go
	if start == nil {
		start = func(run func()) { go run() }
	}
	start(func() {
		err := c.run(ctx)
		c.patience.Stop()
		l.Leave()
		o.Log.DebugContext(ctx, "notifications ended", "id", id, "err", err)
	})
}

// lean gives the upgraded connection small buffers, for small messages.
type lean struct{ http.ResponseWriter }

func (l lean) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(l.ResponseWriter).Hijack()
	if err == nil && rw.Reader.Buffered() == 0 { // else the client was early, and what it said is in there
		rw = bufio.NewReadWriter(bufio.NewReaderSize(c, bufferSize), bufio.NewWriterSize(c, bufferSize))
	}
	return c, rw, err
}

// conn is one connected client. Only run's goroutine sends messages.
type conn struct {
	ws       *websocket.Conn
	l        *live.Listener
	o        Options
	patience *time.Timer // closes the connection of a client that stays silent
}

// run returns why the connection ended; by then it is closed.
func (c *conn) run(ctx context.Context) error {
	defer c.ws.CloseNow() //nolint:errcheck // it may be closed already
	if err := c.handshake(ctx); err != nil {
		return err
	}
	gone := make(chan struct{})
	var readErr error
	go func() {
		defer close(gone)
		readErr = c.read(ctx)
	}()
	writeErr := c.write(ctx, gone)
	c.ws.CloseNow() //nolint:errcheck // it makes read return, if that did not come first
	<-gone
	return errors.Join(writeErr, readErr)
}

// handshake reads the client's first message and answers it.
func (c *conn) handshake(ctx context.Context) error {
	_, b, err := c.ws.Read(ctx)
	if err != nil {
		return err
	}
	rest, refusal := greet(b)
	if refusal == "" {
		if _, err := scan(rest); err != nil {
			return c.refuse(err)
		}
		c.patience.Reset(silence)
		return c.send(ctx, websocket.MessageText, welcome)
	}
	if err := c.send(ctx, websocket.MessageText, unwelcome(refusal)); err != nil {
		return err
	}
	return c.refuse(errors.New(refusal))
}

func (c *conn) refuse(why error) error {
	c.ws.Close(websocket.StatusProtocolError, why.Error()) //nolint:errcheck // the client may have gone
	return why
}

// read listens for signs of life until the connection ends. Clients have nothing
// to say here: whatever is well formed is as good as a ping.
func (c *conn) read(ctx context.Context) error {
	for {
		kind, b, err := c.ws.Read(ctx)
		if err != nil {
			return err
		}
		if kind != websocket.MessageBinary {
			return c.refuse(errText)
		}
		switch closed, err := scan(b); {
		case err != nil:
			return c.refuse(err)
		case closed:
			return c.ws.Close(websocket.StatusNormalClosure, "")
		}
		c.patience.Reset(silence)
	}
}

// write sends notices and pings until somebody ends the connection.
func (c *conn) write(ctx context.Context, gone <-chan struct{}) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case n := <-c.l.Notices():
			err = c.tell(ctx, n)
		case <-tick.C:
			err = c.send(ctx, websocket.MessageBinary, ping)
		case <-c.l.Ended():
			return c.goodbye(ctx)
		case <-c.o.Done:
			return c.goodbye(ctx)
		case <-gone:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// goodbye sends what still waits, an order to sign out perhaps, and then the end.
func (c *conn) goodbye(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	for {
		select {
		case n := <-c.l.Notices():
			if err := c.tell(ctx, n); err != nil {
				return err
			}
		default:
			if err := c.send(ctx, websocket.MessageBinary, farewell); err != nil {
				return err
			}
			return c.ws.Close(websocket.StatusNormalClosure, "")
		}
	}
}

func (c *conn) tell(ctx context.Context, n vault.Notice) error {
	b, err := invocation(n, c.o)
	if err != nil {
		return err
	}
	return c.send(ctx, websocket.MessageBinary, b)
}

// send gives the client writeTime to take b; one that does not is disconnected.
func (c *conn) send(ctx context.Context, kind websocket.MessageType, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return c.ws.Write(ctx, kind, b)
}

package signalr

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/vmihailenco/msgpack/v5"

	"strongroom/internal/live"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

const (
	hello = `{"protocol":"messagepack","version":1}` + "\x1e"
	user  = vault.UserID("7d1f0a52-8d3c-4f2b-9a0e-0c9b8a7d6e5f")
)

// door is a server's handler in front of Serve, inside the kit that every request passes.
func door(join func() (*live.Listener, error), o Options) http.Handler {
	o.Log = slog.New(slog.DiscardHandler)
	return httpkit.Kit{Log: o.Log, Deadline: time.Second, MaxBody: 10}.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, err := join()
		if err != nil {
			http.Error(w, err.Error(), http.StatusTooManyRequests)
			return
		}
		Serve(w, r, l, o)
	}))
}

func userDoor(hub *live.Hub, done <-chan struct{}) http.Handler {
	return door(func() (*live.Listener, error) { return hub.Join(user, "s") }, Options{Target: TargetDevice, Done: done})
}

// serve starts a server and returns its WebSocket address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

type client struct {
	*websocket.Conn
	t   *testing.T
	ctx context.Context
}

func dial(t *testing.T, url string, h *http.Client) client {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: h, HTTPHeader: http.Header{"Origin": {"chrome-extension://somewhere"}}}) //nolint:bodyclose // the library says that it need not be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	return client{ws, t, t.Context()}
}

func (c client) say(kind websocket.MessageType, b []byte) {
	c.t.Helper()
	if err := c.Write(c.ctx, kind, b); err != nil {
		c.t.Fatal(err)
	}
}

func (c client) hear() []byte {
	c.t.Helper()
	_, b, err := c.Read(c.ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// greeted shakes hands.
func (c client) greeted() client {
	c.t.Helper()
	c.say(websocket.MessageText, []byte(hello))
	if got := c.hear(); string(got) != "{}\x1e" {
		c.t.Fatalf("handshake answered with %q", got)
	}
	return c
}

// hearMessage reads one frame that holds one message.
func (c client) hearMessage() []any {
	c.t.Helper()
	return decode(c.t, c.hear())
}

func (c client) hearEnd(want websocket.StatusCode) {
	c.t.Helper()
	_, b, err := c.Read(c.ctx)
	if websocket.CloseStatus(err) != want {
		c.t.Errorf("heard %q, %v; want the end with %v", b, err, want)
	}
}

func decode(t *testing.T, frame []byte) []any {
	t.Helper()
	size, width := binary.Uvarint(frame)
	if width <= 0 || int(size) != len(frame)-width {
		t.Fatalf("a frame of %d bytes says that it has %d: %x", len(frame)-width, size, frame)
	}
	dec := msgpack.NewDecoder(bytes.NewReader(frame[width:]))
	dec.UseLooseInterfaceDecoding(true)
	m, err := dec.DecodeSlice()
	if err != nil {
		t.Fatalf("%x: %v", frame, err)
	}
	return m
}

// pipes is a network inside a test's bubble, whose clock the test moves.
type pipes struct {
	conns chan net.Conn
	stop  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.stop:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// bubble serves h without a real network. The server has the short deadlines that
// ordinary requests have.
func bubble(t *testing.T, h http.Handler) *http.Client {
	p := pipes{make(chan net.Conn), make(chan struct{})}
	srv := &http.Server{Handler: h, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(p) }()
	t.Cleanup(func() {
		close(p.stop)
		srv.Close()
		<-served
	})
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		p.conns <- there
		return here, nil
	}}}
}

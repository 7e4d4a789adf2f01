package servertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/vmihailenco/msgpack/v5"
)

// Heard is one message of the hub, and when it came.
type Heard struct {
	Target  string
	Kind    int
	Context any
	Payload map[string]any
	At      time.Time
}

// Ears is a connection to a hub. Heard is closed when the connection ends.
type Ears struct {
	t     testing.TB
	Heard <-chan Heard
}

// Listen connects the person's device to the hub.
func (p *Person) Listen() *Ears {
	return p.listen("/notifications/hub?access_token=" + p.Token)
}

// Await connects without an account, for the answer to a request to log in.
func (c Client) Await(request string) *Ears {
	return c.listen("/notifications/anonymous-hub?Token=" + request)
}

func (c Client) listen(path string) *Ears {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.URL, "http")+path, &websocket.DialOptions{HTTPClient: c.HTTP}) //nolint:bodyclose // the library says that it need not be
	if err != nil {
		cancel()
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { ws.CloseNow(); cancel() })
	if err := ws.Write(ctx, websocket.MessageText, []byte(`{"protocol":"messagepack","version":1}`+"\x1e")); err != nil {
		c.t.Fatal(err)
	}
	if _, b, err := ws.Read(ctx); err != nil || string(b) != "{}\x1e" {
		c.t.Fatalf("%q %v", b, err)
	}
	heard := make(chan Heard, 1000)
	go func() {
		defer close(heard)
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return
			}
			if h, ok := invocation(b); ok {
				heard <- h
			}
		}
	}()
	return &Ears{c.t, heard}
}

// invocation reads a frame; pings and the end are not for tests.
func invocation(frame []byte) (h Heard, ok bool) {
	_, width := binary.Uvarint(frame)
	d := msgpack.NewDecoder(bytes.NewReader(frame[width:]))
	d.UseLooseInterfaceDecoding(true)
	m, err := d.DecodeSlice()
	if err != nil || len(m) < 5 || fmt.Sprint(m[0]) != "1" {
		return h, false
	}
	args, _ := m[4].([]any)
	arg, _ := args[0].(map[string]any)
	h.At, h.Context = time.Now(), arg["ContextId"]
	h.Target, _ = m[3].(string)
	h.Payload, _ = arg["Payload"].(map[string]any)
	_, err = fmt.Sscan(fmt.Sprint(arg["Type"]), &h.Kind)
	return h, err == nil
}

// Next waits for a message.
func (e *Ears) Next() Heard {
	e.t.Helper()
	select {
	case h, ok := <-e.Heard:
		if !ok {
			e.t.Fatal("the hub ended the connection")
		}
		return h
	case <-time.After(10 * time.Second):
		e.t.Fatal("nothing was heard for 10 s")
	}
	return Heard{}
}

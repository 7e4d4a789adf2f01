package signalr

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"strongroom/internal/live"
	"strongroom/internal/vault"
)

func TestHandshake(t *testing.T) {
	hub := live.New()
	url := serve(t, userDoor(hub, nil))
	for name, c := range map[string]struct {
		kind         websocket.MessageType
		said, answer string
		end          websocket.StatusCode // 0 for a connection that goes on
	}{
		"text":                {websocket.MessageText, hello, "{}\x1e", 0},
		"binary":              {websocket.MessageBinary, hello, "{}\x1e", 0},
		"a ping follows":      {websocket.MessageBinary, hello + "\x02\x91\x06", "{}\x1e", 0},
		"json":                {websocket.MessageText, `{"protocol":"json","version":1}` + "\x1e", `{"error":"This server speaks the protocol messagepack only."}` + "\x1e", websocket.StatusProtocolError},
		"another version":     {websocket.MessageText, `{"protocol":"messagepack","version":2}` + "\x1e", `{"error":"This server speaks version 1 of the protocol only."}` + "\x1e", websocket.StatusProtocolError},
		"garbage":             {websocket.MessageText, "hello\x1e", `{"error":"The handshake cannot be read."}` + "\x1e", websocket.StatusProtocolError},
		"no end":              {websocket.MessageText, strings.TrimSuffix(hello, "\x1e"), `{"error":"The handshake cannot be read."}` + "\x1e", websocket.StatusProtocolError},
		"empty":               {websocket.MessageText, "", `{"error":"The handshake cannot be read."}` + "\x1e", websocket.StatusProtocolError},
		"rubbish follows":     {websocket.MessageBinary, hello + "\x09\x91", "", websocket.StatusProtocolError},
		"longer than allowed": {websocket.MessageText, strings.Repeat(" ", maxFrame+1-len(hello)) + hello, "", websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			ws := dial(t, url, nil)
			ws.say(c.kind, []byte(c.said))
			if c.answer != "" {
				if got := ws.hear(); string(got) != c.answer {
					t.Errorf("answered %q, want %q", got, c.answer)
				}
			}
			if c.end != 0 {
				ws.hearEnd(c.end)
				return
			}
			hub.Tell(vault.Notice{Kind: vault.NoticeSettings, User: user})
			if m := ws.hearMessage(); m[0] != int64(1) {
				t.Errorf("heard %v", m)
			}
		})
	}
}

// call is an invocation that fills a frame of size bytes, between 300 and 16,000.
func call(size int) []byte {
	n := size - 7
	return append([]byte{byte(n+5)&0x7f | 0x80, byte((n + 5) >> 7), 0x92, 1, 0xc5, byte(n >> 8), byte(n)}, make([]byte, n)...)
}

func TestWhatClientsSay(t *testing.T) {
	url := serve(t, userDoor(live.New(), nil))
	for name, c := range map[string]struct {
		kind websocket.MessageType
		said []byte
		end  websocket.StatusCode
	}{
		"close":             {websocket.MessageBinary, []byte{3, 0x92, 7, 0xc0}, websocket.StatusNormalClosure},
		"ping, close":       {websocket.MessageBinary, []byte{2, 0x91, 6, 2, 0x91, 7}, websocket.StatusNormalClosure},
		"long array, close": {websocket.MessageBinary, []byte{4, 0xdc, 0, 1, 7}, websocket.StatusNormalClosure},
		"text":              {websocket.MessageText, []byte("\x02\x11\x06"), websocket.StatusProtocolError},
		"nothing in it":     {websocket.MessageBinary, []byte{0}, websocket.StatusProtocolError},
		"cut short":         {websocket.MessageBinary, []byte{9, 0x91, 6}, websocket.StatusProtocolError},
		"length too long":   {websocket.MessageBinary, bytes.Repeat([]byte{0xff}, 12), websocket.StatusProtocolError},
		"not an array":      {websocket.MessageBinary, []byte{2, 0x81, 6}, websocket.StatusProtocolError},
		"empty array":       {websocket.MessageBinary, []byte{2, 0x90, 6}, websocket.StatusProtocolError},
		"type not a number": {websocket.MessageBinary, []byte{2, 0x91, 0xc0}, websocket.StatusProtocolError},
		"oversize":          {websocket.MessageBinary, call(maxFrame + 1), websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			ws := dial(t, url, nil).greeted()
			ws.say(c.kind, c.said)
			ws.hearEnd(c.end)
		})
	}
}

// TestCallsAreIgnored: clients have nothing to call, and one that tries goes on.
func TestCallsAreIgnored(t *testing.T) {
	ws := dial(t, serve(t, userDoor(live.New(), nil)), nil).greeted()
	ws.say(websocket.MessageBinary, []byte{9, 0x95, 1, 0x80, 0xc0, 0xa2, 'H', 'i', 0x91, 0xc0, 2, 0x91, 6})
	ws.say(websocket.MessageBinary, call(maxFrame))
	ws.say(websocket.MessageBinary, []byte{2, 0x91, 7})
	ws.hearEnd(websocket.StatusNormalClosure)
}

func TestEndSaysWhatWaits(t *testing.T) {
	hub := live.New()
	ws := dial(t, serve(t, userDoor(hub, nil)), nil).greeted()
	hub.Tell(vault.Notice{Kind: vault.NoticeItemAdded, User: user})
	hub.Tell(vault.Notice{Kind: vault.NoticeSignOut, User: user})
	hub.End(user, "")
	for _, want := range []int64{1, 11} {
		if got := ws.hearMessage()[4].([]any)[0].(map[string]any)["Type"]; got != want {
			t.Errorf("heard type %v, want %d", got, want)
		}
	}
	// Clients do not take a close message of fewer than two elements.
	if m := ws.hearMessage(); len(m) != 3 || m[0] != int64(7) || m[1] != nil || m[2] != true {
		t.Errorf("the last message is %v", m)
	}
	ws.hearEnd(websocket.StatusNormalClosure)
}

func TestServerStops(t *testing.T) {
	hub, done := live.New(), make(chan struct{})
	ws := dial(t, serve(t, userDoor(hub, done)), nil).greeted()
	close(done)
	if m := ws.hearMessage(); m[0] != int64(7) {
		t.Errorf("the last message is %v", m)
	}
	ws.hearEnd(websocket.StatusNormalClosure)
}

func TestPlainRequestIsAnsweredAndLeaves(t *testing.T) {
	hub := live.New()
	w := httptest.NewRecorder()
	userDoor(hub, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusUpgradeRequired || hub.Count() != 0 {
		t.Errorf("%d, %d listeners stay", w.Code, hub.Count())
	}
}

// TestEarlyClient does not wait for the upgrade before it shakes hands.
func TestEarlyClient(t *testing.T) {
	hub := live.New()
	tcp, err := net.Dial("tcp", strings.TrimPrefix(serve(t, userDoor(hub, nil)), "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	frame := append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...) // masked with zeros
	said := "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + string(frame)
	if _, err := tcp.Write([]byte(said)); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(tcp)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	defer res.Body.Close()
	answer := make([]byte, 5)
	if _, err := io.ReadFull(br, answer); err != nil || string(answer) != "\x81\x03{}\x1e" {
		t.Errorf("answered % x, %v", answer, err)
	}
}

// In a bubble a test ends only when every goroutine in it has: what Serve leaves
// behind fails the tests below.

// TestLongLife: the server pings, the deadlines of requests do not count, and
// answering the pings is not asked of the client.
func TestLongLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		ws := dial(t, "ws://in.test", bubble(t, userDoor(hub, nil))).greeted()
		for n := range 40 {
			began := time.Now()
			if m := ws.hearMessage(); len(m) != 1 || m[0] != int64(6) || time.Since(began) != pingEvery {
				t.Fatalf("heard %v after %v", m, time.Since(began))
			}
			if n%3 == 2 {
				ws.say(websocket.MessageBinary, []byte{2, 0x91, 6})
			}
		}
		hub.Tell(vault.Notice{Kind: vault.NoticeVault, User: user})
		if m := ws.hearMessage(); m[0] != int64(1) {
			t.Errorf("after ten minutes: %v", m)
		}
		ws.Close(websocket.StatusNormalClosure, "")
		synctest.Wait()
		if hub.Count() != 0 {
			t.Error("the client went and its listener stayed")
		}
	})
}

func TestSilentClientIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		ws := dial(t, "ws://in.test", bubble(t, userDoor(hub, nil))).greeted()
		began := time.Now()
		for {
			_, b, err := ws.Read(t.Context())
			if err != nil {
				break
			}
			if !bytes.Equal(b, ping) {
				t.Errorf("heard %x", b)
			}
		}
		synctest.Wait()
		if time.Since(began) != silence || hub.Count() != 0 {
			t.Errorf("dropped after %v, %d listeners stay", time.Since(began), hub.Count())
		}
	})
}

func TestSilentHandshakeIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		ws := dial(t, "ws://in.test", bubble(t, userDoor(hub, nil)))
		began := time.Now()
		if _, b, err := ws.Read(t.Context()); err == nil {
			t.Errorf("heard %q before the handshake", b)
		}
		synctest.Wait()
		if time.Since(began) != handshakeTime || hub.Count() != 0 {
			t.Errorf("dropped after %v, %d listeners stay", time.Since(began), hub.Count())
		}
	})
}

// TestSlowReader: a client that takes nothing is dropped, and telling it does not
// hold up who tells.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		dial(t, "ws://in.test", bubble(t, userDoor(hub, nil))).greeted()
		began := time.Now()
		for range 1000 {
			hub.Tell(vault.Notice{Kind: vault.NoticeItemAdded, User: user})
		}
		if time.Since(began) != 0 {
			t.Errorf("telling took %v", time.Since(began))
		}
		time.Sleep(writeTime - time.Second)
		synctest.Wait()
		before := hub.Count()
		time.Sleep(time.Second)
		synctest.Wait()
		if before != 1 || hub.Count() != 0 {
			t.Errorf("%d listeners before the deadline, %d after", before, hub.Count())
		}
	})
}

// TestEndOfADeafClient: one that does not take the last message either is left behind.
func TestEndOfADeafClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, done := live.New(), make(chan struct{})
		dial(t, "ws://in.test", bubble(t, userDoor(hub, done))).greeted()
		close(done)
		time.Sleep(writeTime)
		synctest.Wait()
		if hub.Count() != 0 {
			t.Error("the server waits for a client that does not read")
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte{2, 0x91, 6})
	f.Add([]byte{3, 0x92, 7, 0xc0, 2, 0x91, 6})
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		closed, err := scan(b)
		if closed && err != nil {
			t.Error("closed by a frame that cannot be read")
		}
		if _, err2 := scan(append([]byte{2, 0x91, 6}, b...)); (err2 == nil) != (err == nil) {
			t.Errorf("a ping before it changes %v to %v", err, err2)
		}
	})
}

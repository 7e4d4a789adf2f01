package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// perPerson is how many devices of one person listen: fewer than we allow.
const perPerson = 50

// hubRows connect devices and time how long it takes until all have heard of a
// change that each of their owners made.
func (b *bench) hubRows() (rows []row) {
	for _, n := range []int{100, 5000} {
		n = b.sizes.of(n)
		rows = append(rows, row{name: fmt.Sprintf("a change heard by all of %s devices", count(n)), clients: 1, calls: 6, setup: b.fanOut(n)})
	}
	return rows
}

// crowd are connected devices of several people.
type crowd struct {
	people []*person
	heard  atomic.Int64
	lost   atomic.Int64
}

func (b *bench) fanOut(devices int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		g := &crowd{}
		ctx, hangUp := context.WithCancel(ctx)
		s.after = append(s.after, hangUp)
		for n := range devices {
			if n%perPerson == 0 {
				p, err := s.known(ctx, fmt.Sprintf("listener%d", n/perPerson), 0, b.seed)
				if err != nil {
					return nil, err
				}
				g.people = append(g.people, p)
			}
			if err := g.listen(ctx, g.people[n/perPerson]); err != nil {
				return nil, fmt.Errorf("connection %d: %w", n+1, err)
			}
		}
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			at := time.Now()
			err := g.tell(ctx, int64(devices))
			return 0, time.Since(at), err
		}, nil
	}
}

// listen opens a connection to the hub, which counts what it hears until ctx ends.
func (g *crowd) listen(ctx context.Context, p *person) error {
	dial, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ws, resp, err := websocket.Dial(dial, "ws"+strings.TrimPrefix(p.at.url, "http")+"/notifications/hub?access_token="+p.token, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		if resp != nil {
			return &refused{"GET /notifications/hub", resp.StatusCode, ""}
		}
		return err
	}
	if err := ws.Write(dial, websocket.MessageText, []byte(`{"protocol":"messagepack","version":1}`+"\x1e")); err != nil {
		return err
	}
	if _, _, err := ws.Read(dial); err != nil {
		return err
	}
	go ping(ctx, ws)
	go func() {
		defer ws.CloseNow()
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				if ctx.Err() == nil {
					g.lost.Add(1)
				}
				return
			}
			g.heard.Add(int64(bytes.Count(b, []byte("ReceiveMessage"))))
		}
	}()
	return nil
}

// ping says every ten seconds that the device is there: a server hangs up on one
// that is silent for thirty.
func ping(ctx context.Context, ws *websocket.Conn) {
	t := time.NewTicker(10 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if ws.Write(ctx, websocket.MessageBinary, []byte{2, 0x91, 6}) != nil {
			return // the reader says what became of it
		}
	}
}

// tell lets each person make a folder and waits until every device has heard.
func (g *crowd) tell(ctx context.Context, devices int64) error {
	from := g.heard.Load()
	var wg sync.WaitGroup
	failed := make(chan error, len(g.people))
	for _, p := range g.people {
		wg.Go(func() {
			if _, err := p.at.do(ctx, "POST", "/api/folders", p.token, map[string]any{"name": p.account.UserKey.EncryptString("folder")}); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	for until := time.Now().Add(30 * time.Second); g.heard.Load()-from < devices && len(failed) == 0; time.Sleep(200 * time.Microsecond) {
		if time.Now().After(until) || g.lost.Load() > 0 {
			return fmt.Errorf("of %d devices %d heard of a change and %d lost their connection", devices, g.heard.Load()-from, g.lost.Load())
		}
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

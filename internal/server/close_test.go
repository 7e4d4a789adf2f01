package server_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
)

// ours are the goroutines of the server's own code, by id, but for tests'.
func ours() map[string]string {
	buf := make([]byte, 8<<20)
	found := map[string]string{}
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		if strings.Contains(stack, "strongroom/internal/") && !strings.Contains(stack, "servertest.") && !strings.Contains(stack, "server_test.") {
			found[id] = stack
		}
	}
	return found
}

// TestCloseLeavesNothing: a node with a connected device, jobs and reads just
// answered stops. Nothing of it runs on, and SQLite's journal has gone into its file.
func TestCloseLeavesNothing(t *testing.T) {
	before := ours()
	o := servertest.Options(t)
	n, err := server.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx, ln, nil) }()
	c := servertest.NewClient(t, "http://"+ln.Addr().String())
	p := c.Join("alice@example.com")
	ears := p.Listen()
	p.Add("x")
	ears.Next()
	in, _ := p.LogIn(p.Email)
	for range 20 {
		in.Do("GET", "/api/v1/passwords", nil).Want(200)
	}
	if len(ours()) <= len(before) {
		t.Fatal("this test cannot see the server's goroutines")
	}
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(o.Store.Source.Path + end); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there after the end: %v", end, err)
		}
	}
	var left []string
	for deadline := time.Now().Add(2 * time.Second); ; runtime.Gosched() { // one that has said that it is done may still be returning
		left = nil
		for id, stack := range ours() {
			if before[id] == "" {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			break
		}
	}
	if len(left) > 0 {
		t.Errorf("%d goroutines run on:\n%s", len(left), strings.Join(left, "\n\n"))
	}
	if _, more := <-ears.Heard; more {
		t.Error("the device heard something after the end")
	}
}

// slowly is a log that holds up who says that a device is gone, for a while or
// until closed.
type slowly struct {
	slog.Handler
	closed chan struct{}
	early  atomic.Bool // it was closed first
}

func (s *slowly) Enabled(context.Context, slog.Level) bool { return true }

func (s *slowly) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "notifications ended" {
		select {
		case <-s.closed:
			s.early.Store(true)
		case <-time.After(300 * time.Millisecond):
		}
	}
	return nil
}

// TestCloseWaits: Close returns after what it told to end has ended.
func TestCloseWaits(t *testing.T) {
	o := servertest.Options(t)
	held := &slowly{Handler: slog.DiscardHandler, closed: make(chan struct{})}
	o.Log = slog.New(held)
	n, err := server.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(n.Handler)
	defer s.Close()
	servertest.NewClient(t, s.URL).Join("alice@example.com").Listen()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	close(held.closed)
	for range 100 { // it would be held up now
		runtime.Gosched()
	}
	if held.early.Load() {
		t.Error("the node was closed while a connection was still being ended")
	}
}

// TestHalfOpen: a node that cannot be built leaves nothing running.
func TestHalfOpen(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1")
	o.RedisURL = "nonsense"
	if _, err := server.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "REDIS_URL") {
		t.Fatal(err)
	}
	stacks := make([]byte, 1<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; bytes.Contains(stacks, []byte("batchSpanProcessor")) {
		t.Error("traces are still collected")
	}
}

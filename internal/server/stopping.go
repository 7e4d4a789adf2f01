package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// silence is how long a new connection may send nothing before it no longer counts as
// one with a request on its way. http.Server.Shutdown has the same number.
const silence = 5 * time.Second

// unanswered are the connections with a request that is being answered or may be on
// its way. http.Server.Shutdown closes a connection whose request it has not read
// yet, without an answer: so it is called when there are none.
type unanswered struct {
	// reused is how long after an answer a proxy may send its next request. Only answers
	// to requests from before the end leave connections open.
	reused time.Duration

	mu    sync.Mutex
	conns map[net.Conn]time.Time // until when it counts; zero: until it is answered
}

// note is the server's ConnState.
func (u *unanswered) note(c net.Conn, s http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch s {
	case http.StateNew:
		u.conns[c] = time.Now().Add(silence)
	case http.StateActive:
		u.conns[c] = time.Time{}
	case http.StateIdle:
		u.conns[c] = time.Now().Add(u.reused)
	default:
		delete(u.conns, c)
	}
}

func (u *unanswered) none() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, until := range u.conns {
		if until.IsZero() || time.Now().Before(until) {
			return false
		}
	}
	return true
}

// wait returns when there are none, or when ctx ends. No connection may be added.
func (u *unanswered) wait(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !u.none() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

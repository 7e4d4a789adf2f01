// Package live is who is connected to this node and what they should hear. It
// speaks no protocol and starts no goroutine. Invariant: telling never waits for
// a listener, and a listener that cannot keep up learns that it missed something.
package live

import (
	"slices"
	"sync"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

// How many may listen at once: what a listener costs is memory of this node, and
// Await takes strangers.
const (
	MaxPerUser    = 64
	MaxAll        = 20_000
	MaxPerRequest = 10
	MaxAwaiting   = 2_000
)

// The refusals of Join and Await.
var (
	ErrTooMany  = fault.New(fault.TooMany, "live-limit", "Too many connections wait for notifications. Close some, or try again later.")
	ErrStopping = fault.New(fault.Unavailable, "live-stopping", "The server is stopping. Try again shortly.")
)

// Hub is safe for concurrent use.
type Hub struct {
	mu       sync.Mutex
	users    map[vault.UserID][]*Listener
	requests map[string][]*Listener // auth request -> strangers who await its answer
	joined   int
	awaiting int
	closed   bool
}

// New makes a hub without listeners.
func New() *Hub {
	return &Hub{users: map[vault.UserID][]*Listener{}, requests: map[string][]*Listener{}}
}

// Join adds a listener for everything that user should hear. It stays until
// Leave, End or Close.
func (h *Hub) Join(user vault.UserID, session vault.SessionID) (*Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, ErrStopping
	case h.joined >= MaxAll || len(h.users[user]) >= MaxPerUser:
		return nil, ErrTooMany
	}
	l := newListener(h)
	l.user, l.session = user, session
	h.users[user] = append(h.users[user], l)
	h.joined++
	return l, nil
}

// Await adds a listener that hears nothing but the answer to one auth request.
// Who listens is unknown, so the request's id must be hard to guess.
func (h *Hub) Await(request string) (*Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, ErrStopping
	case h.awaiting >= MaxAwaiting || len(h.requests[request]) >= MaxPerRequest:
		return nil, ErrTooMany
	}
	l := newListener(h)
	l.request, l.stranger = request, true
	h.requests[request] = append(h.requests[request], l)
	h.awaiting++
	return l, nil
}

// Tell passes n to all listeners of its user, and the answer to an auth request
// to those who await it as well.
func (h *Hub) Tell(n vault.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.users[n.User] {
		l.hear(n)
	}
	if n.Kind == vault.NoticeAuthAnswer {
		for _, l := range h.requests[n.Subject] {
			l.hear(n)
		}
	}
}

// End ends the user's listeners except those of session keep, "" for none. What
// they were told before can still be read.
func (h *Hub) End(user vault.UserID, keep vault.SessionID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end(h.users[user], keep)
}

// Count is how many listeners there are, strangers among them.
func (h *Hub) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.joined + h.awaiting
}

// Close ends every listener and lets nobody join any more.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, list := range h.users {
		h.end(list, "")
	}
	for _, list := range h.requests {
		h.end(list, "")
	}
}

func (h *Hub) end(list []*Listener, keep vault.SessionID) {
	for _, l := range slices.Clone(list) {
		if keep == "" || l.session != keep {
			h.drop(l)
			close(l.ended)
		}
	}
}

// drop forgets l, once.
func (h *Hub) drop(l *Listener) {
	switch {
	case l.gone:
	case l.stranger:
		remove(h.requests, l.request, l)
		h.awaiting--
	default:
		remove(h.users, l.user, l)
		h.joined--
	}
	l.gone = true
}

func remove[K comparable](m map[K][]*Listener, k K, l *Listener) {
	if i := slices.Index(m[k], l); i >= 0 {
		m[k] = slices.Delete(m[k], i, i+1)
	}
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

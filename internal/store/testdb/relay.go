package testdb

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Relay stands between a server and its database and can be cut. When what is sent has
// word in it, both ends are cut, before or after it is passed on.
type Relay struct {
	ln     net.Listener
	word   atomic.Pointer[string]
	passed atomic.Bool // the word reaches the database
	closed atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

// NewRelay makes one to an address.
func NewRelay(t testing.TB, to string) *Relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{ln: ln}
	t.Cleanup(func() { ln.Close(); r.Cut() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			d, err := net.Dial("tcp", to)
			if err != nil || r.closed.Load() {
				c.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, c, d)
			r.mu.Unlock()
			answer := make(chan struct{})
			go r.back(d, c, answer)
			go r.pass(c, d, answer)
		}
	}()
	return r
}

// back passes on what the database answers, until the answer to the word.
func (r *Relay) back(from, to net.Conn, answer chan struct{}) {
	defer to.Close()
	for b := make([]byte, 64<<10); ; {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		select {
		case answer <- struct{}{}:
			return
		default:
			to.Write(b[:n])
		}
	}
}

func (r *Relay) pass(from, to net.Conn, answer chan struct{}) {
	defer from.Close()
	defer to.Close()
	for b := make([]byte, 64<<10); ; {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		word := r.word.Load()
		hit := word != nil && bytes.Contains(bytes.ToLower(b[:n]), []byte(*word)) && r.word.CompareAndSwap(word, nil)
		switch {
		case !hit:
			to.Write(b[:n])
			continue
		case r.passed.Load():
			go to.Write(b[:n])
			<-answer // it has answered, so it has done it
		}
		return
	}
}

// Idle reports whether nobody is connected through it.
func (r *Relay) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns) == 0
}

// Cut ends all connections that there are.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

// CutAt cuts it when word, in lower case, is sent: after it reached the database if
// passed, or before.
func (r *Relay) CutAt(word string, passed bool) {
	r.passed.Store(passed)
	r.word.Store(&word)
}

// Gone has the database be out of reach, or back.
func (r *Relay) Gone(gone bool) {
	r.closed.Store(gone)
	if gone {
		r.Cut()
	}
}

// Host is its own address.
func (r *Relay) Host() string { return r.ln.Addr().String() }

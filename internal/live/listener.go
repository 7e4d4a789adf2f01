package live

import "strongroom/internal/vault"

// backlog is how many notices wait for one listener before they become a single
// "read everything again".
const backlog = 16

// Listener is one connection's place in the hub. Its fields but the channels
// belong to the hub's lock.
type Listener struct {
	hub      *Hub
	user     vault.UserID
	session  vault.SessionID
	request  string
	stranger bool // made by Await
	gone     bool
	notices  chan vault.Notice
	ended    chan struct{}
}

func newListener(h *Hub) *Listener {
	return &Listener{hub: h, notices: make(chan vault.Notice, backlog), ended: make(chan struct{})}
}

// Notices is what to tell the device. It is never closed: wait for Ended beside it.
func (l *Listener) Notices() <-chan vault.Notice { return l.notices }

// Ended is closed when the hub ended the listener. Notices from before, the one
// that says why among them, may still wait.
func (l *Listener) Ended() <-chan struct{} { return l.ended }

// Leave takes the listener off the hub. It may be called at any time and again.
func (l *Listener) Leave() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.drop(l)
}

// hear is called under the hub's lock, which makes it the only sender.
func (l *Listener) hear(n vault.Notice) {
	select {
	case l.notices <- n:
		return
	default:
	}
	if l.stranger {
		return // what waits is the same answer already
	}
	signOut, mustLeave := l.drain(n)
	l.notices <- vault.Notice{ID: n.ID, Kind: vault.NoticeVault, User: n.User, At: n.At}
	if mustLeave {
		l.notices <- signOut
	}
}

// drain empties the backlog and returns the last order to sign out in it or in
// n: reading everything again makes up for any other notice, but not for that.
func (l *Listener) drain(n vault.Notice) (signOut vault.Notice, found bool) {
	for {
		select {
		case old := <-l.notices:
			if old.Kind == vault.NoticeSignOut {
				signOut, found = old, true
			}
		default:
			if n.Kind == vault.NoticeSignOut {
				signOut, found = n, true
			}
			return signOut, found
		}
	}
}

package live

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"strongroom/internal/vault"
)

const (
	ann = vault.UserID("ann")
	bob = vault.UserID("bob")
)

func join(t *testing.T, h *Hub, u vault.UserID, s vault.SessionID) *Listener {
	t.Helper()
	l, err := h.Join(u, s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func await(t *testing.T, h *Hub, request string) *Listener {
	t.Helper()
	l, err := h.Await(request)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// waiting empties what l was told.
func waiting(l *Listener) (all []vault.Notice) {
	for {
		select {
		case n := <-l.Notices():
			all = append(all, n)
		default:
			return all
		}
	}
}

func ended(l *Listener) bool {
	select {
	case <-l.Ended():
		return true
	default:
		return false
	}
}

func TestTellReachesTheUsersListenersOnly(t *testing.T) {
	h := New()
	a1, a2, b, w := join(t, h, ann, "1"), join(t, h, ann, "2"), join(t, h, bob, "3"), await(t, h, "r")
	n := vault.Notice{ID: "n", Kind: vault.NoticeItemAdded, User: ann, Subject: "r", At: time.Unix(5, 0), Device: "d"}
	h.Tell(n)
	for _, l := range []*Listener{a1, a2} {
		if got := waiting(l); len(got) != 1 || got[0] != n {
			t.Errorf("Ann's listener heard %+v", got)
		}
	}
	if got := append(waiting(b), waiting(w)...); len(got) != 0 {
		t.Errorf("others heard %+v", got)
	}
	a1.Leave()
	a1.Leave()
	h.Tell(n)
	if got := waiting(a1); len(got) != 0 {
		t.Errorf("who left heard %+v", got)
	}
	if len(waiting(a2)) != 1 || h.Count() != 3 {
		t.Errorf("one leaving changed the others; %d listeners", h.Count())
	}
}

func TestAnswerReachesThoseWhoAwaitIt(t *testing.T) {
	h := New()
	a, w1, w2, other := join(t, h, ann, "1"), await(t, h, "r"), await(t, h, "r"), await(t, h, "r2")
	n := vault.Notice{Kind: vault.NoticeAuthAnswer, User: ann, Subject: "r"}
	for range 3 * backlog {
		h.Tell(n)
	}
	for _, l := range []*Listener{w1, w2} {
		got := waiting(l)
		if len(got) != backlog {
			t.Errorf("%d answers wait", len(got))
		}
		for _, g := range got {
			if g != n {
				t.Errorf("a stranger heard %+v", g)
			}
		}
	}
	if len(waiting(a)) == 0 || len(waiting(other)) != 0 {
		t.Error("the answer did not reach the user, or it reached who waits for another")
	}
}

func TestFullBacklogBecomesOneNotice(t *testing.T) {
	h := New()
	slow, quick := join(t, h, ann, "1"), join(t, h, ann, "2")
	for i := range backlog + 1 {
		h.Tell(vault.Notice{ID: fmt.Sprint(i), Kind: vault.NoticeItemAdded, User: ann, Subject: "x", Device: "d", At: time.Unix(int64(i), 0)})
		if got := waiting(quick); len(got) != 1 || got[0].ID != fmt.Sprint(i) {
			t.Fatalf("the quick one heard %+v", got)
		}
	}
	want := vault.Notice{ID: fmt.Sprint(backlog), Kind: vault.NoticeVault, User: ann, At: time.Unix(backlog, 0)}
	if got := waiting(slow); len(got) != 1 || got[0] != want {
		t.Errorf("the slow one heard %+v", got)
	}
	h.Tell(vault.Notice{Kind: vault.NoticeItemDeleted, User: ann})
	if got := waiting(slow); len(got) != 1 || got[0].Kind != vault.NoticeItemDeleted {
		t.Errorf("once read up, it heard %+v", got)
	}
}

func TestSignOutOutlivesTheBacklog(t *testing.T) {
	for at := range backlog + 1 {
		h := New()
		l := join(t, h, ann, "1")
		for i := range backlog + 1 {
			kind := vault.NoticeItemAdded
			if i == at {
				kind = vault.NoticeSignOut
			}
			h.Tell(vault.Notice{Kind: kind, User: ann, Device: "d"})
		}
		got := waiting(l)
		if len(got) != 2 || got[0].Kind != vault.NoticeVault || got[1].Kind != vault.NoticeSignOut || got[1].Device != "d" {
			t.Errorf("signed out at %d: %+v", at, got)
		}
	}
}

func TestEndKeepsOneSession(t *testing.T) {
	h := New()
	kept, gone, b := join(t, h, ann, "keep"), join(t, h, ann, "2"), join(t, h, bob, "3")
	h.Tell(vault.Notice{Kind: vault.NoticeSignOut, User: ann})
	h.End(ann, "keep")
	if ended(kept) || !ended(gone) || ended(b) || h.Count() != 2 {
		t.Errorf("kept %v, gone %v, Bob's %v, %d left", ended(kept), ended(gone), ended(b), h.Count())
	}
	if got := waiting(gone); len(got) != 1 || got[0].Kind != vault.NoticeSignOut {
		t.Errorf("the ended one can still read %+v", got)
	}
	gone.Leave()
	h.End(ann, "")
	h.End(ann, "")
	if !ended(kept) || ended(b) || h.Count() != 1 {
		t.Errorf("kept %v, Bob's %v, %d left", ended(kept), ended(b), h.Count())
	}
}

func TestEndWithoutKeepEndsListenersWithoutSession(t *testing.T) {
	h := New()
	l := join(t, h, ann, "")
	h.End(ann, "")
	if !ended(l) {
		t.Error("a listener without a session outlived End")
	}
}

func TestClose(t *testing.T) {
	h := New()
	a, b, w := join(t, h, ann, "1"), join(t, h, bob, "2"), await(t, h, "r")
	h.Close()
	h.Close()
	if !ended(a) || !ended(b) || !ended(w) || h.Count() != 0 {
		t.Errorf("%v %v %v, %d left", ended(a), ended(b), ended(w), h.Count())
	}
	if _, err := h.Join(ann, "1"); !errors.Is(err, ErrStopping) {
		t.Errorf("joining a closed hub: %v", err)
	}
	if _, err := h.Await("r"); !errors.Is(err, ErrStopping) {
		t.Errorf("awaiting at a closed hub: %v", err)
	}
}

func TestLimits(t *testing.T) {
	h := New()
	var last *Listener
	for range MaxPerUser {
		last = join(t, h, ann, "1")
	}
	if _, err := h.Join(ann, "1"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more for a user: %v", err)
	}
	last.Leave()
	join(t, h, ann, "1")
	for i := h.Count(); i < MaxAll; i++ {
		join(t, h, vault.UserID(fmt.Sprint(i)), "1")
	}
	if _, err := h.Join(bob, "1"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more in all: %v", err)
	}
	for range MaxPerRequest {
		await(t, h, "r")
	}
	if _, err := h.Await("r"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more for a request: %v", err)
	}
	for i := MaxPerRequest; i < MaxAwaiting; i++ {
		last = await(t, h, fmt.Sprint(i))
	}
	if _, err := h.Await("new"); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more stranger: %v", err)
	}
	last.Leave()
	await(t, h, "new")
}

// TestManyAtOnce: joining, telling, reading, ending and leaving at the same time
// lose nobody, and leave nothing behind in the hub.
func TestManyAtOnce(t *testing.T) {
	h := New()
	var all sync.WaitGroup
	for i := range 8 {
		user := vault.UserID(fmt.Sprint(i % 2))
		all.Go(func() {
			for n := range 500 {
				l, err := h.Join(user, vault.SessionID(fmt.Sprint(i)))
				w, err2 := h.Await("r")
				if err != nil || err2 != nil {
					t.Error(err, err2)
					return
				}
				h.Tell(vault.Notice{Kind: vault.NoticeAuthAnswer, User: user, Subject: "r"})
				select {
				case <-l.Notices():
				case <-l.Ended():
				}
				<-w.Notices()
				if n%50 == 0 {
					h.End(user, vault.SessionID(fmt.Sprint(i)))
				}
				l.Leave()
				w.Leave()
			}
		})
	}
	all.Wait()
	if h.Count() != 0 || len(h.users) != 0 || len(h.requests) != 0 {
		t.Errorf("left behind: %d, %v, %v", h.Count(), h.users, h.requests)
	}
}

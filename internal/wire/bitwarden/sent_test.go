package bitwarden

import (
	"testing"
	"testing/synctest"
	"time"

	"strongroom/internal/vault"
)

func TestSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sent
		now := time.Now()
		alice, bob := vault.Caller{User: "alice", Changed: now}, vault.Caller{User: "bob", Changed: now}
		has := func(c vault.Caller, want bool) {
			t.Helper()
			if _, ok := s.find(c); ok != want {
				t.Errorf("%s at %s: found is %v", c.User, c.Changed, ok)
			}
		}
		has(alice, false)
		s.add(alice, [][]byte{[]byte("one"), []byte("two")})
		has(alice, true)
		has(bob, false)
		changed := alice
		changed.Changed = now.Add(time.Microsecond)
		has(changed, false)
		narrow := alice
		narrow.Folder = "f"
		has(narrow, false)

		// What is asked for stays; what is not goes by itself.
		for range 3 {
			time.Sleep(sentLife - time.Second)
			has(alice, true)
		}
		time.Sleep(sentLife + time.Second)
		synctest.Wait()
		if len(s.vaults) != 0 || s.size != 0 {
			t.Errorf("%d vaults of %d bytes are left", len(s.vaults), s.size)
		}

		// A new one takes the old one's place, and makes room for itself.
		third := make([]byte, maxSent*2/5)
		for _, c := range []vault.Caller{alice, bob, changed} {
			s.add(c, [][]byte{third})
			time.Sleep(time.Second)
		}
		has(alice, false)
		has(changed, true)
		time.Sleep(time.Second)
		has(bob, true)
		s.add(vault.Caller{User: "carol", Changed: now}, [][]byte{third})
		has(changed, false) // bob was asked for since
		has(bob, true)
		if s.size != 2*len(third) {
			t.Errorf("%d bytes are counted", s.size)
		}
	})
}

func TestClaims(t *testing.T) {
	var s sent
	for n, want := range []bool{true, false, true, false} {
		if got := s.claim([]vault.UserID{"a", "a", "b", "c"}[n]); got != want {
			t.Errorf("claim %d: %v", n, got)
		}
	}
	s.release("a")
	if !s.claim("c") {
		t.Error("a claim that was given back is not free")
	}
}

package cluster

import (
	"testing"
	"time"
)

// TestSince: a node that nobody listened on never reads what came before somebody
// did, one that goes on reads far back now and then, and one whose reading fails
// goes on from where it was.
func TestSince(t *testing.T) {
	b := &Bus{}
	woke := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	read := func(after time.Duration, works bool) (from time.Duration) {
		now := woke.Add(after)
		at, dive := b.since(now)
		if works {
			if b.good = now; dive {
				b.dived = now
			}
		}
		return at.Sub(woke)
	}
	for after := time.Duration(0); after < 2*deep; after += time.Second {
		if from := read(after, after > 2*time.Second); from < -overlap || from > max(after, 3*time.Second)-overlap {
			t.Errorf("%v after it woke it reads from %v on", after, from)
		}
	}
	if from := read(2*deep+farBack, false); from != deep+farBack {
		t.Errorf("it does not read far back: from %v on", from)
	}
	if from := read(3*deep, true); from != 2*deep-time.Second-overlap {
		t.Errorf("after a minute of failing it reads from %v on", from)
	}
	if from := read(3*deep+time.Second, true); from != 3*deep-overlap {
		t.Errorf("a second later it reads from %v on", from)
	}
}

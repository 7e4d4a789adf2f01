package backup

import (
	"strings"
	"testing"
	"time"
)

func TestKeep(t *testing.T) {
	var list []Entry
	for d := range 400 {
		at := time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, d)
		e, ok := entry(NewName(at), 1)
		if !ok {
			t.Fatal("its own name is none")
		}
		list = append(list, e)
	}
	k, err := ParseKeep("last=2, daily=3,weekly=2,monthly=4")
	if err != nil {
		t.Fatal(err)
	}
	gone := map[string]bool{}
	for _, e := range k.Surplus(list) {
		gone[e.Name] = true
	}
	var kept []string
	for _, e := range list {
		if !gone[e.Name] {
			kept = append(kept, e.Made.Format(time.DateOnly))
		}
	}
	// 2026-02-04 is a Wednesday: the days 4, 3, 2, the Sunday before, and month ends.
	if got := strings.Join(kept, " "); got != "2025-11-30 2025-12-31 2026-01-31 2026-02-01 2026-02-02 2026-02-03 2026-02-04" {
		t.Error(got)
	}
	if gone := (Keep{}).Surplus(list); gone != nil {
		t.Error("nothing is set, and something goes")
	}
	for _, bad := range []string{"last", "last=x", "yearly=1", "last=-1"} {
		if _, err := ParseKeep(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, ok := entry("strongroom.db", 1); ok {
		t.Error("a database counts as a backup that may go")
	}
}

func TestLock(t *testing.T) {
	for _, bad := range []Lock{{}, {Passphrase: "short"}, {Passphrase: "long enough for this", Recipients: "age1x"}, {Recipients: "age1x"}} {
		if _, err := bad.To(); err == nil || strings.Contains(err.Error(), "short") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := (Lock{}).Keys(nil); err == nil {
		t.Error("nothing opens everything")
	}
}

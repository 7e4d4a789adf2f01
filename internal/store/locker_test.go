package store_test

import (
	"testing"
	"time"

	"strongroom/internal/store/testdb"
)

// TestLeaseThroughThePool: the lease on migrations outlives the connections it was
// taken and renewed on, and is given back.
func TestLeaseThroughThePool(t *testing.T) {
	t.Parallel()
	src := testdb.New(t, "mysql")
	r := testdb.NewRelay(t, src.Host)
	through := src
	through.Host = r.Host()
	s := open(t, through)
	give, err := s.KeepLease(t.Context(), "me", 5*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	renewed := func() bool {
		deadline := time.Now().Add(20 * time.Second)
		for ; time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			if testdb.Cell(t, src, "SELECT IF(until > UNIX_TIMESTAMP(), 'yes', 'no') FROM migration_lease WHERE id = 1 AND holder = 'me'") == "yes" {
				return true
			}
		}
		return false
	}
	testdb.Exec(t, src, "UPDATE migration_lease SET holder = 'me' WHERE id = 1")
	for range 3 {
		if !renewed() {
			t.Fatal("the lease is not renewed")
		}
		r.Cut()
		testdb.Exec(t, src, "UPDATE migration_lease SET until = 0 WHERE id = 1")
	}
	give()
	if got := testdb.Cell(t, src, "SELECT until FROM migration_lease WHERE id = 1"); got != "0" {
		t.Error("it was not given back:", got)
	}
}

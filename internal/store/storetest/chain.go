package storetest

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// chained opens a store whose audit log has n lines, all of them chained.
func chained(t *testing.T, src store.Source, n int) (*store.Store, *vault.User) {
	t.Helper()
	s := open(t, store.Options{Source: src, Keys: Keys(t)})
	u := user(t, s, "a@example.com")
	for i := range n {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: u.ID, Actor: u.ID, Address: "192.0.2.7", Detail: fmt.Sprint(i)})
		})
	}
	chainAll(t, s)
	return s, u
}

func chainAll(t *testing.T, s *store.Store) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = s.ChainEvents(t.Context(), 7)
		must(t, err)
	}
}

func verified(t *testing.T, s *store.Store) vault.ChainReport {
	t.Helper()
	r, err := s.VerifyChain(t.Context())
	must(t, err)
	return r
}

// tampering is what somebody with the database and without the keys may do to a
// chain of 30 lines, and the first line that a check must name.
var tampering = []struct {
	name string
	bad  int64
	do   []string
}{
	{"a line's kind changed", 10, []string{`UPDATE events SET kind = 12 WHERE seq = 10`}},
	{"a line's time changed", 10, []string{`UPDATE events SET at = at + 1 WHERE seq = 10`}},
	{"a line's content changed", 10, []string{`UPDATE events SET sealed = (SELECT s FROM (SELECT sealed AS s FROM events WHERE seq = 11) x) WHERE seq = 10`}},
	{"a link changed", 10, []string{`UPDATE events SET link = (SELECT l FROM (SELECT link AS l FROM events WHERE seq = 11) x) WHERE seq = 10`}},
	{"a line hidden from its person", 10, []string{`UPDATE events SET user_id = NULL WHERE seq = 10`}},
	{"a line deleted", 10, []string{`DELETE FROM events WHERE seq = 10`}},
	{"a line deleted and the rest moved up", 10, []string{`DELETE FROM events WHERE seq = 10`, `UPDATE events SET seq = seq + 1000 WHERE seq > 10`, `UPDATE events SET seq = seq - 1001 WHERE seq > 1000`}},
	{"the first line deleted", 1, []string{`DELETE FROM events WHERE seq = 1`}},
	{"the tail cut off", 26, []string{`DELETE FROM events WHERE seq > 25`}},
	{"everything deleted", 1, []string{`DELETE FROM events`}},
	{"the tail cut off and its record with it", 1, []string{`DELETE FROM events WHERE seq > 25`, `DELETE FROM settings WHERE name = 'audit_head'`}},
	{"the record of the end changed for another sealed value", 1, []string{`UPDATE settings SET value = (SELECT sealed FROM events WHERE seq = 5) WHERE name = 'audit_head'`}},
	{"two lines exchanged", 10, []string{`UPDATE events SET seq = 1000 WHERE seq = 10`, `UPDATE events SET seq = 10 WHERE seq = 20`, `UPDATE events SET seq = 20 WHERE seq = 1000`}},
	{"two lines' contents exchanged", 10, []string{`UPDATE events SET seq = 1000 WHERE seq = 10`, `UPDATE events SET seq = 10, link = (SELECT l FROM (SELECT link AS l FROM events WHERE seq = 1000) x) WHERE seq = 11`,
		`UPDATE events SET seq = 11 WHERE seq = 1000`}},
	{"a copy put in between", 10, []string{`UPDATE events SET seq = seq + 1000 WHERE seq >= 10`, `UPDATE events SET seq = seq - 999 WHERE seq >= 1000`,
		`INSERT INTO events (id, at, kind, user_id, sealed, seq, link) SELECT '00000000-0000-4000-8000-000000000001', at, kind, user_id, sealed, 10, link FROM events WHERE seq = 9`}},
	{"a copy put in at the end", 31, []string{`INSERT INTO events (id, at, kind, user_id, sealed, seq, link) SELECT '00000000-0000-4000-8000-000000000001', at, kind, user_id, sealed, 31, link FROM events WHERE seq = 30`}},
	{"a copy put in for the job to chain", 31, []string{`INSERT INTO events (id, at, kind, user_id, sealed) SELECT '00000000-0000-4000-8000-000000000001', at, kind, user_id, sealed FROM events WHERE seq = 9`}},
	{"a line put in before the first", 0, []string{`INSERT INTO events (id, at, kind, user_id, sealed, seq, link) SELECT '00000000-0000-4000-8000-000000000001', at, kind, user_id, sealed, 0, link FROM events WHERE seq = 9`}},
	{"a line not chained yet, its kind changed", 31, []string{`LATE`, `UPDATE events SET kind = 12 WHERE seq IS NULL`}},
}

func (s Suite) chainFinds(t *testing.T) {
	src := s.New(t)
	st, u := chained(t, src, 30)
	if r := verified(t, st); r.Bad != 0 || r.Lines != 30 || r.First != 1 || r.Last != 30 || r.Link == "" || r.PublicKey == "" {
		t.Fatalf("untouched: %+v", r)
	}
	for n, c := range tampering {
		t.Run(c.name, func(t *testing.T) {
			src, st := src, st
			if n > 0 { // each has a chain of its own
				src = s.New(t)
				st, u = chained(t, src, 30)
			}
			for _, stmt := range c.do {
				if stmt == "LATE" {
					write(t, st, func(ctx context.Context, tx *store.Tx) error {
						return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: u.ID})
					})
					continue
				}
				testdb.Exec(t, src, stmt)
			}
			if c.bad == 31 && !strings.Contains(c.name, "at the end") {
				chainAll(t, st)
			}
			r := verified(t, st)
			if r.Why == "" || r.Bad != c.bad {
				t.Errorf("found line %d (%s), want %d", r.Bad, r.Why, c.bad)
			}
		})
	}
}

// retention: what is old goes, what is left verifies, and taking more is found.
func retention(t *testing.T, src store.Source) {
	now := time.Now().Add(-24 * time.Hour)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Millisecond); return now }
	s := open(t, store.Options{Source: src, Keys: Keys(t), Now: clock})
	u := user(t, s, "a@example.com")
	line := func() {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.Record(ctx, vault.Event{Kind: vault.EventSignedIn, User: u.ID})
		})
	}
	for range 50 {
		line()
	}
	chainAll(t, s)
	mu.Lock()
	before := now.Add(time.Minute)
	now = now.Add(time.Hour)
	mu.Unlock()
	for range 20 {
		line()
	}
	chainAll(t, s)
	if n, err := s.DropEvents(t.Context(), before, 15, 100); err != nil || n != 15 {
		t.Fatal(n, err)
	}
	total := int64(15)
	for n := int64(1); n > 0; total += n {
		var err error
		n, err = s.DropEvents(t.Context(), before, math.MaxInt64, 10)
		must(t, err)
	}
	chainAll(t, s) // taking away is written down, too: here in 5 lines
	if r := verified(t, s); total != 50 || r.Bad != 0 || r.First != 51 || r.Last != 75 || r.Lines != 25 {
		t.Fatalf("%d were taken away: %+v", total, r)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, u.ID) })
	if r := verified(t, s); r.Bad != 0 {
		t.Errorf("after the person was deleted: %+v", r)
	}
	testdb.Exec(t, src, `DELETE FROM events WHERE seq = 51`)
	if r := verified(t, s); r.Bad != 51 {
		t.Errorf("the first that was to be kept is gone: %+v", r)
	}
}

// chainedAtOnce: many nodes that chain at once make one chain, while lines are written.
func chainedAtOnce(t *testing.T, src store.Source) {
	s := open(t, store.Options{Source: src, Keys: Keys(t)})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.Record(t.Context(), vault.Event{Kind: vault.EventSignedIn}) }); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if _, err := s.ChainEvents(t.Context(), 5); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 5 {
				if err := s.Note(t.Context(), vault.Event{Kind: vault.EventSecretRead}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	chainAll(t, s)
	if r := verified(t, s); r.Bad != 0 || r.Lines != 100 {
		t.Errorf("%+v", r)
	}
}

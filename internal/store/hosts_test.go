package store_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/store/storetest"
	"strongroom/internal/store/testdb"
)

func networked(t *testing.T, test func(t *testing.T, src store.Source)) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			src := testdb.New(t, kind)
			src.Params.Set("sslmode", "disable") // the relay reads along
			test(t, src)
		})
	}
}

func open(t *testing.T, src store.Source) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Source: src, Keys: storetest.Keys(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// put adds a job of that name; runs counts how often the transaction ran.
func put(t *testing.T, s *store.Store, name string, runs *int) error {
	t.Helper()
	return s.Tx(t.Context(), func(tx *store.Tx) error {
		*runs++
		return tx.AddJob(t.Context(), name)
	})
}

func jobs(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		js, err := tx.Jobs(t.Context())
		names = nil
		for _, j := range js {
			names = append(names, j.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestSeveralHosts: a host that is not there is passed by, one that goes away is
// left for another without an error, and all gone is said and gets over.
func TestSeveralHosts(t *testing.T) {
	networked(t, func(t *testing.T, src store.Source) {
		none, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		none.Close()
		a, b := testdb.NewRelay(t, src.Host), testdb.NewRelay(t, src.Host)
		src.Host = none.Addr().String() + "," + a.Host() + "," + b.Host()
		s := open(t, src)
		runs := 0
		if err := put(t, s, "one", &runs); err != nil || runs != 1 {
			t.Fatal(err, runs)
		}
		if !b.Idle() {
			t.Error("it went to the third host, with the second one there")
		}
		a.Gone(true)
		if err := put(t, s, "two", &runs); err != nil {
			t.Error("one of two hosts is gone:", err)
		}
		b.Gone(true)
		if err := put(t, s, "three", &runs); !errors.Is(err, store.ErrUnavailable) {
			t.Error("all hosts are gone:", err)
		}
		a.Gone(false)
		if err := put(t, s, "four", &runs); err != nil {
			t.Error("a host is back:", err)
		}
		if got := jobs(t, s); !slices.Equal(got, []string{"four", "one", "two"}) {
			t.Error(got)
		}
	})
}

// TestLostBeforeTheCommit: a transaction whose connection is lost has changed
// nothing, and is run again.
func TestLostBeforeTheCommit(t *testing.T) {
	networked(t, func(t *testing.T, src store.Source) {
		r := testdb.NewRelay(t, src.Host)
		src.Host = r.Host()
		s := open(t, src)
		for _, word := range []string{"start transaction", "begin", "insert into jobs"} {
			runs := 0
			r.CutAt(word, true)
			if err := put(t, s, word, &runs); err != nil {
				t.Errorf("cut at %s: %v", word, err)
			}
			if word == "insert into jobs" && runs != 2 {
				t.Errorf("it ran %d times: the connection was not cut", runs)
			}
		}
		if got := jobs(t, s); len(got) != 3 {
			t.Error(got)
		}
	})
}

// TestLostInTheCommit: nobody knows whether such a transaction was committed. It is
// not run again, and the answer says so.
func TestLostInTheCommit(t *testing.T) {
	networked(t, func(t *testing.T, src store.Source) {
		r := testdb.NewRelay(t, src.Host)
		src.Host = r.Host()
		s := open(t, src)
		for name, done := range map[string]bool{"done": true, "undone": false} {
			runs := 0
			r.CutAt("commit", done)
			if err := put(t, s, name, &runs); !errors.Is(err, store.ErrUncertain) || runs != 1 {
				t.Errorf("%s: %v after %d runs", name, err, runs)
			}
		}
		if got := jobs(t, s); !slices.Equal(got, []string{"done"}) {
			t.Error(got)
		}
	})
}

// TestCallerWentAway: a caller that gives up before the commit is told that, and
// not that anything is uncertain.
func TestCallerWentAway(t *testing.T) {
	networked(t, func(t *testing.T, src store.Source) {
		s := open(t, src)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Tx(ctx, func(tx *store.Tx) error {
			defer cancel()
			return tx.AddJob(ctx, "x")
		})
		if err == nil || errors.Is(err, store.ErrUncertain) {
			t.Error(err)
		}
		if got := jobs(t, s); len(got) > 0 {
			t.Error(got)
		}
	})
}

// TestReadOnlyHosts: of several hosts one that takes writes is wanted; with none,
// the store says that it cannot now, and goes on once there is one.
func TestReadOnlyHosts(t *testing.T) {
	t.Parallel()
	src := testdb.New(t, "postgres")
	a, b := testdb.NewRelay(t, src.Host), testdb.NewRelay(t, src.Host)
	src.Host = a.Host() + "," + b.Host()
	s := open(t, src)
	testdb.Exec(t, storeAt(src, a), "ALTER DATABASE "+src.Name+" SET default_transaction_read_only = on")
	a.Cut()
	b.Cut()
	runs := 0
	if err := put(t, s, "x", &runs); !errors.Is(err, store.ErrUnavailable) || runs > 0 {
		t.Errorf("%v after %d runs", err, runs)
	}
	elsewhere := storeAt(src, a)
	elsewhere.Name = "postgres"
	testdb.Exec(t, elsewhere, "ALTER DATABASE "+src.Name+" RESET default_transaction_read_only")
	if err := put(t, s, "x", &runs); err != nil {
		t.Error(err)
	}
}

func storeAt(src store.Source, r *testdb.Relay) store.Source {
	src.Host = r.Host()
	return src
}

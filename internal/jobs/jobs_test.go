package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"strongroom/internal/cluster"
	"strongroom/internal/fault"
	"strongroom/internal/jobs"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// bench is a database with a clock that the test moves.
type bench struct {
	t   *testing.T
	s   *store.Store
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	b.s = testdb.Open(t, "sqlite", func() time.Time { return b.now })
	return b
}

func (b *bench) node(id vault.NodeID, js ...jobs.Job) *jobs.Runner {
	b.t.Helper()
	r := jobs.New(&cluster.Leases{Store: b.s, Node: id}, slog.New(slog.DiscardHandler), js...)
	if err := r.Prepare(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) look(r *jobs.Runner) {
	b.t.Helper()
	if err := r.Look(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) job(name string) *vault.Job {
	b.t.Helper()
	var found *vault.Job
	err := b.s.Read(b.t.Context(), func(tx *store.Tx) error {
		js, err := tx.Jobs(b.t.Context())
		for _, j := range js {
			if j.Name == name {
				found = j
			}
		}
		return err
	})
	if err != nil || found == nil {
		b.t.Fatal(name, err)
	}
	return found
}

// TestOneNodeRunsWhatIsDue: two nodes look again and again; each time has one run.
func TestOneNodeRunsWhatIsDue(t *testing.T) {
	b := newBench(t)
	ran := map[vault.NodeID]int{}
	count := func(id vault.NodeID) jobs.Job {
		return jobs.Job{Name: "count", Every: 10 * time.Minute, Run: func(context.Context) (string, error) { ran[id]++; return string(id), nil }}
	}
	one, two := b.node("one", count("one")), b.node("two", count("two"))
	for range 3 {
		b.look(one)
		b.look(two)
	}
	b.now = b.now.Add(10 * time.Minute)
	b.look(two)
	b.look(one)
	if ran["one"] != 1 || ran["two"] != 1 {
		t.Errorf("it ran %v", ran)
	}
	if j := b.job("count"); j.State != vault.JobDone || j.Node != "two" || j.Result != "two" || !j.NextAt.Equal(b.now.Add(10*time.Minute)) {
		t.Errorf("written down: %+v", j)
	}
}

// TestFailuresAreWrittenDown: one broken job does not stop the next, and what is
// kept of the reason is fit to be shown.
func TestFailuresAreWrittenDown(t *testing.T) {
	b := newBench(t)
	ran := false
	r := b.node("n",
		jobs.Job{Name: "panics", Every: time.Hour, Run: func(context.Context) (string, error) { panic("a secret") }},
		jobs.Job{Name: "fails", Every: time.Hour, Run: func(context.Context) (string, error) { return "", errors.New("dial 10.0.0.7: a secret") }},
		jobs.Job{Name: "refused", Every: time.Hour, Run: func(context.Context) (string, error) {
			return "", fault.New(fault.Unavailable, "test-off", "The mail server does not answer.")
		}},
		jobs.Job{Name: "works", Every: time.Hour, Run: func(context.Context) (string, error) { ran = true; return "1 done", nil }})
	b.look(r)
	const told = "It failed; the log of the node that ran it has the reason."
	for name, want := range map[string]string{"panics": told, "fails": told, "refused": "The mail server does not answer."} {
		if j := b.job(name); j.State != vault.JobFailed || j.Result != want {
			t.Errorf("%s: %s, %q", name, j.State, j.Result)
		}
	}
	if !ran || b.job("works").State != vault.JobDone {
		t.Error("the job after the broken ones did not run")
	}
}

// TestSilentNodesJobIsTakenOver: a node that died with a lease holds nobody up
// for longer than the lease.
func TestSilentNodesJobIsTakenOver(t *testing.T) {
	b := newBench(t)
	var during error
	var second *jobs.Runner
	work := jobs.Job{Name: "work", Every: time.Hour, Run: func(ctx context.Context) (string, error) {
		during = second.Now(ctx, "work")
		return "first", nil
	}}
	first := b.node("first", work)
	taken := false
	second = b.node("second", jobs.Job{Name: "work", Every: time.Hour, Run: func(context.Context) (string, error) { taken = true; return "second", nil }})
	b.look(first)
	if !errors.Is(during, vault.ErrJobRunning) || taken {
		t.Errorf("while it ran another got: %v, ran: %v", during, taken)
	}
	// Now a node that claims and is never heard of again.
	err := b.s.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ClaimJob(t.Context(), "work", "dead", tx.Now.Add(time.Minute), false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(59 * time.Second)
	if err := second.Now(t.Context(), "work"); !errors.Is(err, vault.ErrJobRunning) || taken {
		t.Errorf("a lease that stands was broken: %v", err)
	}
	b.now = b.now.Add(2 * time.Second)
	if err := second.Now(t.Context(), "work"); err != nil || !taken {
		t.Errorf("it was not taken over: %v", err)
	}
	if err := second.Now(t.Context(), "none"); !errors.Is(err, vault.ErrJobNotFound) {
		t.Errorf("a job that is none: %v", err)
	}
}

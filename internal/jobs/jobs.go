// Package jobs is the work that is done by the clock: one file a job. It must
// hold no rule: a job calls a verb of core. Invariant: of all nodes on a database
// one runs a job at a time, under a lease.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"strongroom/internal/cluster"
	"strongroom/internal/vault"
)

// Job is one piece of timed work. Run says in a few words what it did; it may
// be cut off at any point and must then be no worse than not having run.
type Job struct {
	Name  string
	About string // completes "This job ..."
	Every time.Duration
	Again time.Duration // after a failure; 0 for Every
	Run   func(context.Context) (string, error)
}

// Runner runs the jobs that are due, as far as other nodes do not.
type Runner struct {
	Leases *cluster.Leases
	Jobs   []Job
	Log    *slog.Logger
	Watch  func(ctx context.Context, name string) (context.Context, func(failed bool)) // measures a run; may be nil
	wake   chan struct{}
}

// lookEvery is how often a node looks whether a job is due.
const lookEvery = 5 * time.Second

// New makes a runner. Names are unique, and no longer than their column.
func New(l *cluster.Leases, log *slog.Logger, all ...Job) *Runner {
	return &Runner{Leases: l, Jobs: all, Log: log, wake: make(chan struct{}, 1)}
}

// Wake has the runner look at once: somebody asked for a job.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run looks for due jobs until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	ready := false
	for {
		var err error
		if !ready {
			err = r.Prepare(ctx)
			ready = err == nil
		}
		if err == nil {
			err = r.Look(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "running what is due", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-r.wake:
		}
	}
}

// Prepare makes the rows of this program's jobs.
func (r *Runner) Prepare(ctx context.Context) error {
	var names []string
	for _, j := range r.Jobs {
		names = append(names, j.Name)
	}
	return r.Leases.Prepare(ctx, names)
}

// Look runs, one after another, the jobs that are due now. A job that fails is
// written down and logged; the others run all the same.
func (r *Runner) Look(ctx context.Context) error {
	due, err := r.Leases.Due(ctx)
	if err != nil {
		return err
	}
	for _, j := range r.Jobs {
		if slices.Contains(due, j.Name) {
			r.one(ctx, j, true) //nolint:errcheck // one logs it
		}
	}
	return nil
}

// Now runs one job, due or not, and returns how it went. Unknown is
// vault.ErrJobNotFound, one that runs elsewhere vault.ErrJobRunning.
func (r *Runner) Now(ctx context.Context, name string) error {
	n := slices.IndexFunc(r.Jobs, func(j Job) bool { return j.Name == name })
	if n < 0 {
		return vault.ErrJobNotFound
	}
	if err := r.Prepare(ctx); err != nil {
		return err
	}
	return r.one(ctx, r.Jobs[n], false)
}

// All runs every job once, due or not.
func (r *Runner) All(ctx context.Context) (err error) {
	for _, j := range r.Jobs {
		err = errors.Join(err, r.Now(ctx, j.Name))
	}
	return err
}

func (r *Runner) one(ctx context.Context, j Job, due bool) error {
	began := time.Now()
	err := r.Leases.Run(ctx, j.Name, cluster.Pace{Every: j.Every, Again: cmp.Or(j.Again, j.Every)}, due, safely(r.watched(j)))
	switch {
	case errors.Is(err, vault.ErrJobRunning):
	case err != nil && ctx.Err() == nil:
		r.Log.WarnContext(ctx, "a job failed", "job", j.Name, "err", err)
	default:
		r.Log.DebugContext(ctx, "a job ran", "job", j.Name, "took", time.Since(began))
	}
	return err
}

func (r *Runner) watched(j Job) func(context.Context) (string, error) {
	if r.Watch == nil {
		return j.Run
	}
	return func(ctx context.Context) (string, error) {
		ctx, ended := r.Watch(ctx, j.Name)
		failed := true // a panic is one
		defer func() { ended(failed) }()
		result, err := j.Run(ctx)
		failed = err != nil
		return result, err
	}
}

// safely turns a panic into a failure: one broken job must not take the node
// down. The panic's value is left out, it may quote what was being handled.
func safely(run func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (result string, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the job panicked")
			}
		}()
		return run(ctx)
	}
}

// again repeats until there is no more to do.
func again(ctx context.Context, do func(context.Context) (more bool, err error)) error {
	for {
		more, err := do(ctx)
		if err != nil || !more {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

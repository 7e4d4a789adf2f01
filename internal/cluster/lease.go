package cluster

import (
	"context"
	"errors"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// A lease is short, so that a node that dies with one holds nobody up for long,
// and its holder renews it well before its end. Who cannot renew it stops a little
// before that: the nodes' clocks do not agree.
const (
	leaseLife  = time.Minute
	leaseRenew = 20 * time.Second
	leaseSlack = 10 * time.Second
)

// errLost ends a run whose lease another node has or may soon have.
var errLost = errors.New("cluster: the lease was lost")

// Pace is how soon a job is due again after it was done, and after it failed.
type Pace struct{ Every, Again time.Duration }

// Leases let one node at a time run a job.
type Leases struct {
	Store *store.Store
	Node  vault.NodeID
}

// Prepare makes the rows of jobs that have none yet.
func (l *Leases) Prepare(ctx context.Context, names []string) error {
	for _, name := range names {
		err := l.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddJob(ctx, name) })
		if err != nil && !errors.Is(err, vault.ErrJobRunning) {
			return err
		}
	}
	return nil
}

// Due lists the jobs whose time has come and that nobody runs.
func (l *Leases) Due(ctx context.Context) (names []string, err error) {
	err = l.Store.Read(ctx, func(tx *store.Tx) error {
		js, err := tx.Jobs(ctx)
		names = nil
		for _, j := range js {
			if !tx.Now.Before(j.NextAt) && !tx.Now.Before(j.Until) {
				names = append(names, j.Name)
			}
		}
		return err
	})
	return names, err
}

// Run runs work under the lease of a job, and writes down what it returned and
// when the next run is due. vault.ErrJobRunning says that somebody
// else has the lease, or with due that another node has just run it. The context
// of work ends when the lease is lost.
func (l *Leases) Run(ctx context.Context, name string, pace Pace, due bool, work func(context.Context) (string, error)) error {
	got, until, err := l.hold(ctx, func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.ClaimJob(ctx, name, l.Node, tx.Now.Add(leaseLife), due)
	})
	if err != nil {
		return err
	}
	if !got {
		return vault.ErrJobRunning
	}
	running, stop := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		keep(running, stop, until, func() (bool, time.Time, error) {
			return l.hold(running, func(ctx context.Context, tx *store.Tx) (bool, error) {
				return tx.RenewJob(ctx, name, l.Node, tx.Now.Add(leaseLife))
			})
		})
	}()
	result, failed := work(running)
	if cause := context.Cause(running); failed != nil && errors.Is(cause, errLost) {
		failed = errors.Join(cause, failed)
	}
	stop(nil)
	<-done
	return errors.Join(failed, l.end(context.WithoutCancel(ctx), name, pace, result, failed))
}

// hold claims or renews a lease, and says until when it may be relied on, by this
// process's own clock.
func (l *Leases) hold(ctx context.Context, take func(context.Context, *store.Tx) (bool, error)) (got bool, until time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	err = l.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		until = time.Now().Add(leaseLife - leaseSlack)
		got, err = take(ctx, tx)
		return err
	})
	return got, until, err
}

// keep renews a lease until the run is over, or calls lost when somebody else has it
// or it could not be renewed in time.
func keep(ctx context.Context, lost context.CancelCauseFunc, until time.Time, renew func() (bool, time.Time, error)) {
	over := time.AfterFunc(time.Until(until), func() { lost(errLost) })
	defer over.Stop()
	t := time.NewTicker(leaseRenew)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		held, until, err := renew()
		switch {
		case err != nil: // it is tried again until the lease is over
		case !held:
			lost(errLost)
			return
		default:
			over.Reset(time.Until(until))
		}
	}
}

// end writes how a run ended. Of a failure it keeps what anybody may be shown, a
// fault's message; the rest is in the node's log.
func (l *Leases) end(ctx context.Context, name string, pace Pace, result string, failed error) error {
	ctx, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	state, next := vault.JobDone, pace.Every
	if failed != nil {
		next = pace.Again
		state, result = vault.JobFailed, "It failed; the log of the node that ran it has the reason."
		if f, ok := errors.AsType[*fault.Error](failed); ok {
			result = f.Message
		}
	}
	return l.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.EndJob(ctx, name, l.Node, state, result, tx.Now.Add(next))
	})
}

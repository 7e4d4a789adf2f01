package admin

import (
	"context"
	"time"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Nodes lists the nodes that are there or were lately, as of now.
func (s *Service) Nodes(ctx context.Context, c vault.Caller) (ns []*vault.Node, now time.Time, err error) {
	if err := c.Must(vault.ReadInstance); err != nil {
		return nil, now, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		ns, err = tx.Nodes(ctx)
		return err
	})
	return ns, now, err
}

// remembered is how long a node that fell silent stays on the list.
const remembered = time.Hour

// ForgetNodes takes nodes off the list that have been silent for long. Only the
// server's own timer may ask.
func (s *Service) ForgetNodes(ctx context.Context) (n int64, err error) {
	err = s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.DropSilentNodes(ctx, tx.Now.Add(-remembered))
		return err
	})
	return n, err
}

// AllJobs lists the jobs with their last results, as of now.
func (s *Service) AllJobs(ctx context.Context, c vault.Caller) (js []*vault.Job, now time.Time, err error) {
	if err := c.Must(vault.ReadInstance); err != nil {
		return nil, now, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		js, err = tx.Jobs(ctx)
		return err
	})
	return js, now, err
}

// RunJob makes a job due at once; a node that serves runs it within seconds.
// One that runs already is vault.ErrJobRunning.
func (s *Service) RunJob(ctx context.Context, c vault.Caller, name string) error {
	if err := c.MustFresh(vault.ManageInstance, s.Now()); err != nil {
		return err
	}
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		js, err := tx.Jobs(ctx)
		if err != nil {
			return err
		}
		for _, j := range js {
			if j.Name == name && j.State == vault.JobRunning && !j.Stuck(tx.Now) {
				return vault.ErrJobRunning
			}
		}
		if err := tx.AskJob(ctx, name); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventJobAsked, Actor: c.User, Subject: name, Door: c.Door, Address: c.Address, Device: c.Device})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// Findings is how the instance is, as this node sees it, and what could be better.
func (s *Service) Findings(ctx context.Context, c vault.Caller) ([]vault.Finding, error) {
	if err := c.Must(vault.ReadInstance); err != nil {
		return nil, err
	}
	return s.Health(ctx), nil
}

// Storage counts what the instance keeps.
func (s *Service) Storage(ctx context.Context, c vault.Caller) (st vault.Storage, err error) {
	if err := c.Must(vault.ReadInstance); err != nil {
		return st, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		st, err = tx.Storage(ctx)
		return err
	})
	return st, err
}

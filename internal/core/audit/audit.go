// Package audit is what people may do with the audit log: read their own lines, and
// administrators and auditors everyone's. It must not write lines about anything but
// the log itself and what was refused: all others stand in the transaction of the
// verb they are about. Invariant: no verb here changes or removes a line.
package audit

import (
	"context"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Service carries out the verbs of the audit log.
type Service struct{ Store *store.Store }

// MaxPage is how many lines one list may have.
const MaxPage = 1000

// Own lists lines about the caller, newest first.
func (s *Service) Own(ctx context.Context, c vault.Caller, f vault.EventFilter) ([]vault.Event, error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	f.User = c.User
	return s.list(ctx, f)
}

// All lists lines about everyone, newest first.
func (s *Service) All(ctx context.Context, c vault.Caller, f vault.EventFilter) ([]vault.Event, error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return nil, err
	}
	if f.User != "" && !vault.ValidID(f.User) {
		return nil, vault.ErrUserNotFound
	}
	return s.list(ctx, f)
}

func (s *Service) list(ctx context.Context, f vault.EventFilter) (es []vault.Event, err error) {
	if f.Limit < 1 || f.Limit > MaxPage+1 {
		return nil, vault.ErrEventFilter.At("query.limit", "must be 1 to 1000")
	}
	if f.After.ID != "" && !vault.ValidID(f.After.ID) {
		return nil, vault.ErrEventFilter.At("query.cursor", "is not one that a list gave")
	}
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		return nil, vault.ErrEventFilter.At("query.until", "must be after from")
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		es, err = tx.Events(ctx, f)
		return err
	})
	return es, err
}

// Exported is All for a list that leaves the server: that is written down.
func (s *Service) Exported(ctx context.Context, c vault.Caller, f vault.EventFilter) ([]vault.Event, error) {
	es, err := s.All(ctx, c, f)
	if err == nil {
		err = s.Store.Note(ctx, c.Event(vault.EventAuditExported, string(f.User), ""))
	}
	return es, err
}

// Denied writes down that the caller was refused what, and why.
func (s *Service) Denied(ctx context.Context, c vault.Caller, what, why string) error {
	return s.Store.Note(context.WithoutCancel(ctx), c.Event(vault.EventDenied, "", what+": "+why))
}

// chainPage is how many lines are chained in one transaction when somebody waits.
const chainPage = 2000

// Chain chains all lines that are not chained yet.
func (s *Service) Chain(ctx context.Context) error {
	for {
		if n, err := s.Store.ChainEvents(ctx, chainPage); err != nil || n == 0 {
			return err
		}
	}
}

// Verify chains what is not chained yet, then checks the whole log.
func (s *Service) Verify(ctx context.Context, c vault.Caller) (vault.ChainReport, error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return vault.ChainReport{}, err
	}
	// A chain that is broken cannot be gone on with; what is wrong says Verify.
	chained := s.Chain(ctx)
	r, err := s.Store.VerifyChain(ctx)
	if err == nil && r.Bad == 0 {
		err = chained
	}
	return r, err
}

// Export hands every line to use, oldest first, and writes down that it did.
func (s *Service) Export(ctx context.Context, c vault.Caller, use func(vault.Event) error) error {
	if err := c.Must(vault.ReadUsers); err != nil {
		return err
	}
	if err := s.Store.Note(ctx, c.Event(vault.EventAuditExported, "", "")); err != nil {
		return err
	}
	if err := s.Chain(ctx); err != nil {
		return err
	}
	for last := int64(0); ; {
		n := 0
		var page []vault.Event // use may be slow, and must not hold a transaction
		err := s.Store.Read(ctx, func(tx *store.Tx) error {
			n, page = 0, page[:0]
			return tx.ChainedEvents(ctx, last, MaxPage, func(e vault.Event) error { n++; page = append(page, e); return nil })
		})
		for i := 0; err == nil && i < len(page); i++ {
			last = page[i].Seq
			err = use(page[i])
		}
		if err != nil || n < MaxPage {
			return err
		}
	}
}

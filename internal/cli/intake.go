package cli

import (
	"context"
	"errors"
	"fmt"

	"strongroom/internal/backup"
	"strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// intake is what taking over accounts from any other program has in common: how far
// it is, and what became of each account.
type intake struct {
	a      *app
	n      *server.Node
	dry    bool
	report backup.Report // nil where nobody looks

	total, done, moved, there, refused int64
}

// begin shows how far it is until end is called.
func (m *intake) begin() (end func()) {
	m.report, end = m.a.meter()
	return end
}

// passed counts an account that was looked at. The error is that of a run that was
// cut off.
func (m *intake) passed(ctx context.Context) error {
	m.done++
	if m.report != nil {
		m.report("accounts", m.done, m.total)
	}
	return ctx.Err()
}

// outcome says what became of an account, which moved in unless it failed. What is
// wrong with the account is said and stops no other; what is returned stops all.
func (m *intake) outcome(ctx context.Context, name string, failed error) (moved bool, err error) {
	if err := m.passed(ctx); err != nil {
		return false, err
	}
	switch {
	case failed == nil:
		m.moved++
	case errors.Is(failed, vault.ErrUserTaken):
		m.there++
	case errors.Is(failed, store.ErrUnavailable):
		return false, failed
	default:
		m.refused++
		m.a.complain("not taken over: %s: %s", name, explain(failed))
	}
	return failed == nil, nil
}

func (m *intake) verb() string {
	if m.dry {
		return "Would take over"
	}
	return "Took over"
}

// verdict is what the command ends with, after err ended the run.
func (m *intake) verdict(err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w (run it again to go on)", err)
	case m.refused > 0:
		return fmt.Errorf("%d accounts were not taken over; nothing of them was kept", m.refused)
	}
	return nil
}

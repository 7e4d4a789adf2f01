package unlock

import (
	"context"
	"errors"
	"testing"
	"time"

	"strongroom/internal/vault"
)

// full is a sign-in that holds every guess back.
type full struct {
	Sessions
	derives bool
}

func (f *full) StepUp(_ context.Context, _ vault.Caller, a vault.Attempt) (time.Time, error) {
	f.derives = a.Derive != nil && a.Proof == ""
	return time.Time{}, vault.ErrTooManyGuesses
}

// TestStepUpIsCountedBeforeItCosts: what is held back derives nothing and reads
// nothing, for this service has neither a hasher nor a store.
func TestStepUpIsCountedBeforeItCosts(t *testing.T) {
	f := &full{}
	s := &Service{Sessions: f, Off: func() bool { return false }}
	c := vault.Caller{User: vault.NewID[vault.UserID](), Session: vault.NewID[vault.SessionID](), Door: vault.DoorREST, Role: vault.RoleUser}
	if _, err := s.StepUp(t.Context(), c, "a password"); !errors.Is(err, vault.ErrTooManyGuesses) || !f.derives {
		t.Errorf("%v; derives later: %v", err, f.derives)
	}
}

package vault

import (
	"context"
	"time"

	"strongroom/internal/fault"
)

// Lifetimes of what a sign-in gives. The access token is short because a copy
// of it opens the vault; the session dies when it has not been refreshed for SessionIdle.
const (
	AccessLife  = time.Hour
	SessionIdle = 7 * 24 * time.Hour
)

// IdleOf is how long a session of an official client may go unused: the times
// that these clients expect (PROTOCOL.md 4.4).
func IdleOf(client string) time.Duration {
	switch client {
	case "mobile":
		return 60 * 24 * time.Hour
	case "web":
		return SessionIdle
	}
	return 30 * 24 * time.Hour
}

// Session is one sign-in. Sealed is its half of the user key: what is left of
// it after the session ended opens nothing.
type Session struct {
	ID         SessionID
	User       UserID
	Door       Door
	Epoch      int64    // the user's at sign-in; a higher one there ends the session
	Device     DeviceID // "" but at the Bitwarden door
	Client     string
	Address    string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
	ProvenAt   time.Time // when the password or a second factor was last shown; zero for never
	Sealed     string
	Named      string // the device's identifier, which its own notices carry
}

// Live reports whether the session of user u still stands at now.
func (s *Session) Live(u *User, now time.Time) error {
	if u.State != Active || s.Epoch != u.Epoch || !now.Before(s.ExpiresAt) {
		return ErrSignedOut
	}
	return nil
}

// ErrSessionNotFound also answers for another person's session.
var ErrSessionNotFound = fault.New(fault.NotFound, "session-not-found", "There is no such session.")

// MaxTokens is how many access tokens one person may have at once, MaxTokenLife how long one may live.
const (
	MaxTokens    = 100
	MaxTokenLife = 5 * 366 * 24 * time.Hour
)

// AccessToken lets a machine use the REST door as its maker, within its scope.
// The secret is shown once and not stored.
type AccessToken struct {
	ID         TokenID
	User       UserID
	Name       string
	Write      bool
	Folder     FolderID // "" for the whole vault
	Epoch      int64    // the user's when it was made; a higher one there ends the token
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero for never
	LastUsedAt time.Time // zero for never
	Sealed     string
}

// The faults of access tokens.
var (
	ErrTokenNotFound = fault.New(fault.NotFound, "access-token-not-found", "There is no such access token.")
	ErrTokenInvalid  = fault.New(fault.Invalid, "access-token-invalid", "This access token cannot be made as asked.")
	ErrTokenLimit    = fault.New(fault.Invalid, "access-token-limit", "You have as many access tokens as one person may have (100).")
)

// Check reports why t may not be made at now.
func (t *AccessToken) Check(now time.Time) error {
	switch {
	case t.Name == "":
		return ErrTokenInvalid.At("name", "is required")
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return ErrTokenInvalid.At("expires_at", "lies in the past")
	case t.ExpiresAt.Sub(now) > MaxTokenLife:
		return ErrTokenInvalid.At("expires_at", "is more than five years away")
	}
	return CheckLine(ErrTokenInvalid, "name", t.Name, 200)
}

// Live reports whether the token of user u still stands at now.
func (t *AccessToken) Live(u *User, now time.Time) error {
	if u.State != Active || t.Epoch != u.Epoch || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return ErrSignedOut
	}
	return nil
}

// Attempt is someone's claim to be Email, with the proof that a client derives
// from the password.
type Attempt struct {
	Email, Proof string
	Door         Door
	Address      string
	Device       string // the identifier of the client's device, "" for none
	Second       Second

	// Derive gives Proof, where that costs something. It runs only if the attempt is let in.
	Derive func(context.Context) (proof string, err error)
}

// Derived sees to it that Proof is there. It costs what Derive costs, so the attempt
// must have been let in.
func (a *Attempt) Derived(ctx context.Context) (err error) {
	if a.Derive != nil {
		a.Proof, err = a.Derive(ctx)
	}
	return err
}

// Tokens is what a sign-in gives the client.
type Tokens struct {
	Access, Refresh string
	Life            time.Duration // of Access
	Session         SessionID
	Remember        string // stands in for the second factor, "" when it was not asked for
}

// Opening is a session to be opened for a verified user. Remember is passed on. Half is the part of
// the key that goes into the tokens, Sealed the part that stays.
type Opening struct {
	User            *User
	Door            Door
	Client, Address string
	Half, Sealed    string
	Remember        string
}

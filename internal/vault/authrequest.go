package vault

import (
	"time"

	"strongroom/internal/fault"
)

// AuthRequestID names a request to log in with another device.
type AuthRequestID string

// AuthState is what became of such a request.
type AuthState uint8

// The states of a request. An answer is final.
const (
	AuthWaiting AuthState = iota
	AuthApproved
	AuthDenied
)

// AuthRequestLife is how long a request waits, MaxAuthRequests how many may wait at once for one person.
const (
	AuthRequestLife = 15 * time.Minute
	MaxAuthRequests = 20
)

// AuthRequest is a new device's question to those of a person that are signed
// in: may I open the vault? Key is the user key for PublicKey, once one agreed.
// The access code, of which only a hash is kept, proves who asked.
type AuthRequest struct {
	ID         AuthRequestID
	User       UserID
	Type       int // 0 sign in and unlock, 1 unlock only
	State      AuthState
	PublicKey  string
	CodeHash   string
	Device     string // the identifier of the one that asks
	DeviceType int
	Address    string
	Key, Proof string
	CreatedAt  time.Time
	AnsweredAt time.Time
	ExpiresAt  time.Time
}

// The faults of requests to log in with a device.
var (
	ErrAuthRequestNotFound = fault.New(fault.NotFound, "auth-request-not-found", "There is no such request, or it has expired.")
	ErrAuthRequestAnswered = fault.New(fault.Conflict, "auth-request-answered", "This request has been answered already.")
	ErrAuthRequestInvalid  = fault.New(fault.Invalid, "auth-request-invalid", "User or known device is invalid.")
)

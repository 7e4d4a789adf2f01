package vault

import (
	"time"

	"strongroom/internal/fault"
)

// InvitationID names an invitation.
type InvitationID string

// Invitation lets the person with one address register once, whatever SIGNUPS
// says, with a role that was chosen beforehand. Mailed says that its token went to
// the address and nowhere else, so that using it proves the address.
type Invitation struct {
	ID                           InvitationID
	Email                        string
	Role                         Role
	By                           UserID
	Mailed                       bool
	CreatedAt, SentAt, ExpiresAt time.Time
}

// The faults of invitations.
var (
	ErrInvitationNotFound = fault.New(fault.NotFound, "invitation-not-found", "There is no such invitation.")
	ErrInvited            = fault.New(fault.Conflict, "invited-already", "This address has an invitation; send that one again, or revoke it.")
	ErrInvitationInvalid  = fault.New(fault.Invalid, "invitation-invalid", "This invitation is for another address, has been used, was revoked, or has expired. Ask for a new one.")
)

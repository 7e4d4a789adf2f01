package vault

import (
	"time"

	"strongroom/internal/fault"
)

// Door is the way a session came in.
type Door uint8

// The doors. A token of one door is dead at the others.
const (
	DoorREST Door = iota + 1
	DoorToken
	DoorBitwarden
)

var doorNames = [...]string{"", "rest", "access-token", "bitwarden"}

func (d Door) String() string { return doorNames[d] }

// Caller is who asks, found once a request by the door. Every verb takes one
// first. The zero Caller is a stranger.
type Caller struct {
	User    UserID
	Email   string
	Role    Role
	Door    Door
	Session SessionID // "" with an access token
	Token   TokenID   // "" with a session
	Address string    // the client's network address, for the audit line
	Device  string    // the identifier of the device that asks, "" for none
	Changed time.Time // when a sync would last have shown a difference

	ReadOnly bool     // an access token without write scope
	Folder   FolderID // an access token that sees one folder only

	Half   Secret // the half of the user key that only the token carries
	Sealed string // the half that only the database has
}

// Power is something a caller may be allowed to do.
type Power uint8

// The powers that verbs ask for.
const (
	ReadVault   Power = iota + 1 // read own items and folders
	WriteVault                   // change own items
	ManageSelf                   // own sessions and access tokens, own folders
	ReadUsers                    // see everyone's state
	ManageUsers                  // change people's states and roles
)

// The faults of callers.
var (
	ErrSignedOut = fault.New(fault.Unauthenticated, "signed-out", "Sign in first: this token is missing, expired or no longer valid.")
	ErrForbidden = fault.New(fault.Forbidden, "forbidden", "You may not do this.")
	ErrReadOnly  = fault.New(fault.Forbidden, "token-read-only", "This access token may only read.")
	ErrTokenOnly = fault.New(fault.Forbidden, "token-not-enough", "An access token may not do this; sign in with your password.")
)

// Must returns why c lacks p, or nil.
func (c Caller) Must(p Power) error {
	switch {
	case c.User == "":
		return ErrSignedOut
	case p == ReadVault:
		return nil
	case p == WriteVault && c.ReadOnly:
		return ErrReadOnly
	case p == WriteVault:
		return nil
	case c.Token != "":
		return ErrTokenOnly
	case p == ManageSelf,
		p == ReadUsers && c.Role >= RoleAuditor,
		p == ManageUsers && c.Role == RoleAdmin:
		return nil
	}
	return ErrForbidden
}

// CanSee reports whether c may know that i exists; to everyone else it is as
// absent as an item that never was.
func (c Caller) CanSee(i *Item) bool {
	return i.Owner == c.User && c.User != "" && (c.Folder == "" || i.Folder == c.Folder)
}

// CanMove reports whether c may put an item into folder. A token that sees one
// folder may write into no other, nor out of all of them.
func (c Caller) CanMove(folder FolderID) error {
	if c.Folder != "" && folder != c.Folder {
		return ErrForbidden.At("folder", "this access token is limited to one folder")
	}
	return nil
}

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
	Proven  time.Time // when its session last showed the password or a second factor

	MustEnrol bool     // this server asks for a second factor, and there is none
	ReadOnly  bool     // an access token without write scope
	Folder    FolderID // an access token that sees one folder only

	Half   Secret // the half of the user key that only the token carries
	Sealed string // the half that only the database has
}

// Power is something a caller may be allowed to do.
type Power uint8

// The powers that verbs ask for.
const (
	ReadVault      Power = iota + 1 // read own items and folders
	WriteVault                      // change own items
	ManageSelf                      // own sessions and access tokens, own folders
	ReadUsers                       // see everyone's state
	ManageUsers                     // change people's states and roles
	ReadInstance                    // see settings, nodes, jobs and how the instance is
	ManageInstance                  // change settings, run jobs
	ManageFactors                   // own second factors, a fresh proof, signing out
)

// The faults of callers.
var (
	ErrSignedOut  = fault.New(fault.Unauthenticated, "signed-out", "Sign in first: this token is missing, expired or no longer valid.")
	ErrForbidden  = fault.New(fault.Forbidden, "forbidden", "You may not do this.")
	ErrReadOnly   = fault.New(fault.Forbidden, "token-read-only", "This access token may only read.")
	ErrCannotOpen = fault.New(fault.Forbidden, "session-cannot-open", "This session's client decrypts by itself; nothing is opened here for it. Sign in at /api/v1/token.")
	ErrStepUp     = fault.New(fault.Forbidden, "step-up-required", "Show your password or second factor again first (POST /step-up); that counts for five minutes.")
	ErrTokenOnly  = fault.New(fault.Forbidden, "token-not-enough", "An access token may not do this; sign in with your password.")
)

// Must returns why c lacks p, or nil.
func (c Caller) Must(p Power) error {
	switch {
	case c.User == "":
		return ErrSignedOut
	case c.MustEnrol && p != ManageFactors:
		return ErrMustEnrol
	case p == ReadVault:
		return nil
	case p == WriteVault && c.ReadOnly:
		return ErrReadOnly
	case p == WriteVault:
		return nil
	case c.Token != "":
		return ErrTokenOnly
	case p == ManageSelf, p == ManageFactors,
		(p == ReadUsers || p == ReadInstance) && c.Role >= RoleAuditor,
		(p == ManageUsers || p == ManageInstance) && c.Role == RoleAdmin:
		return nil
	}
	return ErrForbidden
}

// CanOpen returns why the server cannot open the vault for c, or nil.
func (c Caller) CanOpen() error {
	if err := c.Must(ReadVault); err != nil {
		return err
	}
	if c.Door == DoorBitwarden {
		return ErrCannotOpen
	}
	return nil
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

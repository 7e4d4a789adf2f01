package vault

import (
	"strconv"
	"strings"
	"time"

	"strongroom/internal/fault"
)

// Role is what a person is on this instance; it says nothing about organizations.
type Role uint8

// The instance roles. No role opens another person's vault.
const (
	RoleUser    Role = iota
	RoleAuditor      // reads events and states
	RoleAdmin        // and changes people's states and roles
)

var roleNames = [...]string{"user", "auditor", "admin"}

func (r Role) String() string { return roleNames[r] }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, error) {
	for i, n := range roleNames {
		if s == n {
			return Role(i), nil
		}
	}
	return 0, ErrUserInvalid.At("role", "must be one of user, auditor, admin")
}

// State says whether an account may be used.
type State uint8

// The states of an account. A suspended one keeps its vault and opens nothing.
const (
	Active State = iota
	Suspended
)

var stateNames = [...]string{"active", "suspended"}

func (s State) String() string { return stateNames[s] }

// ParseState reads a state's name.
func ParseState(s string) (State, error) {
	for i, n := range stateNames {
		if s == n {
			return State(i), nil
		}
	}
	return 0, ErrUserInvalid.At("state", "must be one of active, suspended")
}

// KDF is how an account's master key is derived from its password. Type 0 is
// PBKDF2-SHA256, 1 is Argon2id; memory is in MiB; the last two are 0 for PBKDF2.
type KDF struct{ Type, Iterations, Memory, Parallelism int }

// Check enforces the floor below which no account is made or changed, and the
// ceiling above which a phone could not open it (PROTOCOL.md 3.1).
func (k KDF) Check() error {
	within := func(n, lo, hi int) bool { return n >= lo && n <= hi }
	switch {
	case k.Type == 0 && !within(k.Iterations, 600_000, 2_000_000):
		return ErrKDFWeak.At("kdfIterations", "must be 600000 to 2000000 for PBKDF2")
	case k.Type == 0 && (k.Memory != 0 || k.Parallelism != 0):
		return ErrKDFWeak.At("kdfMemory", "does not go with PBKDF2")
	case k.Type == 0:
		return nil
	case k.Type != 1:
		return ErrKDFWeak.At("kdf", "must be 0 (PBKDF2) or 1 (Argon2id)")
	case !within(k.Iterations, 2, 10):
		return ErrKDFWeak.At("kdfIterations", "must be 2 to 10 for Argon2id")
	case !within(k.Memory, 16, 1024):
		return ErrKDFWeak.At("kdfMemory", "must be 16 to 1024 MiB")
	case !within(k.Parallelism, 1, 16):
		return ErrKDFWeak.At("kdfParallelism", "must be 1 to 16")
	}
	return nil
}

// User is an account. What a client made (hash, keys) is opaque here; Epoch
// rises when every session must end, Changed whenever a sync would show a difference.
type User struct {
	ID        UserID
	Email     string
	Name      string
	Role      Role
	State     State
	Epoch     int64
	Changed   time.Time
	CreatedAt time.Time

	PasswordHash Secret // the PHC string over what the client sends as proof
	Hint         string
	Salt         string
	KDF          KDF
	ProtectedKey string // the user key under the stretched master key
	PublicKey    string // SPKI, base64
	PrivateKey   string // PKCS#8 under the user key
	Stamp        string // security stamp: a client that sees another signs out
	UserKeyID    string // 32 hex digits that name the user key; "" when no client said
	V2           AccountV2

	EmailVerified bool
	Avatar        string // a colour as #rrggbb, or ""
	Culture       string
	APIKey        Secret // what a machine signs in with, as user.<id>; "" until asked for
	Domains       Domains
	Pending       Pending
	Quota         *int64 // bytes of files, 0 for no limit; nil for the instance's
}

// UserFilter chooses accounts: by exact address (normalised), state and role;
// what is zero chooses all.
type UserFilter struct {
	Email string
	State *State
	Role  *Role
}

// Usage is how much a person has, and when they were last there.
type Usage struct {
	Items, Sends, Sessions, AccessTokens int64
	Files, Bytes                         int64
	LastUsed                             time.Time // of a session that still stands
}

// Size words a number of bytes for people.
func Size(n int64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, p := float64(n)/unit, 0
	for ; f >= unit && p < 3; p++ {
		f /= unit
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + [...]string{"KiB", "MiB", "GiB", "TiB"}[p]
}

// AccountV2 is what only accounts of the second kind of encryption have, kept as
// it came. Halves are never mixed: all of it is there, or none.
type AccountV2 struct {
	SignedPublicKey, WrappedSigningKey, VerifyingKey, SecurityState string
	SecurityVersion                                                 int
	UpgradeToken                                                    string // JSON, or ""
}

// Domains are the web addresses that share logins for one person: lists of
// their own, and the numbers of the common ones they do not want.
type Domains struct {
	Own      [][]string
	Excluded []int
}

// Pending is a change that waits for a code sent by mail. Hash is of the code.
type Pending struct {
	Purpose, Email, Hash string
	Tries                int
	Until                time.Time
}

// The faults of accounts.
var (
	ErrUserInvalid   = fault.New(fault.Invalid, "user-invalid", "This account cannot be saved as sent.")
	ErrUserNotFound  = fault.New(fault.NotFound, "user-not-found", "There is no such account.")
	ErrUserTaken     = fault.New(fault.Conflict, "user-taken", "This name is taken.")
	ErrSignUpClosed  = fault.New(fault.Forbidden, "sign-up-closed", "This server does not let you sign up by yourself. Ask its administrator for an account.")
	ErrSetupCode     = fault.New(fault.Forbidden, "setup-code-wrong", "The setup code is wrong or has been used. The server prints it at start while it has no administrator.")
	ErrPasswordWeak  = fault.New(fault.Invalid, "password-weak", "This password is too weak.")
	ErrKDFWeak       = fault.New(fault.Invalid, "kdf-weak", "These key derivation settings are outside what is allowed.")
	ErrLastAdmin     = fault.New(fault.Conflict, "last-admin", "This is the last active administrator; name another one first.")
	ErrSignInWrong   = fault.New(fault.Unauthenticated, "sign-in-wrong", "Username or password is incorrect. Try again.")
	ErrUserSuspended = fault.New(fault.Forbidden, "user-suspended", "This account is suspended. Ask the administrator.")
)

// NewAccount is an account as a client makes it. Proof is what the client will show at
// sign-in. Invited says that an administrator or the machine's owner asked for
// it, so that SignUps does not count; Invitation is the token of somebody who was
// asked to.
type NewAccount struct {
	Email, Name, Hint, Salt             string
	KDF                                 KDF
	Proof                               string
	ProtectedKey, PublicKey, PrivateKey string
	UserKeyID                           string
	V2                                  AccountV2
	EmailVerified                       bool
	Role                                Role // by what lets it in, never by what a client says
	SetupCode                           string
	Invitation                          string
	Invited                             bool
	Items                               []*Item // come with the account or not at all
	Door                                Door
	Address                             string
}

// Names turns what people type into e-mail addresses and back. A login name is
// an address; a short one is completed with Domain everywhere.
type Names struct{ Domain string }

// maxEmail is the longest address that mail can carry (RFC 5321: 254 octets).
const maxEmail = 254

// Email completes, lower-cases and checks a login name.
func (n Names) Email(name string) (string, error) {
	e := strings.ToLower(strings.TrimSpace(name))
	if e != "" && !strings.Contains(e, "@") {
		e += "@" + strings.ToLower(n.Domain)
	}
	local, domain, ok := strings.Cut(e, "@")
	switch {
	case e == "":
		return "", ErrUserInvalid.At("username", "is required")
	case !ok || local == "" || domain == "" || strings.ContainsAny(domain, "@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, "."):
		return "", ErrUserInvalid.At("username", "must be an e-mail address or a name without @")
	case strings.ContainsAny(e, " \t\r\n\"(),:;<>[\\]|"):
		return "", ErrUserInvalid.At("username", "contains a character that no address may have")
	}
	return e, CheckLine(ErrUserInvalid, "username", e, maxEmail)
}

// Short is the name people see: without the domain when it is ours.
func (n Names) Short(email string) string {
	return strings.TrimSuffix(email, "@"+strings.ToLower(n.Domain))
}

// SignUps says who may make an account without being asked: nobody, everybody,
// or people with an address in one of Domains.
type SignUps struct {
	Open    bool
	Domains []string
}

// Closed reports whether nobody may register without being asked.
func (s SignUps) Closed() bool { return !s.Open && len(s.Domains) == 0 }

// Allow reports whether a stranger may register email.
func (s SignUps) Allow(email string) error {
	if s.Open {
		return nil
	}
	_, domain, _ := strings.Cut(email, "@")
	for _, d := range s.Domains {
		if domain == strings.ToLower(d) {
			return nil
		}
	}
	return ErrSignUpClosed
}

// MinPassword is the fewest characters a new login password may have.
const MinPassword = 12

// CheckPassword judges a new login password. score is zxcvbn's, 0 to 4; reason
// is why it is not higher.
func CheckPassword(password string, score int, reason string) error {
	n := len([]rune(password))
	switch {
	case n < MinPassword:
		return ErrPasswordWeak.At("password", "must have at least "+itoa(MinPassword)+" characters; it has "+itoa(n))
	case len(password) > 1024:
		return ErrPasswordWeak.At("password", "is longer than 1024 bytes")
	case score < 3:
		return ErrPasswordWeak.At("password", "is too easy to guess: "+reason)
	}
	return CheckText(ErrPasswordWeak, "password", password, 1024)
}

// CheckDemotion is asked before an administrator loses the role or is
// suspended; others is how many other active administrators there are.
func CheckDemotion(u *User, role Role, state State, others int) error {
	was := u.Role == RoleAdmin && u.State == Active
	is := role == RoleAdmin && state == Active
	if was && !is && others == 0 {
		return ErrLastAdmin
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }

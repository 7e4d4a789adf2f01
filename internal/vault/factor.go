package vault

import (
	"encoding/base64"
	"strings"
	"time"

	"strongroom/internal/fault"
)

// FactorID names a factor.
type FactorID string

// FactorKind says what somebody shows besides a password. Numbers are stored.
type FactorKind uint8

// The kinds. A recovery code stands in for the others, once. A passkey opens a
// session by itself, so it is never asked for as a second step; a remembered
// device is a token and no stored factor.
const (
	FactorAuthenticator FactorKind = iota + 1
	FactorEmail
	FactorYubiKey
	FactorWebAuthn
	FactorRecovery
	FactorPasskey
	FactorRemembered
)

var factorNames = [...]string{"", "authenticator", "email", "yubikey", "webauthn", "recovery", "passkey", "remembered"}

func (k FactorKind) String() string { return factorNames[k] }

// Second reports whether having one means that a password alone is not enough.
func (k FactorKind) Second() bool { return k >= FactorAuthenticator && k <= FactorWebAuthn }

// ParseFactorKind reads the name of a kind that can be shown at a sign-in.
func ParseFactorKind(s string) (FactorKind, error) {
	for k, n := range factorNames {
		if k := FactorKind(k); s != "" && s == n && k != FactorPasskey {
			return k, nil
		}
	}
	return 0, ErrFactorInvalid.At("otp_provider", "must be one of authenticator, email, yubikey, webauthn, recovery, remembered")
}

// Factor is one thing that its owner can show. Secret is the authenticator's seed
// (base32), the recovery code or the YubiKey's public id. Counter is the last used
// step of an authenticator: an older or equal one is a replay.
type Factor struct {
	ID         FactorID
	User       UserID
	Kind       FactorKind
	Name       string
	Number     int // 1 and up among its owner's of the same kind
	Counter    int64
	CreatedAt  time.Time
	LastUsedAt time.Time // zero for never

	Secret  Secret
	Email   string
	NFC     bool
	Key     PublicKey
	PRF     bool        // a passkey that can make keys
	Unlocks PasskeyKeys // what such a passkey opens the vault with; empty until it was set up
}

// PublicKey is a WebAuthn key pair's public half as the library keeps it (JSON),
// with its id and the host that it was made for.
type PublicKey struct {
	ID         []byte
	Host       string
	Record     []byte
	Transports []string
}

// Text is how clients name the key.
func (k PublicKey) Text() string { return base64.RawURLEncoding.EncodeToString(k.ID) }

// PasskeyKeys are the user key under a passkey's public key, that public key under
// the user key, and the private key under what only the passkey can make.
type PasskeyKeys = DeviceKeys

// Limits of one person's factors.
const (
	MaxKeys       = 5 // of one kind: YubiKeys, WebAuthn keys, passkeys
	MaxRemembered = 50
	RememberLife  = 30 * 24 * time.Hour
	TOTPPeriod    = 30 * time.Second
	CodeLife      = 10 * time.Minute
	CodeTries     = 5
)

// The faults of second factors.
var (
	ErrSecondFactor   = fault.New(fault.Unauthenticated, "second-factor-required", "Two factor required.")
	ErrSecondWrong    = fault.New(fault.Unauthenticated, "second-factor-wrong", "Two-step token is invalid. Try again.")
	ErrMustEnrol      = fault.New(fault.Forbidden, "second-factor-missing", "This server asks everybody for a second factor. Set one up; until then this account can do nothing else.")
	ErrFactorInvalid  = fault.New(fault.Invalid, "factor-invalid", "This second factor cannot be used as sent.")
	ErrFactorNotFound = fault.New(fault.NotFound, "factor-not-found", "There is no such second factor.")
	ErrFactorLimit    = fault.New(fault.Invalid, "factor-limit", "You have as many of these as one person may have (5).")
	ErrFactorExists   = fault.New(fault.Conflict, "factor-exists", "This one is set up already.")
	ErrTicket         = fault.New(fault.Invalid, "factor-ticket", "This took too long, or began elsewhere. Begin again.")
	ErrRemembered     = fault.New(fault.NotFound, "remembered-not-found", "There is no such remembered device.")
	ErrSpent          = fault.New(fault.Invalid, "already-used", "This was used already.")
)

// Check reports why f may not be kept.
func (f *Factor) Check() error {
	if f.Name == "" && (f.Kind == FactorWebAuthn || f.Kind == FactorPasskey) {
		return ErrFactorInvalid.At("name", "is required")
	}
	for _, k := range []string{f.Unlocks.User, f.Unlocks.Public, f.Unlocks.Private} {
		if f.Unlocks != (PasskeyKeys{}) && !ValidEncString(k) {
			return ErrFactorInvalid.At("encryptedUserKey", "is not, with encryptedPublicKey and encryptedPrivateKey, an encrypted string of a known type")
		}
	}
	if err := f.checkSecret(); err != nil {
		return err
	}
	return CheckLine(ErrFactorInvalid, "name", f.Name, 200)
}

// Admit reports why an owner of have may not add f; otherwise it numbers f.
func (f *Factor) Admit(have []*Factor) error {
	n, last := 0, 0
	for _, h := range have {
		if h.Kind == f.Kind {
			n, last = n+1, max(last, h.Number)
		}
	}
	f.Number = last + 1
	switch f.Kind {
	case FactorYubiKey, FactorWebAuthn, FactorPasskey:
		if n >= MaxKeys {
			return ErrFactorLimit
		}
	default:
		if n > 0 {
			return ErrFactorExists
		}
	}
	return f.Check()
}

// Seconds are those of fs for which a password alone is not enough.
func Seconds(fs []*Factor) (second []*Factor) {
	for _, f := range fs {
		if f.Kind.Second() {
			second = append(second, f)
		}
	}
	return second
}

// Second is what somebody shows as the second step of a sign-in: Code is the code,
// a token, or the JSON of an assertion; the zero Second is nothing yet. Kind 0 lets
// the code's shape decide. Mail asks for a code by mail. Remember asks for a token
// that stands in for the next times on Device, "" for none. Origin is the web
// origin by which the server was reached.
type Second struct {
	Kind         FactorKind
	Code         string
	Mail         bool
	Remember     bool
	Device, Name string
	Origin       string
}

// Guess is the kind that a code without one is of, by its shape.
func (s Second) Guess(have []*Factor) FactorKind {
	has := func(k FactorKind) bool {
		for _, f := range have {
			if f.Kind == k {
				return true
			}
		}
		return false
	}
	code := strings.TrimSpace(s.Code)
	switch {
	case s.Kind != 0:
		return s.Kind
	case strings.HasPrefix(code, "{"):
		return FactorWebAuthn
	case len(code) == 6 && has(FactorAuthenticator):
		return FactorAuthenticator
	case len(code) == 6:
		return FactorEmail
	case len(code) >= 44 && has(FactorYubiKey):
		return FactorYubiKey
	}
	return FactorRecovery
}

// Verified is an account whose owner was found to be there. Remember stands in for
// the second factor on this device from now on, "" when it was not asked for;
// Passkey is what was shown in place of everything else.
type Verified struct {
	User     *User
	Remember string
	Passkey  *Factor
}

// Challenge refuses a sign-in whose password was right until a second factor is
// shown. Ticket lets a code be mailed without the password.
type Challenge struct {
	Offers []Offer
	Email  string
	Ticket string
}

// Offer is a kind of factor that its owner may show. Email is masked; Options are
// those of a WebAuthn assertion (JSON).
type Offer struct {
	Kind    FactorKind
	Email   string
	NFC     bool
	Options []byte
}

func (c *Challenge) Error() string { return ErrSecondFactor.Error() }

// Unwrap makes a challenge the fault ErrSecondFactor to who knows no challenges.
func (c *Challenge) Unwrap() error { return ErrSecondFactor }

// MaskEmail keeps of an address what tells its owner which one it is.
func MaskEmail(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	return local[:min(2, len(local))] + "***@" + domain
}

// Remembered is a device that needs no second factor until it is forgotten: by
// its owner, by time, or because anything about signing in changed (Epoch).
type Remembered struct {
	ID         string
	User       UserID
	Epoch      int64
	Device     string // the client's identifier, "" at the REST door
	Name       string
	Address    string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
}

// Good reports whether r stands in for the second factor of u on device at now.
func (r *Remembered) Good(u *User, device string, now time.Time) bool {
	return r.User == u.ID && r.Epoch == u.Epoch && r.Device == device && now.Before(r.ExpiresAt)
}

// CodePurpose says what a mailed code is for; one account has one of each at most.
type CodePurpose uint8

// What codes are mailed for.
const (
	CodeSignIn CodePurpose = iota + 1
	CodeEnrol
	CodeDevice
)

// Code is a mailed code that waits to be typed. Hash is of the code.
type Code struct {
	ID        string
	User      UserID
	Purpose   CodePurpose
	Email     string
	Hash      string
	Tries     int
	SentAt    time.Time
	ExpiresAt time.Time
}

// FactorPolicy says whether everybody must have a second factor.
type FactorPolicy bool

// Allow reports whether an account that may lack one may use more than what sets
// it up.
func (required FactorPolicy) Allow(enrolled bool) bool { return enrolled || !bool(required) }

// Without is fs less the factor of that id.
func Without(fs []*Factor, id FactorID) (rest []*Factor) {
	for _, f := range fs {
		if f.ID != id {
			rest = append(rest, f)
		}
	}
	return rest
}

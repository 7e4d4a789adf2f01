package vault

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"strongroom/internal/fault"
)

// Place is somewhere that tells right from wrong, and so could be asked until it
// says right.
type Place string

// The places. Each has a row in rates.
const (
	PlaceSignIn       Place = "sign-in"       // a password, at either door
	PlaceAPIKey       Place = "api-key"       // an account's API key
	PlaceSecondFactor Place = "second-factor" // a code, a key or a recovery code after the password
	PlaceStepUp       Place = "step-up"       // the password or a code again, before what a stolen token must not do
	PlacePrelogin     Place = "prelogin"      // how an account derives its key; which devices it knows
	PlaceHint         Place = "hint"          // a hint by mail
	PlaceLetter       Place = "letter"        // any other letter that a stranger can have sent
	PlaceSignUp       Place = "sign-up"       // whether a name is taken
	PlaceSetupCode    Place = "setup-code"    // the code that makes the first administrator
	PlaceInvitation   Place = "invitation"    // an invitation
	PlaceLink         Place = "link"          // a link or code that went by mail
	PlaceSend         Place = "send"          // a Send's password or code
	PlaceRefresh      Place = "refresh"       // a refresh token
	PlaceAuthRequest  Place = "auth-request"  // asking to be let in by another device, and the code of that
)

// Rate is how often something may be tried: Free times at once, one more each
// Every; after that each try makes the next one wait, Wait at first, then twice as
// long each time, MaxWait at most. No wait is longer than that, whoever asks.
type Rate struct {
	Free                 int
	Every, Wait, MaxWait time.Duration
}

// ClockSlack is by how much the clocks of nodes may differ. A guess that is further
// ahead was counted before the clock was set back.
const ClockSlack = time.Minute

// rates say what a place allows of one account and of one network. A zero Rate
// does not count. An account that is not known in advance (a link, a refresh
// token) has none: what is guessed there has 128 random bits or more.
var rates = map[Place]struct{ account, network Rate }{
	PlaceSignIn:       {Rate{10, 10 * time.Minute, time.Second, 15 * time.Minute}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
	PlaceAPIKey:       {Rate{10, 10 * time.Minute, time.Second, 15 * time.Minute}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
	PlaceSecondFactor: {Rate{10, 10 * time.Minute, time.Second, 15 * time.Minute}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
	PlaceStepUp:       {Rate{10, 10 * time.Minute, time.Second, 15 * time.Minute}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
	PlacePrelogin:     {Rate{100, time.Second, time.Second, 4 * time.Second}, Rate{600, time.Second, time.Second, 30 * time.Second}},
	PlaceHint:         {Rate{3, 30 * time.Minute, time.Minute, time.Hour}, Rate{20, 5 * time.Minute, 10 * time.Second, 30 * time.Minute}},
	PlaceLetter:       {Rate{5, 10 * time.Minute, time.Minute, time.Hour}, Rate{50, time.Minute, 10 * time.Second, 30 * time.Minute}},
	PlaceSignUp:       {Rate{}, Rate{50, time.Minute, time.Second, 5 * time.Minute}},
	PlaceSetupCode:    {Rate{}, Rate{10, time.Minute, time.Second, 5 * time.Minute}},
	PlaceInvitation:   {Rate{}, Rate{20, time.Minute, time.Second, 5 * time.Minute}},
	PlaceLink:         {Rate{10, 10 * time.Minute, time.Second, 15 * time.Minute}, Rate{50, time.Minute, time.Second, 5 * time.Minute}},
	PlaceSend:         {Rate{20, time.Minute, time.Second, 5 * time.Minute}, Rate{100, 10 * time.Second, time.Second, time.Minute}},
	PlaceRefresh:      {Rate{}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
	PlaceAuthRequest:  {Rate{30, time.Minute, time.Second, 5 * time.Minute}, Rate{200, 10 * time.Second, time.Second, time.Minute}},
}

// GuessLimits are the settings of all this: how many wrong guesses in a row cost
// nothing, of one account and from one network, where passwords are guessed. 0
// stands for what rates say.
type GuessLimits struct{ Account, Network int }

// Guess is one try at a secret. Account is the id or the address of the account it
// is about, or the id of what else it is (a Send), "" where that is not known.
type Guess struct {
	Place   Place
	Account string
	Address string
	Device  string // the identifier that the client gave for itself
}

// WrongGuess reports whether err means that somebody guessed, and wrongly.
func WrongGuess(err error) bool {
	for _, wrong := range []error{ErrSignInWrong, ErrProofWrong, ErrCodeWrong, ErrSecondWrong, ErrSetupCode, ErrUserTaken, ErrSignedOut, ErrAuthRequestNotFound,
		ErrInvitationInvalid, ErrSendBadPass, ErrSendWrong, ErrSendNeedsCode, ErrLinkExpired} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return false
}

// Familiar is what of a guess its account has seen succeed before: the id of the
// device, or else the network. The zero value is a stranger.
type Familiar struct {
	Device  DeviceID
	Network bool
}

// Bucket is a count that a guess goes into. Name is in clear: it is for the keyed
// index, never for a database or log.
type Bucket struct {
	Name string
	Rate Rate
}

// Buckets are what g counts in. A familiar device or network of the account has a
// bucket of its own and is asked of no other: strangers can fill theirs without
// keeping the owner out, and the owner's is out of their reach.
func (g Guess) Buckets(f Familiar, l GuessLimits) (bs []Bucket) {
	r, ok := rates[g.Place]
	if !ok { // a place that has no row is held as strictly as a sign-in
		r = rates[PlaceSignIn]
	}
	if each, ok := asks[g.Place]; ok {
		if l.Account > 0 {
			r.account.Free = each.account * l.Account
		}
		if l.Network > 0 {
			r.network.Free = each.network * l.Network
		}
	}
	whose := strings.ToLower(g.Account)
	place, network := string(g.Place), Network(g.Address)
	counts := whose != "" && r.account.Free > 0
	switch {
	case counts && f.Device != "":
		return []Bucket{{place + " device " + whose + " " + string(f.Device), r.account}}
	case counts && f.Network:
		return []Bucket{{place + " home " + whose + " " + network, r.account}}
	case counts:
		bs = append(bs, Bucket{place + " account " + whose, r.account})
	}
	return append(bs, Bucket{place + " network " + network, r.network})
}

// asks says how many times as often as a password is guessed a place is asked,
// where that is what GuessLimits set: before each sign-in clients ask how the
// account derives its key, some of them several times.
var asks = map[Place]struct{ account, network int }{PlaceSignIn: {1, 1}, PlaceAPIKey: {1, 1}, PlaceSecondFactor: {1, 1}, PlaceStepUp: {1, 1}, PlacePrelogin: {10, 3}}

// Network is the network that an address counts for: of IPv6 the /64, because one
// customer has at least that; of IPv4 the address, because more would count
// strangers together. What is no address is a network, too: the unknown one.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// ErrTooManyGuesses answers before a guess is looked at. RetryAfter says when the
// next one is.
var ErrTooManyGuesses = fault.New(fault.TooMany, "too-many-guesses", "Too many tries. Wait a little, then try again.")

// Package generate makes passwords, passphrases and user names, and judges
// passwords that people chose. It must not keep what it made. Invariant: every
// choice is unbiased and from the operating system's random source.
package generate

import (
	"crypto/rand"
	"math/big"
	"strings"

	"strongroom/internal/fault"
)

// ErrOptions names the option that cannot be met.
var ErrOptions = fault.New(fault.Invalid, "generator-options", "Nothing can be generated with these options.")

// Bounds of a password's length.
const (
	MinLength = 6
	MaxLength = 128
)

const (
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	digits    = "0123456789"
	special   = "!@#$%^&*()-_=+[]{};:,.?/~" // on every keyboard, and none that closes a quotation
	ambiguous = "Il1O0o|`'\""
)

// Password says what a password is made of. Each chosen class occurs at least
// once; the minima ask for more, and count only with their class.
type Password struct {
	Length                        int
	Upper, Lower, Digits, Special bool
	MinDigits, MinSpecial         int
	ExcludeAmbiguous              bool
}

// DefaultPassword is 20 characters of every class: 6.4 bits each,
// 128 in all.
var DefaultPassword = Password{Length: 20, Upper: true, Lower: true, Digits: true, Special: true}

type class struct {
	chars string
	least int
}

func (p Password) classes() (cs []class, all string) {
	for _, c := range []struct {
		on    bool
		chars string
		least int
	}{{p.Upper, upper, 1}, {p.Lower, lower, 1}, {p.Digits, digits, max(1, p.MinDigits)}, {p.Special, special, max(1, p.MinSpecial)}} {
		if !c.on {
			continue
		}
		if p.ExcludeAmbiguous {
			c.chars = strings.Map(func(r rune) rune {
				if strings.ContainsRune(ambiguous, r) {
					return -1
				}
				return r
			}, c.chars)
		}
		cs = append(cs, class{c.chars, c.least})
		all += c.chars
	}
	return cs, all
}

// check names the option that cannot be met. A path says that it is of the query,
// since the REST door takes others to be of the body.
func (p Password) check(cs []class) error {
	least := 0
	for _, c := range cs {
		least += c.least
	}
	switch {
	case p.Length < MinLength || p.Length > MaxLength:
		return ErrOptions.At("query.length", "must be 6 to 128")
	case len(cs) == 0:
		return ErrOptions.At("query.upper", "at least one of upper, lower, digits, use_special must be on")
	case p.MinDigits < 0 || p.MinDigits > MaxLength: // also, so that least cannot overflow
		return ErrOptions.At("query.min_digits", "must be 0 to 128")
	case p.MinSpecial < 0 || p.MinSpecial > MaxLength:
		return ErrOptions.At("query.min_special", "must be 0 to 128")
	case least <= p.Length:
		return nil
	case p.Special && (!p.Digits || p.MinSpecial > p.MinDigits):
		return ErrOptions.At("query.min_special", "asks, with the other classes, for more characters than length allows")
	}
	return ErrOptions.At("query.min_digits", "asks, with the other classes, for more characters than length allows")
}

// Generate makes a password. Options that cannot be met are ErrOptions, with the
// field named as in the REST query.
func (p Password) Generate() (string, error) {
	cs, all := p.classes()
	if err := p.check(cs); err != nil {
		return "", err
	}
	out := make([]byte, 0, p.Length)
	for _, c := range cs {
		for range c.least {
			out = append(out, pick(c.chars))
		}
	}
	for len(out) < p.Length {
		out = append(out, pick(all))
	}
	shuffle(out)
	return string(out), nil
}

// shuffle is Fisher and Yates's: every order is as likely.
func shuffle(b []byte) {
	for i := len(b) - 1; i > 0; i-- {
		j := below(i + 1)
		b[i], b[j] = b[j], b[i]
	}
}

func pick(chars string) byte { return chars[below(len(chars))] }

// below is a random number from 0 to n-1, by rejection and so without bias.
func below(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil { // crypto/rand ends the program before it fails
		panic(err)
	}
	return int(v.Int64())
}

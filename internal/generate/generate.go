// Package generate makes passwords, passphrases and user names, and judges
// passwords that people chose. It must not keep what it made. Invariant: every
// choice is unbiased and from the operating system's random source.
package generate

import (
	"crypto/rand"
	"math/big"
	"strings"
	"unicode"

	"github.com/sethvargo/go-diceware/diceware"

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
	special   = "!@#$%^&*()-_=+[]{};:,.?/~|'`"
	ambiguous = "Il1O0o|`'"
)

// Password says what a password is made of. Each chosen class occurs at least
// once; the minima ask for more.
type Password struct {
	Length                        int
	Upper, Lower, Digits, Special bool
	MinDigits, MinSpecial         int
	ExcludeAmbiguous              bool
}

// DefaultPassword is 20 characters of every class: about 128 bits.
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

// Generate makes a password, or ErrOptions.
func (p Password) Generate() (string, error) {
	cs, all := p.classes()
	least := 0
	for _, c := range cs {
		least += c.least
	}
	switch {
	case p.Length < MinLength || p.Length > MaxLength:
		return "", ErrOptions.At("query.length", "must be 6 to 128")
	case len(cs) == 0:
		return "", ErrOptions.At("query.upper", "at least one of upper, lower, digits, use_special must be on")
	case p.MinDigits < 0 || p.MinSpecial < 0 || least > p.Length:
		return "", ErrOptions.At("query.min_digits", "the minima ask for more characters than length allows")
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
	for i := len(out) - 1; i > 0; i-- { // Fisher-Yates: every order is as likely
		j := below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out), nil
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

// Passphrase says what a passphrase is made of: words of the EFF's long list,
// 12.9 bits each.
type Passphrase struct {
	Words              int
	Separator          string
	Capitalize, Number bool
}

// Generate makes a passphrase, or ErrOptions.
func (p Passphrase) Generate() (string, error) {
	switch {
	case p.Words < 3 || p.Words > 20:
		return "", ErrOptions.At("query.words", "must be 3 to 20")
	case len(p.Separator) > 8 || strings.ContainsFunc(p.Separator, unicode.IsControl):
		return "", ErrOptions.At("query.separator", "must be at most 8 printable characters")
	}
	words := make([]string, p.Words)
	for n := range words {
		words[n] = word()
		if p.Capitalize {
			words[n] = strings.ToUpper(words[n][:1]) + words[n][1:]
		}
	}
	if p.Number {
		words[below(len(words))] += string(pick(digits))
	}
	return strings.Join(words, p.Separator), nil
}

// word rolls five dice for a word of the list.
func word() string {
	roll := 0
	for range 5 {
		roll = roll*10 + 1 + below(6)
	}
	return diceware.WordListEffLarge().WordAt(roll)
}

// Username says what a user name is like: "word" (a word and four digits),
// "random" (twelve letters and digits), "plus" (Email with a suffix before the @).
type Username struct{ Style, Email string }

// Generate makes a user name, or ErrOptions.
func (u Username) Generate() (string, error) {
	some := func(n int, chars string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = pick(chars)
		}
		return string(b)
	}
	switch u.Style {
	case "", "word":
		return strings.ReplaceAll(word(), "-", "") + some(4, digits), nil
	case "random":
		return string(pick(lower)) + some(11, lower+digits), nil
	case "plus":
		local, domain, ok := strings.Cut(u.Email, "@")
		if !ok || local == "" || domain == "" {
			return "", ErrOptions.At("query.email", "must be an e-mail address for the style plus")
		}
		return local + "+" + some(8, lower+digits) + "@" + domain, nil
	}
	return "", ErrOptions.At("query.style", "must be one of word, random, plus")
}

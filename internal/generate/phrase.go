package generate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sethvargo/go-diceware/diceware"
)

// Passphrase says what a passphrase is made of: words of the EFF's long list,
// 12.9 bits each.
type Passphrase struct {
	Words              int
	Separator          string
	Capitalize, Number bool
}

// DefaultPassphrase is six words: about 77 bits.
var DefaultPassphrase = Passphrase{Words: 6, Separator: "-"}

// Generate makes a passphrase of 3 to 20 words; the number is one digit at the end
// of one of them. ErrOptions names query.words or query.separator.
func (p Passphrase) Generate() (string, error) {
	switch {
	case p.Words < 3 || p.Words > 20:
		return "", ErrOptions.At("query.words", "must be 3 to 20")
	case !utf8.ValidString(p.Separator) || utf8.RuneCountInString(p.Separator) > 8 || strings.ContainsFunc(p.Separator, unicode.IsControl):
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

// some is n characters, each chosen by itself.
func some(n int, chars string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = pick(chars)
	}
	return string(b)
}

// Generate makes a user name; no style is "word". ErrOptions names query.style or
// query.email.
func (u Username) Generate() (string, error) {
	switch u.Style {
	case "", "word":
		return strings.ReplaceAll(word(), "-", "") + some(4, digits), nil
	case "random":
		return string(pick(lower)) + some(11, lower+digits), nil
	case "plus":
		local, domain, ok := strings.Cut(u.Email, "@")
		if !ok || local == "" || domain == "" || strings.ContainsFunc(u.Email, notInAddress) || strings.Contains(domain, "@") {
			return "", ErrOptions.At("query.email", "must be an e-mail address for the style plus")
		}
		return local + "+" + some(8, lower+digits) + "@" + domain, nil
	}
	return "", ErrOptions.At("query.style", "must be one of word, random, plus")
}

func notInAddress(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

package generate

import (
	"regexp"
	"strings"

	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/matching"
)

// maxJudged is as many characters of a password as are judged: 512 took zxcvbn
// 747 ms, and what is strong in 64 does not get weaker behind them.
const maxJudged = 64

// Every character that stands for a letter ("4" for "a") multiplies the readings
// of a password; 64 that hold all of them took 732 ms. Whoever has so many in more
// than a few characters is not hiding a word, and is judged without readings.
const (
	leet       = "4@8({[<369!1|70$5+%2"
	maxLeet    = 6
	maxLeetLen = 20
)

// date finds what zxcvbn's own matcher, with cheaper matches at hand, leaves out.
var date = regexp.MustCompile(`\d{1,4}[-./]\d{1,2}[-./]\d{1,4}`)

const repeats = "it repeats a character or a group"

// Strength is zxcvbn's score, 0 to 4, and in a few words why it is not higher:
// the rest of "it is weak because ...". It never quotes the password; at 4 there
// is nothing to say. inputs are what an attacker would try first, such as the
// account's name. It takes at most tens of milliseconds.
func Strength(password string, inputs ...string) (score int, reason string) {
	chars := []rune(password)
	if len(chars) > maxJudged {
		chars = chars[:maxJudged]
	}
	once := chars[:period(chars)]
	judged, kept := string(once), inputs[:0:0]
	for _, in := range inputs {
		if in != "" {
			kept = append(kept, in)
		}
	}
	var skip []func(match.Matcher) bool
	if len(once) > maxLeetLen && symbols(judged) > maxLeet {
		skip = append(skip, matching.FilterL33tMatcher)
	}
	m := zxcvbn.PasswordStrength(judged, kept, skip...)
	switch {
	case m.Score >= 4:
		return 4, ""
	case len(once) < len(chars):
		return m.Score, repeats
	}
	return m.Score, reasonFor(judged, m.MatchSequence)
}

// period is the length of the group that chars repeats from end to end, or
// len(chars). zxcvbn knows repeated ASCII characters only, and gives 1990 written
// sixteen times a 4.
func period(chars []rune) int {
	for n := 1; n <= len(chars)/2; n++ {
		i := n
		for i < len(chars) && chars[i] == chars[i-n] {
			i++
		}
		if i == len(chars) {
			return n
		}
	}
	return len(chars)
}

// symbols is how many different characters of s stand for letters.
func symbols(s string) (n int) {
	for i := range len(leet) {
		if strings.IndexByte(s, leet[i]) >= 0 {
			n++
		}
	}
	return n
}

// reasonFor words the longest guessable part, without repeating it: an answer
// that quotes a password ends in a log. Single characters, which are words to
// zxcvbn, are no reason.
func reasonFor(judged string, ms []match.Match) string {
	var worst match.Match
	for _, m := range ms {
		if m.Pattern != "bruteforce" && m.J > m.I && m.J-m.I >= worst.J-worst.I {
			worst = m
		}
	}
	if d := date.FindStringIndex(judged); d != nil && d[1]-d[0] > worst.J-worst.I+1 {
		worst = match.Match{Pattern: "date"}
	}
	switch worst.Pattern {
	case "dictionary":
		if worst.DictionaryName == "user_inputs" {
			return "it contains your own name or address"
		}
		return "it is built on a common word, name or password"
	case "spatial":
		return "it follows keys that lie next to each other"
	case "repeat":
		return repeats
	case "sequence":
		return "it contains a sequence such as abc or 123"
	case "date":
		return "it contains a date"
	}
	return "it is too short or too regular"
}

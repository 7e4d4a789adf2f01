package generate

import (
	"strings"
	"unicode"

	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/scoring"
)

// maxJudged is as many characters of a password as are judged: the search takes
// the square of them, and what is strong in 64 does not get weaker behind them.
const maxJudged = 64

const repeated = "it repeats a character or a group"

// Strength is zxcvbn's score, 0 to 4, and in a few words why it is not higher:
// the rest of "it is weak because ...". It never quotes the password; at 4 there
// is nothing to say. inputs are what an attacker would try first, such as the
// account's name. It takes milliseconds, and tens of them the first time.
func Strength(password string, inputs ...string) (score int, reason string) {
	chars := []rune(password)
	if len(chars) > maxJudged {
		chars = chars[:maxJudged]
	}
	once := chars[:period(chars)]
	own := map[string]uint16{}
	for i, in := range inputs {
		if in = strings.ToLower(flatten([]rune(in))); in != "" {
			own[in] = uint16(min(i+1, 1<<16-1))
		}
	}
	judged := flatten(once)
	m := scoring.MinimumEntropyMatchSequence(judged, guesses(judged, newLexicon(own)))
	switch {
	case m.Score >= 4:
		return 4, ""
	case len(once) < len(chars):
		return m.Score, repeated
	}
	return m.Score, reasonFor(m.MatchSequence)
}

// flatten gives every character one byte, so that a name with an accent is still
// found in a password: of others than ASCII it keeps which of 95 they are like.
func flatten(chars []rune) string {
	flat := make([]byte, len(chars))
	for i, c := range chars {
		flat[i] = byte(c)
		if c > unicode.MaxASCII {
			flat[i] = letterLike(c)
		}
	}
	return string(flat)
}

func letterLike(c rune) byte {
	n := byte(c % 26)
	switch {
	case unicode.IsUpper(c):
		return 'A' + byte(unicode.ToLower(c)%26)
	case unicode.IsLetter(c):
		return 'a' + n
	case unicode.IsDigit(c):
		return '0' + n%10
	}
	return "~`^*_=;:,.?/"[n%12]
}

// period is the length of the group that chars repeats from end to end, or
// len(chars). zxcvbn knows repeated characters only, and gives 1990 written
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

// reasonFor words the longest guessable part, without repeating it: an answer
// that quotes a password ends in a log. Single characters, which are words to
// zxcvbn, are no reason.
func reasonFor(ms []match.Match) string {
	var worst match.Match
	for _, m := range ms {
		if m.Pattern != "bruteforce" && m.J > m.I && m.J-m.I >= worst.J-worst.I {
			worst = m
		}
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
		return repeated
	case "sequence":
		return "it contains a sequence such as abc or 123"
	case "date":
		return "it contains a date"
	}
	return "it is too short or too regular"
}

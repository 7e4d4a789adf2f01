package generate

import (
	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/match"
)

// maxJudged is as much of a password as is judged: 512 characters took zxcvbn
// 747 ms, and what is strong in 64 does not get weaker behind them.
const maxJudged = 64

// Strength is zxcvbn's score, 0 to 4, and in one sentence why it is not higher.
// inputs are words that an attacker would try first, such as the account's name.
func Strength(password string, inputs ...string) (score int, reason string) {
	if len(password) > maxJudged {
		password = password[:maxJudged]
	}
	m := zxcvbn.PasswordStrength(password, inputs)
	return m.Score, reasonFor(m.MatchSequence)
}

// reasonFor words the longest guessable part, without repeating it: an answer
// that quotes a password ends in a log.
func reasonFor(ms []match.Match) string {
	var worst match.Match
	for _, m := range ms {
		if m.Pattern != "bruteforce" && m.J-m.I >= worst.J-worst.I {
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
		return "it repeats a character or a group"
	case "sequence":
		return "it contains a sequence such as abc or 123"
	case "date":
		return "it contains a date"
	}
	return "it is too short or too regular"
}

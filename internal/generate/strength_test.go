package generate

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestStrengthGivesItsReason(t *testing.T) {
	for pw, want := range map[string]string{
		"aaaaaaaaaaaaaa": "repeats", "qwertyuiop[]": "keys", "password1234": "common", "P4$$w0rd": "common", "alicealice12": "name", "alice": "name",
		strings.Repeat("1990", 16): "repeats", strings.Repeat("é", 20): "repeats", strings.Repeat("17|", 20): "repeats", "abcdefgh": "sequence", "13.5.1987": "date", "19870513": "date", "PASSWORD": "common", "p455w0rd!": "common", "élodie42": "name", "Élodie": "name", "абвгдежз": "sequence", "zxcvbnm,": "keys", "87654321": "sequence", "7654321098": "sequence", "smith1": "common", "23-11-2004": "date", "": "short", "x": "short",
	} {
		score, reason := Strength(pw, "", "alice", "élodie")
		if score >= 3 || !strings.Contains(reason, want) {
			t.Errorf("%q: %d, %s", pw, score, reason)
		}
	}
	for _, pw := range []string{"correct horse battery staple", "löwe-quarz-Übermut-91", "q7M!tz0Vw#e2Lc-8YdKp", strings.Repeat("correct horse battery staple", 2)} {
		if score, reason := Strength(pw); score != 4 || reason != "" {
			t.Errorf("%q is good and gets %d, %q", pw, score, reason)
		}
	}
}

const leet = "4@8({[<369!1|70$5+%2"

// TestStrengthComesBack: no text makes the judge fall over, and none is quoted.
func TestStrengthComesBack(t *testing.T) {
	Strength(strings.Repeat("aB3$", 50_000))
	one := rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(leet)), rapid.SampledFrom([]rune("aeiİßǅ19\xff")))
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.StringOfN(one, 0, 80, -1).Draw(t, "password")
		if rapid.Bool().Draw(t, "broken") && pw != "" {
			pw = pw[1:]
		}
		score, reason := Strength(pw, rapid.String().Draw(t, "input"))
		if score < 0 || score > 4 || (score < 4) != (reason != "") {
			t.Fatalf("%q: %d %q", pw, score, reason)
		}
	})
}

// BenchmarkStrengthWorst is the slowest that was found: as many readings as are
// tried, at full length.
func BenchmarkStrengthWorst(b *testing.B) {
	for name, pw := range map[string]string{"short": leet, "long": "([{<$5" + strings.Repeat("($[5{a<bc", 7)[:58], "conflicts": "1|7!+t" + strings.Repeat("1a7|b!c+d", 7)[:58]} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Strength(pw, "alice")
			}
		})
	}
}

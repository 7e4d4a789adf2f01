package generate

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func count(s, chars string) (n int) {
	for _, r := range s {
		if strings.ContainsRune(chars, r) {
			n++
		}
	}
	return n
}

func TestPasswordKeepsItsWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Password{Length: rapid.IntRange(MinLength, MaxLength).Draw(t, "length"),
			Upper: rapid.Bool().Draw(t, "upper"), Lower: rapid.Bool().Draw(t, "lower"), Digits: rapid.Bool().Draw(t, "digits"), Special: rapid.Bool().Draw(t, "special"),
			MinDigits: rapid.IntRange(0, 9).Draw(t, "min digits"), MinSpecial: rapid.IntRange(0, 9).Draw(t, "min special"), ExcludeAmbiguous: rapid.Bool().Draw(t, "ambiguous")}
		got, err := p.Generate()
		if err != nil {
			if !errors.Is(err, ErrOptions) {
				t.Fatal(err)
			}
			return
		}
		if len(got) != p.Length || p.ExcludeAmbiguous && count(got, ambiguous) > 0 {
			t.Fatalf("%+v made %q", p, got)
		}
		for _, c := range []struct {
			on    bool
			chars string
			least int
		}{{p.Upper, upper, 1}, {p.Lower, lower, 1}, {p.Digits, digits, max(1, p.MinDigits)}, {p.Special, special, max(1, p.MinSpecial)}} {
			if n := count(got, c.chars); c.on && n < c.least || !c.on && n > 0 {
				t.Fatalf("%+v made %q: %d of %s", p, got, n, c.chars)
			}
		}
	})
}

// TestUnbiased is a chi-square test of 260,000 letters; with 25 degrees of
// freedom 73 is passed by chance once in a million.
func TestUnbiased(t *testing.T) {
	var seen [26]float64
	p := Password{Length: 128, Lower: true}
	n := 0.0
	for n < 260_000 {
		s, err := p.Generate()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s {
			seen[r-'a']++
			n++
		}
	}
	chi := 0.0
	for _, s := range seen {
		chi += (s - n/26) * (s - n/26) / (n / 26)
	}
	if chi > 73 {
		t.Errorf("chi-square %.1f: %v", chi, seen)
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	for _, c := range []struct {
		gen  interface{ Generate() (string, error) }
		path string
	}{
		{Password{Length: 5, Lower: true}, "query.length"}, {Password{Length: 129, Lower: true}, "query.length"}, {Password{Length: 20}, "query.upper"},
		{Password{Length: 6, Digits: true, MinDigits: 7}, "query.min_digits"}, {Passphrase{Words: 2}, "query.words"},
		{Passphrase{Words: 3, Separator: "123456789"}, "query.separator"}, {Username{Style: "plus"}, "query.email"}, {Username{Style: "x"}, "query.style"},
	} {
		_, err := c.gen.Generate()
		if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%+v: %v", c.gen, err)
		}
	}
}

func TestPassphraseAndUsername(t *testing.T) {
	got, err := Passphrase{Words: 6, Separator: " ", Capitalize: true, Number: true}.Generate()
	if err != nil || len(strings.Fields(got)) != 6 || count(got, digits) != 1 || count(got, upper) < 6 {
		t.Errorf("%q %v", got, err)
	}
	for style, want := range map[string]int{"word": 7, "random": 12, "plus": 20} {
		got, err := Username{Style: style, Email: "a@example.com"}.Generate()
		if err != nil || len(got) < want {
			t.Errorf("%s: %q %v", style, got, err)
		}
	}
}

func TestStrengthGivesItsReason(t *testing.T) {
	for pw, want := range map[string]string{"aaaaaaaaaaaaaa": "repeats", "qwertyuiop[]": "keys", "password1234": "common", "alicealice12": "name"} {
		score, reason := Strength(pw, "alice")
		if score >= 3 || !strings.Contains(reason, want) {
			t.Errorf("%s: %d, %s", pw, score, reason)
		}
	}
	if score, _ := Strength("correct horse battery staple"); score < 3 {
		t.Error("a good passphrase is refused")
	}
	Strength(strings.Repeat("aB3$", 50_000)) // it must come back
}

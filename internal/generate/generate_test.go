package generate

import (
	"errors"
	"math"
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
		p := Password{Length: rapid.IntRange(MinLength-1, MaxLength+1).Draw(t, "length"),
			Upper: rapid.Bool().Draw(t, "upper"), Lower: rapid.Bool().Draw(t, "lower"), Digits: rapid.Bool().Draw(t, "digits"), Special: rapid.Bool().Draw(t, "special"),
			MinDigits: rapid.IntRange(-1, 9).Draw(t, "min digits"), MinSpecial: rapid.IntRange(-1, 9).Draw(t, "min special"), ExcludeAmbiguous: rapid.Bool().Draw(t, "ambiguous")}
		classes := []struct {
			on    bool
			chars string
			least int
		}{{p.Upper, upper, 1}, {p.Lower, lower, 1}, {p.Digits, digits, max(1, p.MinDigits)}, {p.Special, special, max(1, p.MinSpecial)}}
		least := 0
		for _, c := range classes {
			if c.on {
				least += c.least
			}
		}
		can := least > 0 && least <= p.Length && p.Length >= MinLength && p.Length <= MaxLength && p.MinDigits >= 0 && p.MinSpecial >= 0
		got, err := p.Generate()
		if !can {
			if !errors.Is(err, ErrOptions) {
				t.Fatalf("%+v: %q, %v", p, got, err)
			}
			return
		}
		if err != nil || len(got) != p.Length || p.ExcludeAmbiguous && count(got, ambiguous) > 0 {
			t.Fatalf("%+v made %q, %v", p, got, err)
		}
		for _, c := range classes {
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

// TestEveryPlaceIsAsLikely: the one digit that is promised falls anywhere. With 9
// degrees of freedom 43 is passed by chance about twice in a million.
func TestEveryPlaceIsAsLikely(t *testing.T) {
	const n = 20_000
	var seen [10]float64
	for range n {
		place := make([]byte, 10)
		copy(place, "0")
		shuffle(place)
		seen[strings.IndexByte(string(place), '0')]++
	}
	chi := 0.0
	for _, s := range seen {
		chi += (s - n/10.0) * (s - n/10.0) / (n / 10.0)
	}
	if chi > 43 {
		t.Errorf("chi-square %.1f: %v", chi, seen)
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	for _, c := range []struct {
		gen  interface{ Generate() (string, error) }
		path string
	}{
		{Password{Length: 5, Lower: true}, "query.length"}, {Password{Length: 129, Lower: true}, "query.length"}, {Password{Length: 20}, "query.upper"},
		{Password{Length: 6, Digits: true, MinDigits: 7}, "query.min_digits"}, {Password{Length: 6, Special: true, MinSpecial: 7}, "query.min_special"},
		{Password{Length: 9, Digits: true, Special: true, MinDigits: 2, MinSpecial: 8}, "query.min_special"}, {Password{Length: 9, Lower: true, MinDigits: -1}, "query.min_digits"},
		{Password{Length: 9, Digits: true, Special: true, MinDigits: math.MaxInt, MinSpecial: math.MaxInt}, "query.min_digits"},
		{Password{Length: 9, Special: true, MinSpecial: math.MaxInt}, "query.min_special"}, {Passphrase{Words: 2}, "query.words"}, {Passphrase{Words: 21}, "query.words"},
		{Passphrase{Words: 3, Separator: "\n"}, "query.separator"}, {Passphrase{Words: 3, Separator: "\xff"}, "query.separator"},
		{Username{Style: "plus", Email: "a@b@c"}, "query.email"}, {Username{Style: "plus", Email: "a b@c"}, "query.email"}, {Username{Style: "plus", Email: "@c"}, "query.email"},
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
	if got, err := (Passphrase{Words: 3, Separator: "••••••••"}).Generate(); err != nil || strings.Count(got, "•") != 16 {
		t.Errorf("8 characters of 3 bytes: %q %v", got, err)
	}
	if got, err := DefaultPassphrase.Generate(); err != nil || strings.Count(got, "-") < 5 {
		t.Errorf("%q %v", got, err)
	}
	if got, err := DefaultPassword.Generate(); err != nil || len(got) != 20 {
		t.Errorf("%q %v", got, err)
	}
	for style, want := range map[string]int{"word": 7, "random": 12, "plus": 20} {
		got, err := Username{Style: style, Email: "a@example.com"}.Generate()
		if err != nil || len(got) < want {
			t.Errorf("%s: %q %v", style, got, err)
		}
	}
}

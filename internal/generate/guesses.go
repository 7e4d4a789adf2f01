package generate

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/ccojocar/zxcvbn-go/adjacency"
	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
)

// The parts of a password that an attacker would guess whole, as zxcvbn defines
// them (Wheeler, USENIX Security 2016). Its entropies and its search for the
// cheapest way through them are the library's. What is judged has one byte a
// character (flat), so that places are the same everywhere.

// stands are the letters that a symbol or digit is written for.
var stands = map[byte]string{'4': "a", '@': "a", '8': "b", '(': "c", '{': "c", '[': "c", '<': "c", '3': "e", '6': "g", '9': "g",
	'1': "il", '!': "i", '|': "il", '7': "lt", '0': "o", '$': "s", '5': "s", '+': "t", '%': "x", '2': "z"}

// guesses are all such parts; they overlap. own are the words that are tried first.
func guesses(flat string, own *lexicon) (all []match.Match) {
	lower := strings.ToLower(flat)
	for i := range flat {
		for _, w := range []reading{{lexicon: own, name: "user_inputs"}, {lexicon: common(), name: "common"}} {
			w.flat, w.lower, w.from = flat, lower, i
			w.read(span{0, len(w.words)}, nil, &all)
		}
	}
	all = append(all, repeats(flat)...)
	all = append(all, sequences(flat)...)
	for _, keyboard := range []string{"qwerty", "dvorak", "keypad", "macKeypad"} {
		all = append(all, neighbours(flat, adjacency.GraphMap[keyboard])...)
	}
	return append(all, dates(flat)...)
}

// reading looks for words that begin at one place.
type reading struct {
	*lexicon
	flat, lower, name string
	from              int
}

// read follows every reading of what comes after from, as written or with symbols
// for letters, for as long as words begin with it.
func (w *reading) read(s span, read []byte, all *[]match.Match) {
	if rank, ok := w.ends(s, len(read)); ok && len(read) > 0 {
		*all = append(*all, w.found(string(read), rank))
	}
	at := w.from + len(read)
	if s.lo == s.hi || at == len(w.lower) {
		return
	}
	for _, c := range []byte(w.lower[at:at+1] + stands[w.lower[at]]) {
		w.read(w.next(s, len(read), c), append(read[:len(read):len(read)], c), all)
	}
}

func (w *reading) found(word string, rank uint16) match.Match {
	end := w.from + len(word)
	m := match.Match{Pattern: "dictionary", DictionaryName: w.name, I: w.from, J: end - 1, Token: w.flat[w.from:end]}
	m.Entropy = entropy.DictionaryEntropy(m, float64(rank))
	if word != w.lower[w.from:end] {
		m.Entropy += entropy.ExtraLeetEntropy(match.Match{I: w.from, J: end, Token: word}, w.lower)
	}
	return m
}

// minRun is how long what repeats, follows or lies side by side must be to count.
const minRun = 3

// runs are the longest stretches in which each character follows the one before.
func runs(flat string, follows func(before, c byte) bool, found func(i, end int)) {
	for i := 0; i < len(flat); {
		end := i + 1
		for end < len(flat) && follows(flat[end-1], flat[end]) {
			end++
		}
		if end-i >= minRun {
			found(i, end)
		}
		i = end
	}
}

func repeats(flat string) (all []match.Match) {
	runs(flat, func(before, c byte) bool { return before == c }, func(i, end int) {
		m := match.Match{Pattern: "repeat", I: i, J: end - 1, Token: flat[i:end]}
		m.Entropy = entropy.RepeatEntropy(m)
		all = append(all, m)
	})
	return all
}

func sequences(flat string) (all []match.Match) {
	for _, alphabet := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"} {
		for _, step := range []int{1, -1} {
			follows := func(before, c byte) bool {
				return strings.IndexByte(alphabet, before) >= 0 && strings.IndexByte(alphabet, c) >= 0 && int(c)-int(before) == step
			}
			runs(flat, follows, func(i, end int) {
				m := match.Match{Pattern: "sequence", I: i, J: end - 1, Token: flat[i:end]}
				m.Entropy = entropy.SequenceEntropy(m, len(alphabet), step > 0)
				all = append(all, m)
			})
		}
	}
	return all
}

// neighbours are runs over keys that lie side by side. The graph gives the keys
// around each, in fixed directions, a shifted character behind the plain one.
func neighbours(flat string, g adjacency.Graph) (all []match.Match) {
	towards := func(before, c byte) (direction int, shifted bool) {
		for d, key := range g.Graph[string(before)] {
			if at := strings.IndexByte(key, c); at >= 0 {
				return d, at == 1
			}
		}
		return -1, false
	}
	follows := func(before, c byte) bool { d, _ := towards(before, c); return d >= 0 }
	runs(flat, follows, func(i, end int) {
		m := match.Match{Pattern: "spatial", DictionaryName: g.Name, I: i, J: end - 1, Token: flat[i:end]}
		turns, shifts, last := 0, 0, -1
		for k := i + 1; k < end; k++ {
			d, shifted := towards(flat[k-1], flat[k])
			if d != last {
				turns, last = turns+1, d
			}
			if shifted {
				shifts++
			}
		}
		m.Entropy = entropy.SpatialEntropy(m, turns, shifts)
		all = append(all, m)
	})
	return all
}

// Dates: day, month and year in any order, with the same separator or none. Of
// two digits is the year that comes last or first; only one of four is within a
// lifetime.
var (
	separated = regexp.MustCompile(`^(\d{1,4})([-./_ ])(\d{1,2})([-./_ ])(\d{1,4})`)
	orders    = [][3]int{{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}}                                  // where day, month and year are
	lengths   = [][3]int{{2, 2, 4}, {4, 2, 2}, {1, 1, 4}, {4, 1, 1}, {2, 2, 2}, {1, 2, 4}, {2, 1, 4}} // of dates without separators
)

func dates(flat string) (all []match.Match) {
	add := func(i, end int, separator string, parts [3]string) {
		year := dateOf(parts)
		if year == 0 {
			return
		}
		m := match.Match{Pattern: "date", I: i, J: end - 1, Token: flat[i:end]}
		m.Entropy = entropy.DateEntropy(match.DateMatch{Year: year, Separator: separator})
		all = append(all, m)
	}
	for i := range flat {
		rest := flat[i:]
		if m := separated.FindStringSubmatch(rest); m != nil && m[2] == m[4] {
			add(i, i+len(m[0]), m[2], [3]string{m[1], m[3], m[5]})
		}
		for _, n := range lengths {
			if end := n[0] + n[1] + n[2]; end <= len(rest) && strings.Trim(rest[:end], "0123456789") == "" {
				add(i, i+end, "", [3]string{rest[:n[0]], rest[n[0] : n[0]+n[1]], rest[n[0]+n[1] : end]})
			}
		}
	}
	return all
}

// dateOf is the year of what can be read as a date, 0 of what cannot.
func dateOf(parts [3]string) int64 {
	var n [3]int64
	for i, p := range parts {
		n[i], _ = strconv.ParseInt(p, 10, 64) // digits only
	}
	for _, o := range orders {
		day, month, year := n[o[0]], n[o[1]], n[o[2]]
		long := len(parts[o[2]]) == 4
		if day >= 1 && day <= 31 && month >= 1 && month <= 12 && (long && year >= 1900 && year < 2100 || len(parts[o[2]]) == 2) {
			return max(year, 1)
		}
	}
	return 0
}

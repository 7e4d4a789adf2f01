package generate

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
)

// lexicon is what people build passwords on: common passwords, English words,
// names; sorted, in lower case. ranks[i] is the place of words[i] in its own list,
// from 1, the most common.
type lexicon struct {
	words []string
	ranks []uint16
}

// common is read from zxcvbn's lists when a password is first judged: reading
// them took 54 of the 60 ms of every start, and 9 MB.
var common = sync.OnceValue(func() *lexicon {
	best := map[string]uint16{}
	for _, name := range []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"} {
		var file struct{ List []string }
		raw, err := data.Asset("data/" + name + ".json")
		if err == nil {
			err = json.Unmarshal(raw, &file)
		}
		if err != nil { // they are part of the program
			panic(err)
		}
		for i, w := range file.List {
			rank, w := uint16(min(i+1, 1<<16-1)), strings.ToLower(w)
			if was := best[w]; was == 0 || rank < was {
				best[w] = rank
			}
		}
	}
	return newLexicon(best)
})

// newLexicon lets all words share one text: a string of its own for each took
// twice the memory.
func newLexicon(ranks map[string]uint16) *lexicon {
	var text strings.Builder
	l := &lexicon{words: make([]string, 0, len(ranks)), ranks: make([]uint16, 0, len(ranks))}
	for w := range ranks {
		l.words = append(l.words, w)
	}
	slices.Sort(l.words)
	for _, w := range l.words {
		text.WriteString(w)
		l.ranks = append(l.ranks, ranks[w])
	}
	all := text.String()
	for i, w := range l.words {
		l.words[i], all = all[:len(w)], all[len(w):]
	}
	return l
}

// span is the words that begin alike: lo up to, not including, hi.
type span struct{ lo, hi int }

// next narrows s to the words whose byte at depth is c.
func (l *lexicon) next(s span, depth int, c byte) span {
	words := l.words[s.lo:s.hi]
	at := func(c int) int {
		return s.lo + sort.Search(len(words), func(i int) bool { return len(words[i]) > depth && int(words[i][depth]) >= c })
	}
	return span{at(int(c)), at(int(c) + 1)}
}

// ends reports whether the first of s is a whole word of depth bytes, and its rank.
func (l *lexicon) ends(s span, depth int) (rank uint16, ok bool) {
	if s.lo == s.hi || len(l.words[s.lo]) != depth {
		return 0, false
	}
	return l.ranks[s.lo], true
}

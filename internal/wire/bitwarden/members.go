package bitwarden

import (
	"bytes"
	"encoding/json"
)

// eachMember hands over the members of an object one by one: the name with its
// quotes, the value without white space around or in it. b must be valid: what
// decodes a request has looked at each byte once, and an import is too large to
// do that again for every item in it.
func eachMember(b []byte, use func(name, value []byte)) {
	for i := nextToken(b, 1); b[i] != '}'; {
		end := stringEnd(b, i)
		name := b[i:end]
		i = nextToken(b, nextToken(b, end)+1) // past the colon
		end, spaced := valueEnd(b, i)
		value := b[i:end]
		if spaced {
			value = compact(value)
		}
		use(name, value)
		if i = nextToken(b, end); b[i] == ',' {
			i = nextToken(b, i+1)
		}
	}
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// nextToken is where the next byte from i on lies that is no white space.
func nextToken(b []byte, i int) int {
	for space(b[i]) {
		i++
	}
	return i
}

// stringEnd is behind the closing quote of the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		slashes := 0
		for b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
}

// valueEnd is behind the value that begins at i; spaced says that white space
// stands within it.
func valueEnd(b []byte, i int) (end int, spaced bool) {
	for depth := 0; ; {
		switch c := b[i]; {
		case c == '"':
			i = stringEnd(b, i)
		case c == '{' || c == '[':
			depth, i = depth+1, i+1
		case (c == '}' || c == ']') && depth > 0:
			depth, i = depth-1, i+1
		case depth == 0 && (c == ',' || c == '}' || space(c)):
			return i, spaced
		default: // of a number or a word, or between values
			spaced = spaced || space(c)
			i++
			continue
		}
		if depth == 0 {
			return i, spaced
		}
	}
}

func compact(v []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, v) != nil {
		return []byte("null") // never: it is part of valid JSON
	}
	return out.Bytes()
}

// unquote is the text of a name; what needs care is left to encoding/json.
func unquote(name []byte) (s string) {
	plain := name[1 : len(name)-1]
	for _, c := range plain {
		if c == '\\' || c >= 0x80 {
			json.Unmarshal(name, &s) //nolint:errcheck // it is part of valid JSON
			return s
		}
	}
	return string(plain)
}

package unlock

import (
	"bytes"
	"encoding/json"
)

// A small reader of JSON for the hot path: a list of 1,000 items looks at seven
// members of each, and encoding/json takes longer to find them than it takes to
// decrypt them. It reads what the store holds, which was checked to be JSON.

// members calls f with every key and raw value of the object raw, and reports
// whether raw is one.
func members(raw []byte, f func(key, val []byte)) bool {
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return false
	}
	i = space(raw, i+1)
	for i < len(raw) && raw[i] != '}' {
		k := skip(raw, i)
		if k < 0 || raw[i] != '"' {
			return false
		}
		v := space(raw, k)
		if v >= len(raw) || raw[v] != ':' {
			return false
		}
		v = space(raw, v+1)
		end := skip(raw, v)
		if end < 0 {
			return false
		}
		f(raw[i+1:k-1], raw[v:end])
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	return i < len(raw)
}

// elements calls f with every raw element of the array raw, and reports whether
// raw is one.
func elements(raw []byte, f func(val []byte)) bool {
	i := space(raw, 0)
	if i >= len(raw) || raw[i] != '[' {
		return false
	}
	i = space(raw, i+1)
	for i < len(raw) && raw[i] != ']' {
		end := skip(raw, i)
		if end < 0 {
			return false
		}
		f(raw[i:end])
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	return i < len(raw)
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

var endsScalar = [256]bool{',': true, ':': true, '}': true, ']': true, ' ': true, '\n': true, '\t': true, '\r': true}

// skip returns where the value that begins at i ends, or -1.
func skip(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = quoted(b, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return -1
			}
			i++
			continue
		default:
			for i < len(b) && !endsScalar[b[i]] {
				i++
			}
		}
		if depth <= 0 {
			return i
		}
	}
	return -1
}

// quoted returns where the string that begins at i ends, or -1.
func quoted(b []byte, i int) int {
	for i++; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		back := 0
		for j := i + n - 1; j >= i && b[j] == '\\'; j-- {
			back++
		}
		i += n + 1
		if back%2 == 0 {
			return i
		}
	}
	return -1
}

// text returns the text of a raw string, nil for null and whatever else it is.
// Encrypted strings have nothing to unescape, so this does not copy them.
func text(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return []byte(s)
}

package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/fault"
)

// maxDepth is deeper than any body of ours; encoding/json itself would go on to 10,000.
const maxDepth = 16

var errBadText = fault.New(fault.Invalid, "bad-text", "The body contains text that cannot be kept as it was sent.")

// jsonFormat is JSON without surprises: what Go would quietly replace (bytes
// that are no UTF-8, lone surrogates) or cannot be kept (NUL) is refused, so that
// nothing is stored other than as it was sent.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if f, ok := v.(fastJSON); ok {
			_, err := w.Write(f.appendJSON(nil))
			return err
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if err := checkJSON(data); err != nil {
			return smuggled(err)
		}
		return json.Unmarshal(data, v)
	},
}

// smuggle marks an error text in which the path of a field stands: huma keeps of
// an unmarshalling error only its text, and newHumaError takes it apart again.
const smuggle = "bad-text\x00"

func smuggled(err error) error {
	f := fault.From(err).Fields[0]
	return errors.New(smuggle + f.Path + "\x00" + f.Message)
}

// fastJSON is what is written often and long enough to be worth writing by hand.
type fastJSON interface{ appendJSON(dst []byte) []byte }

func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errBadText.At("body", "is not valid UTF-8")
	}
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			if bad := badEscape(data[i:]); bad != "" {
				return errBadText.At(pathOf(data, i), bad)
			}
			if isPair(data[i:]) {
				i += 6
			}
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errBadText.At("body", "is nested too deeply")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// badEscape says what is wrong with the \u escape at the start of b.
func badEscape(b []byte) string {
	switch r := unit(b); {
	case r == 0:
		return "contains a NUL character"
	case r >= 0xD800 && r < 0xDC00 && !isPair(b), r >= 0xDC00 && r < 0xE000:
		return "contains half of a surrogate pair"
	}
	return ""
}

// isPair reports whether b begins with a whole surrogate pair.
func isPair(b []byte) bool {
	hi := unit(b)
	if hi < 0xD800 || hi >= 0xDC00 || len(b) < 12 {
		return false
	}
	lo := unit(b[6:])
	return lo >= 0xDC00 && lo < 0xE000
}

// unit reads a \uXXXX escape, or returns -1.
func unit(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n := 0
	for _, c := range b[2:6] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 {
			return -1
		}
		n = n<<4 | d
	}
	return n
}

// pathOf names the member in which offset at lies, for the error only.
func pathOf(data []byte, at int) string {
	dec := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		key    string
		array  bool
		n      int
		expect bool // an object's next token is a key
	}
	var stack []level
	path := func() string {
		p := "body"
		for _, l := range stack {
			if l.array {
				p += "[" + itoa(l.n) + "]"
			} else if l.key != "" {
				p += "." + l.key
			}
		}
		return p
	}
	for {
		tok, err := dec.Token()
		if err != nil || int(dec.InputOffset()) > at {
			return path()
		}
		top := len(stack) - 1
		if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
			stack = stack[:top]
			top--
		} else if ok {
			stack = append(stack, level{array: d == '[', expect: d == '{'})
			continue
		} else if top >= 0 && stack[top].expect {
			stack[top].key, _ = tok.(string)
			stack[top].expect = false
			continue
		}
		if top >= 0 {
			stack[top].n++
			stack[top].expect = !stack[top].array
		}
	}
}

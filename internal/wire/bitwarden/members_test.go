package bitwarden

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
)

// FuzzEachMember holds the splitter to encoding/json, on all that this finds valid.
func FuzzEachMember(f *testing.F) {
	for _, s := range []string{`{}`, ` { } `, `{"a":1}`, "{ \"a\" :\t[ 1 , {\"b\": \"x y\"} ,true ]\n, \"a\\\\\": \"\\\"}\" , \"\": null,\"é\\u00e9\":-1e5 }",
		`{"a":{},"b":[],"c":[[{}],[]],"a":"\\"}`, `{"type":1,"name":"2.a|b|c","login":{"uris":[{"uri":null}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want map[string]json.RawMessage
		if json.Unmarshal(b, &want) != nil || want == nil {
			return
		}
		got := map[string]json.RawMessage{}
		eachMember(bytes.TrimLeft(b, " \t\r\n"), func(name, value []byte) { got[unquote(name)] = value })
		for name, v := range want {
			var tight bytes.Buffer
			if err := json.Compact(&tight, v); err != nil {
				t.Fatal(err)
			}
			want[name] = tight.Bytes()
		}
		if !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("%q splits into %q, not %q", b, got, want)
		}
	})
}

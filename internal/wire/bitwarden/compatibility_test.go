package bitwarden

import (
	"os"
	"regexp"
	"testing"
)

var params = regexp.MustCompile(`\{[^}]*\}`)

// TestCompatibility holds COMPATIBILITY.md to the routes: what it calls done or
// constant is there, what it calls not yet is absent, and nothing is left out.
func TestCompatibility(t *testing.T) {
	doc, err := os.ReadFile("COMPATIBILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	d := &Door{}
	d.Handler()
	have := map[string]bool{}
	for _, r := range d.Routes() {
		have[params.ReplaceAllString(r.Method+" "+r.Path, "{}")] = true
	}
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`]+)` \\| (done|constant|not yet) \\| (.*) \\|$").FindAllStringSubmatch(string(doc), -1) {
		route := params.ReplaceAllString(m[1], "{}")
		rows[route] = true
		if have[route] != (m[2] != "not yet") {
			t.Errorf("%s is said to be %q", m[1], m[2])
		}
		if m[2] != "done" && len(m[3]) < 3 {
			t.Errorf("%s is %q without a reason", m[1], m[2])
		}
	}
	for route := range have {
		if !rows[route] {
			t.Errorf("%s has no row", route)
		}
	}
	if len(rows) < 300 {
		t.Errorf("only %d rows", len(rows))
	}
}

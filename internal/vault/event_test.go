package vault

import (
	"bytes"
	"encoding/csv"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestEveryKindHasAName: filters and exports know kinds by name, and no two share one.
func TestEveryKindHasAName(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		if v, ok := node.(*ast.ValueSpec); ok && v.Type != nil {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "EventKind" {
				n += len(v.Names)
			}
		}
		return true
	})
	seen := map[string]EventKind{}
	for k, name := range eventNames {
		if other, twice := seen[name]; twice || strings.ToLower(name) != name || strings.ContainsAny(name, " ,_") {
			t.Errorf("%d is called %q, and so is %d", k, name, other)
		}
		seen[name] = k
		if got, err := ParseEventKind(k.String()); err != nil || got != k {
			t.Errorf("%q is read as %d (%v)", k, got, err)
		}
	}
	if n < 40 || n != len(eventNames) {
		t.Errorf("event.go has %d kinds and eventNames %d: give each a name", n, len(eventNames))
	}
	if _, err := ParseEventKind("no-such-thing"); err == nil {
		t.Error("a name that is none was taken")
	}
}

// TestCellsAreNoFormulas: a spreadsheet computes nothing that a stranger wrote.
func TestCellsAreNoFormulas(t *testing.T) {
	for _, evil := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"} {
		e := Event{Kind: EventSignedIn, Address: evil, Device: evil, Detail: evil, Subject: evil}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.Write(e.Line().Cells()); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		row, err := csv.NewReader(&b).Read()
		if err != nil || len(row) != len(EventColumns) {
			t.Fatal(row, err)
		}
		for _, c := range row {
			if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r\n") {
				t.Errorf("%q became %q", evil, c)
			}
		}
	}
}

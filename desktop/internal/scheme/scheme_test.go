package scheme

import (
	"slices"
	"testing"
)

// TestALinkIsNoFlag: what a link's writer adds behind a quote is left out.
func TestALinkIsNoFlag(t *testing.T) {
	got := Links([]string{"strongroom://generator", "--data", `\\evil.example\share`, "selftest", "http://evil.example"})
	if !slices.Equal(got, []string{"strongroom://generator"}) {
		t.Errorf("%q", got)
	}
}

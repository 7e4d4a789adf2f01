package e2e

import (
	"os"
	"testing"
)

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

// onlyFull skips what the quick loop has no time or no programs for, and says what `make test` does.
func onlyFull(t testing.TB, does string) {
	t.Helper()
	if !full() {
		t.Skip("`make test` " + does)
	}
}

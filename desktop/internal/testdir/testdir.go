// Package testdir makes empty folders for tests that also run under Wine. It must
// be used by tests alone. Invariant: a folder is gone after the test, except where
// the system cannot remove one as Go asks it to (Wine 8), which is no test's fault.
package testdir

import (
	"os"
	"testing"
)

// New makes an empty folder.
func New(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "strongroom-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // see above
	return dir
}

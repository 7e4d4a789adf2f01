package vault_test

import (
	"testing"

	"strongroom/internal/vault"
)

func TestIDs(t *testing.T) {
	seen, last := map[string]bool{}, ""
	for range 10_000 {
		row, any := vault.NewRowID[string](), vault.NewID[string]()
		if row <= last {
			t.Fatalf("%s comes after %s", row, last)
		}
		if last = row; seen[row] || seen[any] || !vault.ValidID(row) || !vault.ValidID(any) {
			t.Fatal(row, any)
		}
		seen[row], seen[any] = true, true
	}
}

package store_test

import (
	"testing"

	"strongroom/internal/store"
	"strongroom/internal/store/storetest"
	"strongroom/internal/store/testdb"
)

// TestContract runs the whole contract against each database.
func TestContract(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			storetest.Suite{New: func(t *testing.T) store.Source { return testdb.New(t, kind) }}.Run(t)
		})
	}
}

package store

import (
	"regexp"
	"slices"
	"testing"
)

// TestEverySealedTableIsChecked holds the list that `key check` and doctor walk
// to the schema.
func TestEverySealedTableIsChecked(t *testing.T) {
	var listed, made []string
	for _, st := range sealedTables {
		listed = append(listed, st.table)
	}
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`)
	for _, f := range files {
		text, err := migrationFiles.ReadFile("migrations/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range table.FindAllStringSubmatch(string(text), -1) {
			if regexp.MustCompile(`(?m)^\s+sealed\s`).MatchString(m[2]) {
				made = append(made, m[1])
			}
		}
	}
	slices.Sort(listed)
	slices.Sort(made)
	if !slices.Equal(listed, made) {
		t.Errorf("checked %v, sealed %v", listed, made)
	}
}

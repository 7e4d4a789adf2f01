package store

import (
	"regexp"
	"strings"
	"testing"
)

// additive is what a migration may say: a server of the version before goes on
// with its queries while another one is migrating. A new column of an old table
// has a default, or may be null.
var additive = regexp.MustCompile(`(?is)^(CREATE TABLE \w+ \(.*\) \{\{table\}\}|CREATE (?:UNIQUE )?INDEX \w+ ON \w+ \([^)]*\)|ALTER TABLE \w+ ADD COLUMN .*|UPDATE \w+ SET .*|INSERT INTO \w+ .*)$`)

// TestMigrationsAreAdditive: what takes something away, or asks of rows what an
// older server does not give them, would break the nodes that still run it.
func TestMigrationsAreAdditive(t *testing.T) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil || len(entries) < 7 {
		t.Fatal(entries, err)
	}
	made := map[string]bool{}  // tables that the same migration makes: their columns are its own business
	added := map[string]bool{} // and those that it gives a column: an index of that one asks nothing of old rows
	for _, e := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		clear(made)
		clear(added)
		for stmt := range strings.SplitSeq(string(text), ";\n") {
			stmt = strings.TrimSpace(stmt)
			if stmt == "" {
				continue
			}
			if !additive.MatchString(stmt) {
				t.Errorf("%s: this takes something away, or is not known to be safe beside an older server:\n%s", e.Name(), stmt)
			}
			words := strings.Fields(strings.ToUpper(stmt))
			if words[0] == "CREATE" {
				made[words[2]] = true
			}
			if at := strings.Index(strings.ToUpper(stmt), " ON "); strings.HasPrefix(strings.ToUpper(stmt), "CREATE UNIQUE") && !made[strings.Fields(strings.ToUpper(stmt)[at:])[1]] && !added[strings.Fields(strings.ToUpper(stmt)[at:])[1]] {
				t.Errorf("%s: an older server does not keep what this asks of rows that are there:\n%s", e.Name(), stmt)
			}
			if words[0] == "ALTER" && strings.Contains(strings.ToUpper(stmt), "ADD COLUMN") {
				added[words[2]] = true
			}
			if words[0] == "ALTER" && !made[words[2]] && strings.Contains(strings.ToUpper(stmt), "NOT NULL") && !strings.Contains(strings.ToUpper(stmt), "DEFAULT") {
				t.Errorf("%s: a column that is never null needs a default, or an older server cannot add rows:\n%s", e.Name(), stmt)
			}
		}
	}
}

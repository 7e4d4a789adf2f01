package servertest

import (
	"os/exec"
	"strings"
	"testing"

	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// Granted makes a database on the server of an administrator, and its two users, with
// what program's `db grants` prints. It returns the lines for .env that stand behind:
// DATABASE_URL of the server's user and MIGRATE_DATABASE_URL of the migrations'.
func Granted(t testing.TB, program string, admin store.Source, args ...string) (settings []string) {
	t.Helper()
	name := "g" + vault.NewID[string]()[:8]
	server, ddl := name+"_server", name+"_ddl"
	printed, err := exec.CommandContext(t.Context(), program, append([]string{"db", "grants", "--for", admin.Kind, "--name", name,
		"--user", server, "--migrate-user", ddl, "--host", admin.Host}, args...)...).Output()
	if err != nil {
		t.Fatalf("db grants: %v", err)
	}
	testdb.Script(t, admin, string(printed))
	t.Cleanup(func() {
		drop := "DROP DATABASE " + name + ";\nDROP USER '" + server + "'@'%', '" + ddl + "'@'%';\n"
		if admin.Kind == "postgres" {
			drop = "DROP DATABASE " + name + " WITH (FORCE);\nDROP ROLE " + server + ", " + ddl + ";\n"
		}
		testdb.Script(t, admin, drop)
	})
	for line := range strings.Lines(string(printed)) {
		line, comment := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if !comment || !strings.Contains(line, "DATABASE_URL=") {
			continue
		}
		if strings.Contains(line, "sslmode") {
			line += "&sslrootcert=" + testdb.CA()
		}
		settings = append(settings, line)
	}
	if len(settings) != 2 {
		t.Fatalf("db grants printed no settings:\n%s", printed)
	}
	return settings
}

package e2e

import (
	"encoding/csv"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// TestAuditCommands: verify passes and counts, export has each line, and after a hand
// on the database file verify fails and names the line.
func TestAuditCommands(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	p := serve(t, data)
	c := p.client(t)
	for range 3 {
		c.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {"wrong"}}).Want(401)
	}
	c.LogIn("alice")
	if out := mustRun(t, data, "", nil, "audit", "verify"); !strings.Contains(out, "5 lines are as they were written (1 to 5).") {
		t.Errorf("verify said:\n%s", out)
	}
	p.stop(t)
	rows, err := csv.NewReader(strings.NewReader(mustRun(t, data, "", nil, "audit", "export"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[1][3] != "user-registered" || rows[6][3] != "audit-exported" {
		t.Errorf("%v %v", rows, err)
	}
	if out := mustRun(t, data, "", nil, "audit", "export", "--format", "jsonl"); strings.Count(out, `"kind":"sign-in-failed"`) != 3 {
		t.Errorf("export said:\n%s", out)
	}
	refusal(t, data, nil, "--format", "audit", "export", "--format", "xml")
	refusal(t, data, nil, `"verfiy" is no command of`, "audit", "verfiy") // a misspelled check must not pass
	src := store.Source{Kind: "sqlite", Path: filepath.Join(data, "strongroom.db")}
	if now := placed(t, data, nil); now != nil {
		src = source(t, now[1]) // the server's user may delete rows, too; the other stands for a stranger
	}
	testdb.Exec(t, src, `DELETE FROM events WHERE seq = 3`)
	refusal(t, data, nil, "line 3 of the audit log is wrong: it is missing", "audit", "verify")
}

package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// backedUp is a site that goes on serving beside a backup of it.
type backedUp struct {
	*site
	settings     []string // but for those of the database
	data         string
	database     store.Source
	email, items string // of one person, as the official client shows them
}

// TestBackupBetweenDatabases backs up by commands from each database, under
// clients that write, and serves what is restored into each: the official client
// and the REST door show the same items at all of them, and the audit log has the
// same lines with the same links and the same signed checkpoints.
func TestBackupBetweenDatabases(t *testing.T) {
	for _, from := range testdb.Kinds {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			onlyFull(t, "does this on all databases")
			b := backUp(t, from)
			for _, to := range testdb.Kinds {
				t.Run("into "+to, func(t *testing.T) { b.into(t, to) })
			}
		})
	}
}

func backUp(t *testing.T, from string) *backedUp {
	t.Helper()
	b := &backedUp{data: filepath.Join(t.TempDir(), "data"), email: "alice@example.com",
		settings: []string{passphrase, "BACKUP_TO=" + t.TempDir(), "TLS=self-signed", "SIGNUPS=open", "REQUESTS_PER_ADDRESS=0", "REQUESTS_PER_ACCOUNT=0"}}
	own := granted(t, from)
	b.database = source(t, own[0])
	own = append(own, b.settings...)
	b.site = siteOf(t, b.data, own)
	alice, bob := b.Client.Join(b.email), b.Client.User("bob")
	for n := range 20 {
		alice.Add(fmt.Sprintf("site%d.example", n))
	}
	untilCheckpoint(t, b.database, bob)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			if a := bob.Do("POST", "/api/v1/passwords", map[string]string{"service": "during", "password": "p"}); a.Status != 201 {
				t.Errorf("a write during the backup was answered %d", a.Status)
			}
		}
	})
	mustRun(t, b.data, "", own, "backup")
	stop.Store(true)
	wg.Wait()
	refusal(t, b.data, own, "is serving", "db", "copy", "--to", "sqlite://"+filepath.Join(t.TempDir(), "copy.db"))
	if b.items = bwItems(t, b.site, b.email); strings.Count(b.items, "site") < 20 {
		t.Fatal(b.items)
	}
	return b
}

// into restores it into an empty database of a kind, and compares.
func (b *backedUp) into(t *testing.T, to string) {
	fresh := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(b.data, ".env"), filepath.Join(fresh, ".env"))
	other := granted(t, to)
	database := source(t, other[0])
	other = append(other, b.settings...)
	mustRun(t, fresh, "", other, "restore")
	sameChain(t, b.database, database)
	var lines int
	if out := mustRun(t, fresh, "", other, "audit", "verify"); !oneLine(out, "%d lines are as they were written", &lines) || lines < 1000 {
		t.Errorf("the audit log that was restored: %s", out)
	}
	again := siteOf(t, fresh, other)
	if now := bwItems(t, again, b.email); now != b.items {
		t.Errorf("the official client shows\n%s, want\n%s", now, b.items)
	}
	here, _ := again.Client.LogIn(b.email)
	there, _ := b.Client.LogIn(b.email)
	if passwordsOf(here) != passwordsOf(there) {
		t.Error("the REST door shows something else")
	}
}

// untilCheckpoint has things refused, each of which is a line of the audit log, until
// the chain has a signed checkpoint.
func untilCheckpoint(t *testing.T, src store.Source, c servertest.Client) {
	t.Helper()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 140 {
				if a := c.Do("GET", "/api/v1/admin/users", nil); a.Status != 403 {
					t.Errorf("answered %d", a.Status)
					return
				}
			}
		})
	}
	wg.Wait()
	waitFor(t, func() bool { return testdb.Cell(t, src, "SELECT COUNT(*) FROM checkpoints") != "0" })
}

// sameChain: all lines that were restored are the source's, in its order, and so is
// what was signed about them.
func sameChain(t *testing.T, from, to store.Source) {
	t.Helper()
	last := testdb.Cell(t, to, "SELECT MAX(seq) FROM events")
	for what, q := range map[string]string{
		"lines":       "SELECT seq, link, id, at, kind, user_id, sealed FROM events WHERE seq <= " + last + " ORDER BY seq",
		"checkpoints": "SELECT seq, at, id, sealed FROM checkpoints WHERE seq <= " + last + " ORDER BY seq",
	} {
		was, is := table(t, from, q), table(t, to, q)
		if len(is) == 0 || !slices.Equal(was, is) {
			t.Errorf("%d %s were restored of %d, or others", len(is), what, len(was))
		}
	}
}

// table is what a query returns, a line for each row.
func table(t *testing.T, src store.Source, q string) (lines []string) {
	t.Helper()
	db := testdb.DB(t, src)
	defer db.Close()
	rows, err := db.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(cells))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func oneLine(text, format string, into ...any) bool {
	n, err := fmt.Sscanf(text, format, into...)
	return err == nil && n == len(into)
}

func passwordsOf(c servertest.Client) string {
	return string(c.Do("GET", "/api/v1/passwords", nil).Want(200).Body)
}

// siteOf serves data over TLS.
func siteOf(t *testing.T, data string, settings []string) *site {
	t.Helper()
	p := serve(t, data, settings...)
	s := &site{URL: p.URL, CA: filepath.Join(data, "tls", "ca.pem")}
	s.Client = servertest.NewClient(t, s.URL)
	s.Client.HTTP = trusting(t, s.CA)
	return s
}

// bwItems is what the newest official client lists of a person's items: names,
// users and passwords, in the clear.
func bwItems(t *testing.T, s *site, email string) string {
	t.Helper()
	home := t.TempDir()
	bw := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "node", append([]string{bwPath(t, versions[0])}, args...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "BITWARDENCLI_APPDATA_DIR=" + home, "NODE_EXTRA_CA_CERTS=" + s.CA, "BW_NOINTERACTION=true", "NODE_NO_WARNINGS=1"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("bw %v: %v", args[0], err)
		}
		return strings.TrimSpace(string(out))
	}
	bw("config", "server", s.URL)
	session := bw("login", email, servertest.Password, "--raw")
	var items []struct {
		ID, Name string
		Login    struct{ Username, Password string }
	}
	if err := json.Unmarshal([]byte(bw("list", "items", "--session", session)), &items); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range items {
		lines = append(lines, i.ID+" "+i.Name+" "+i.Login.Username+" "+i.Login.Password)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

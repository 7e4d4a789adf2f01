package e2e

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// oldTables are the old program's, as its ORM makes them.
var oldTables = []string{
	`CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(50), password_encrypted VARCHAR(512), is_admin BOOLEAN)`,
	`CREATE UNIQUE INDEX ix_users_username ON users (username)`,
	`CREATE TABLE passwords (id INTEGER NOT NULL PRIMARY KEY, service VARCHAR(100), url VARCHAR(500), username VARCHAR(100), password_encrypted VARCHAR(512), owner_id INTEGER, FOREIGN KEY(owner_id) REFERENCES users (id))`,
}

// oldProgram is a database as the old program left it.
type oldProgram struct {
	db      *sql.DB
	src     store.Source
	key     string
	keyFile string
	entries int
}

func newOldProgram(t *testing.T, kind string) *oldProgram {
	t.Helper()
	o := &oldProgram{src: testdb.New(t, kind), key: seal.GenerateKey(), keyFile: filepath.Join(t.TempDir(), ".env")}
	o.db = testdb.DB(t, o.src)
	t.Cleanup(func() { o.db.Close() })
	for _, q := range oldTables {
		o.exec(t, q)
	}
	if err := os.WriteFile(o.keyFile, []byte("DATABASE_URL=x\nFERNET_KEY='"+o.key+"'\nSECRET_KEY=s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oldProgram) exec(t *testing.T, q string, args ...any) {
	t.Helper()
	if _, err := o.db.Exec(q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

func (o *oldProgram) seal(t *testing.T, text string) string {
	t.Helper()
	k, err := seal.ParseKey(o.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(seal.NewFernet(k).Seal([]byte(text), time.Now()))
}

func (o *oldProgram) user(t *testing.T, id int, name, password string, admin bool, entries ...[4]string) {
	t.Helper()
	o.exec(t, `INSERT INTO users (id, username, password_encrypted, is_admin) VALUES (?, ?, ?, ?)`, id, name, o.seal(t, password), admin)
	for _, e := range entries {
		o.entries++
		o.exec(t, `INSERT INTO passwords (id, service, url, username, password_encrypted, owner_id) VALUES (?, ?, ?, ?, ?, ?)`, o.entries, e[0], e[1], e[2], o.seal(t, e[3]), id)
	}
}

// TestImportOfTheOldProgram: people sign in with the name and password they had,
// administrators are administrators, and everything is there.
func TestImportOfTheOldProgram(t *testing.T) {
	for _, kind := range []string{"sqlite", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			o := newOldProgram(t, kind)
			o.user(t, 1, "root", "a good old password", true)
			o.user(t, 2, "alice", "pw", false, [4]string{"Mail", "https://mail.example.com", "alice@example.com", "gehéim 🔑"}, [4]string{"Mail", "", "", ""}, [4]string{"", "x", "y", "z"})
			o.exec(t, `INSERT INTO users (id, username, password_encrypted, is_admin) VALUES (3, 'nobody', 'gAAAAA', NULL)`)
			o.user(t, 4, "two words", "correct horse battery", false)
			o.user(t, 5, "broken", "correct horse battery", false, [4]string{"good", "", "", "p"})
			o.exec(t, `INSERT INTO passwords (id, service, password_encrypted, owner_id) VALUES (99, 'bad', 'not a token', 5)`)
			if kind == "sqlite" {
				o.user(t, 6, "ALICE", "another", false)
			}
			o.user(t, 7, "carol", "correct horse battery", false)
			data := filepath.Join(t.TempDir(), "data")
			mustRun(t, data, "", nil, "init")
			args := []string{"import", "fastapi", "--database-url", testdb.URL(o.src), "--fernet-key-file", o.keyFile}
			out, err := run(t, data, "", nil, append(args, "--dry-run")...)
			if err == nil || !strings.Contains(out, "Would take over 3 of") || !strings.Contains(out, "with 3 entries") {
				t.Errorf("a dry run said %v:\n%s", err, out)
			}
			if out := mustRun(t, data, "", nil, "user", "list"); strings.TrimSpace(out) != "" {
				t.Errorf("a dry run made accounts:\n%s", out)
			}
			out, err = run(t, data, "", nil, args...)
			for _, want := range []string{"Took over 3 of", "with 3 entries", `"nobody": the login password does not open`, `"two words"`, `"broken": entry 99`, "alice has a weak login password", "nothing of them was kept"} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in:\n%s", want, out)
				}
			}
			if kind == "sqlite" && !strings.Contains(out, `"ALICE": it means the same account as "alice"`) {
				t.Errorf("two names for one account:\n%s", out)
			}
			if err == nil || strings.Contains(out, "gehéim") || strings.Contains(out, o.key) {
				t.Errorf("%v:\n%s", err, out)
			}
			if out, _ := run(t, data, "", nil, args...); !strings.Contains(out, "Took over 0 of") || !strings.Contains(out, "3 were there already") {
				t.Errorf("the second run said:\n%s", out)
			}
			p := serve(t, data)
			c := p.client(t)
			token := func(name, password string) servertest.Client {
				m := c.Do("POST", "/api/v1/token", url.Values{"username": {name}, "password": {password}}).Want(200).Map()
				return c.As(m["access_token"].(string))
			}
			var list []map[string]any
			token("alice", "pw").Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
			var got []string
			for _, e := range list {
				got = append(got, fmt.Sprintf("%v|%v|%v|%v", e["service"], e["url"], e["username"], e["password"]))
			}
			if s := strings.Join(got, "\n"); s != "Mail|https://mail.example.com|alice@example.com|gehéim 🔑\nMail|||\n(no name)|x|y|z" {
				t.Errorf("alice has\n%s", s)
			}
			token("root", "a good old password").Do("GET", "/api/v1/admin/users", nil).Want(200)
			token("carol", "correct horse battery").Do("GET", "/api/v1/admin/users", nil).Want(403)
			c.Do("POST", "/api/v1/token", url.Values{"username": {"broken"}, "password": {"correct horse battery"}}).Want(401)
		})
	}
}

// TestImportRefusals: what is wrong with the source is said before anything is made.
func TestImportRefusals(t *testing.T) {
	o := newOldProgram(t, "sqlite")
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	empty := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal(t, data, nil, "Fernet key", "import", "fastapi", "--database-url", testdb.URL(o.src), "--fernet-key-file", empty)
	refusal(t, data, nil, "--database-url", "import", "fastapi", "--database-url", "oracle://x", "--fernet-key-file", o.keyFile)
	refusal(t, data, nil, "no such file", "import", "fastapi", "--database-url", "sqlite:///does/not/exist.db", "--fernet-key-file", o.keyFile)
	other := filepath.Join(t.TempDir(), "other.db")
	mustRun(t, t.TempDir(), "", []string{"DATABASE_URL=sqlite://" + other}, "init")
	refusal(t, data, nil, "not a database of the old program", "import", "fastapi", "--database-url", "sqlite://"+other, "--fernet-key-file", o.keyFile)
}

// TestInterruptedImport: Ctrl+C leaves whole accounts only, and a second run
// brings the rest.
func TestInterruptedImport(t *testing.T) {
	o := newOldProgram(t, "sqlite")
	const people = 12
	for n := range people {
		o.user(t, n+1, fmt.Sprintf("user%d", n), "correct horse battery", false, [4]string{"one", "", "", "p"}, [4]string{"two", "", "", "p"})
	}
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	args := []string{"import", "fastapi", "--database-url", testdb.URL(o.src), "--fernet-key-file", o.keyFile, "--data", data}
	cmd := exec.Command(binary, args...)
	cmd.Env = environ(placed(t, data, nil)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return strings.Contains(mustRun(t, data, "", nil, "user", "list"), "user0") })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Log("it was over before it was interrupted")
	}
	mustRun(t, data, "", nil, args[:6]...)
	p := serve(t, data)
	for n := range people {
		m := p.client(t).Do("POST", "/api/v1/token", url.Values{"username": {fmt.Sprintf("user%d", n)}, "password": {"correct horse battery"}}).Want(200).Map()
		var list []map[string]any
		p.client(t).As(m["access_token"].(string)).Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
		if len(list) != 2 {
			t.Errorf("user%d has %d entries", n, len(list))
		}
	}
}

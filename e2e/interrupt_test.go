package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// interrupted runs a command and presses Ctrl+C as soon as a moment has come. It must
// end soon, with a failure and words about it. A command that was over before says
// nothing, and false comes back.
func interrupted(t *testing.T, data string, settings []string, moment func(pid int) bool, args ...string) bool {
	t.Helper()
	cmd := exec.Command(binary, append(args, "--data", data)...)
	cmd.Env = environ(settings...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for tick := time.Tick(time.Millisecond); !moment(cmd.Process.Pid); {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out.String())
			}
			return false
		case <-tick:
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if last := lines[len(lines)-1]; err != nil && (!strings.HasPrefix(last, "strongroom: ") || strings.Contains(out.String(), "goroutine")) {
			t.Errorf("%v ended with %v and said\n%s", args, err, out.String())
		}
		return err != nil
	case <-time.After(time.Minute):
		cmd.Process.Kill()
		t.Fatalf("%v does not stop:\n%s", args, out.String())
	}
	return false
}

// untilInterrupted tries again, from what prepare makes, while a command is over
// before the moment comes.
func untilInterrupted(t *testing.T, prepare func(), try func() bool) {
	t.Helper()
	for range 20 {
		prepare()
		if try() {
			return
		}
	}
	t.Fatal("it was always over before it could be interrupted")
}

// holds says that a database file has come to where a query finds something.
func holds(t *testing.T, path, query string) func(int) bool {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return func(int) bool {
		var one int
		return db.QueryRow(query).Scan(&one) == nil
	}
}

// The moments of a database that is being filled: its tables are made, and its rows come.
var fillings = []string{"SELECT 1 FROM schema_version WHERE version_id = 5", "SELECT 1 FROM items LIMIT 1"}

// reading says that a process has a file open.
func reading(path string) func(int) bool {
	return func(pid int) bool {
		open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range open {
			if to, err := os.Readlink(fd); err == nil && to == path {
				return true
			}
		}
		return err != nil
	}
}

// heavyVault is an instance that takes a while to be copied, and what is in its file.
func heavyVault(t *testing.T, settings ...string) (data string, content map[string]string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	p := serve(t, data, append(settings, "SIGNUPS=open")...)
	bob := p.client(t).Join("bob@example.com")
	var items []any
	for n := range 2000 {
		items = append(items, bob.Login(fmt.Sprint(n)))
	}
	for range 3 {
		bob.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": items, "folders": []any{}, "folderRelationships": []any{}}).Want(200)
	}
	p.client(t).User("alice")
	p.stop(t)
	return data, counted(t, filepath.Join(data, "strongroom.db"))
}

// counted is how much of what must not be lost is in a database file.
func counted(t *testing.T, file string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range []string{"users", "items", "data_keys", "checkpoints"} {
		all[table] = testdb.Cell(t, store.Source{Kind: "sqlite", Path: file}, "SELECT COUNT(*) FROM "+table)
	}
	return all
}

func same(t *testing.T, now, want map[string]string) {
	t.Helper()
	if fmt.Sprint(now) != fmt.Sprint(want) {
		t.Errorf("there are %v, want %v", now, want)
	}
}

// TestInterruptedRestore: Ctrl+C while its tables are made, and in the middle of its rows,
// leaves what no server opens, and a second run makes it whole. One of a check of the
// backup leaves everything as it was.
func TestInterruptedRestore(t *testing.T) {
	onlySQLite(t)
	backups := t.TempDir()
	settings := []string{passphrase, "BACKUP_TO=" + backups}
	data, want := heavyVault(t, settings...)
	mustRun(t, data, "", settings, "backup")
	made, err := filepath.Glob(filepath.Join(backups, "*.age"))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	untilInterrupted(t, func() {}, func() bool { return interrupted(t, data, settings, reading(made[0]), "backup", "verify") })
	mustRun(t, data, "", settings, "backup", "verify")
	for _, moment := range fillings {
		var fresh string
		untilInterrupted(t, func() {
			fresh = filepath.Join(t.TempDir(), "data")
			if err := os.MkdirAll(fresh, 0o700); err != nil {
				t.Fatal(err)
			}
			copyFile(t, filepath.Join(data, ".env"), filepath.Join(fresh, ".env"))
		}, func() bool {
			return interrupted(t, fresh, settings, holds(t, filepath.Join(fresh, "strongroom.db"), moment), "restore")
		})
		refusal(t, fresh, settings, "cut off", "serve")
		mustRun(t, fresh, "", settings, "restore")
		same(t, counted(t, filepath.Join(fresh, "strongroom.db")), want)
		if out := mustRun(t, fresh, "", settings, "key", "check"); !strings.Contains(out, "sealed values open") {
			t.Error(out)
		}
	}
}

// TestInterruptedCopy: the same of a copy into another database.
func TestInterruptedCopy(t *testing.T) {
	onlySQLite(t)
	data, want := heavyVault(t)
	for _, moment := range fillings {
		var to string
		untilInterrupted(t, func() { to = filepath.Join(t.TempDir(), "copy.db") }, func() bool {
			return interrupted(t, data, nil, holds(t, to, moment), "db", "copy", "--to", "sqlite://"+to)
		})
		refusal(t, data, []string{"DATABASE_URL=sqlite://" + to}, "cut off", "serve")
		same(t, counted(t, filepath.Join(data, "strongroom.db")), want)
		mustRun(t, data, "", nil, "db", "copy", "--to", "sqlite://"+to)
		same(t, counted(t, to), want)
		p := serve(t, data, "DATABASE_URL=sqlite://"+to)
		p.client(t).LogIn("alice")
	}
}

var twoKeys = regexp.MustCompile(`(?m)^FERNET_KEY=[^,\n]+,[^,\n]+$`)

// TestInterruptedRotation: Ctrl+C between the new key in .env and what is to be wrapped
// under it. The server serves with both keys, and a second run goes on.
func TestInterruptedRotation(t *testing.T) {
	t.Parallel() // it waits for a lock of the database until that is given up
	onlySQLite(t)
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	env := filepath.Join(data, ".env")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "strongroom.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tx *sql.Tx
	announced := func(int) bool { // and nothing can be written any more
		b, err := os.ReadFile(env)
		if err != nil || !twoKeys.Match(b) {
			return false
		}
		tx, err = db.Begin()
		return err == nil
	}
	untilInterrupted(t, func() { mustRun(t, data, "", nil, "key", "rotate", "--drop-old") }, func() bool {
		tx = nil
		defer func() {
			if tx != nil {
				tx.Rollback()
			}
		}()
		return interrupted(t, data, nil, announced, "key", "rotate", "--drop-old")
	})
	if b, err := os.ReadFile(env); err != nil || !twoKeys.Match(b) {
		t.Fatalf("it left %s, %v", b, err)
	}
	p := serve(t, data)
	p.client(t).LogIn("alice")
	if out := mustRun(t, data, "", nil, "key", "rotate", "--drop-old"); !strings.Contains(out, "Removed the old keys") {
		t.Errorf("the second run said:\n%s", out)
	}
	p.client(t).LogIn("alice")
	p.stop(t)
	serve(t, data).client(t).LogIn("alice")
}

// TestInterruptedImportOfVaultwarden: Ctrl+C leaves whole accounts only, and a second
// run brings the rest, nobody twice.
func TestInterruptedImportOfVaultwarden(t *testing.T) {
	onlySQLite(t)
	const people, each = 60, 5
	w := newWarden(t)
	a, first := w.user(t, "user0@example.com", servertest.CheapKDF)
	for n := range people {
		id := first
		if n > 0 { // the rest have the same keys, which cost nothing anew
			id = vault.NewID[string]()
			w.exec(t, `INSERT INTO users SELECT ?, enabled, created_at, updated_at, verified_at, ?, name, password_hash, salt, password_iterations, password_hint, akey, private_key, public_key,
				security_stamp, equivalent_domains, excluded_globals, client_kdf_type, client_kdf_iter, api_key, client_kdf_memory, client_kdf_parallelism, totp_recover FROM users WHERE uuid = ?`,
				id, fmt.Sprintf("user%d@example.com", n), first)
		}
		for i := range each {
			w.item(t, a, id, "", fmt.Sprint(i), "p", false)
		}
	}
	var data string
	var src store.Source
	untilInterrupted(t, func() {
		data = filepath.Join(t.TempDir(), "data")
		mustRun(t, data, "", nil, "init")
		src = store.Source{Kind: "sqlite", Path: filepath.Join(data, "strongroom.db")}
	}, func() bool {
		return interrupted(t, w.dir, []string{"DATA_DIR=" + data}, func(int) bool { return testdb.Cell(t, src, "SELECT COUNT(*) FROM users") != "0" }, "import", "vaultwarden")
	})
	came := testdb.Cell(t, src, "SELECT COUNT(*) FROM users")
	if halves := testdb.Cell(t, src, fmt.Sprintf("SELECT COUNT(*) FROM users u WHERE (SELECT COUNT(*) FROM items i WHERE i.user_id = u.id) <> %d", each)); halves != "0" {
		t.Errorf("of %s accounts that came %s are not whole", came, halves)
	}
	out, err := w.bring(t, data)
	if err != nil || !strings.Contains(out, came+" were there already") {
		t.Errorf("%s had come, and the second run said %v:\n%s", came, err, out)
	}
	if users, items := testdb.Cell(t, src, "SELECT COUNT(*) FROM users"), testdb.Cell(t, src, "SELECT COUNT(*) FROM items"); users != fmt.Sprint(people) || items != fmt.Sprint(people*each) {
		t.Errorf("in the end there are %s accounts with %s items", users, items)
	}
}

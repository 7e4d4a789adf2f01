package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// granted are the settings of a server on a new database of a kind, in which it may do
// what `strongroom db grants` prints and no more: all servers of these tests run so.
func granted(t testing.TB, kind string, args ...string) []string {
	t.Helper()
	if kind == "sqlite" {
		return []string{"DATABASE_URL=" + testdb.URL(testdb.New(t, kind))}
	}
	return servertest.Granted(t, binary, testdb.Administrator(t, kind), args...)
}

// elsewhere is the kind of database of servers that no test gives one to: SQLite, or by
// STRONGROOM_E2E_DATABASE mysql or postgres (`make grants-test` runs all tests so).
var elsewhere = os.Getenv("STRONGROOM_E2E_DATABASE")

var places = struct {
	sync.Mutex
	of map[string][]string // by folder of data
}{of: map[string][]string{}}

// placed are the settings of a server, with its folder's database elsewhere.
func placed(t testing.TB, data string, settings []string) []string {
	t.Helper()
	if elsewhere == "" || slices.ContainsFunc(settings, func(s string) bool { return strings.HasPrefix(s, "DATABASE_URL=") }) {
		return settings
	}
	places.Lock()
	defer places.Unlock()
	if places.of[data] == nil {
		places.of[data] = granted(t, elsewhere)
	}
	return append(slices.Clone(settings), places.of[data]...)
}

// lose takes the database of a folder away.
func lose(t *testing.T, data string) {
	t.Helper()
	if elsewhere == "" {
		if err := os.Remove(filepath.Join(data, "strongroom.db")); err != nil {
			t.Fatal(err)
		}
		return
	}
	places.Lock()
	defer places.Unlock()
	delete(places.of, data)
}

// onlySQLite is said by tests of the file that SQLite keeps.
func onlySQLite(t *testing.T) {
	if elsewhere != "" {
		t.Skip("this is about SQLite's file")
	}
}

// source is the database that a setting names.
func source(t testing.TB, setting string) store.Source {
	t.Helper()
	_, raw, _ := strings.Cut(setting, "=")
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	pw, _ := u.User.Password()
	if u.Scheme == "sqlite" {
		return store.Source{Kind: u.Scheme, Path: u.Path}
	}
	return store.Source{Kind: u.Scheme, User: u.User.Username(), Password: pw, Host: u.Host, Name: strings.TrimPrefix(u.Path, "/"), Params: u.Query()}
}

// TestGrantsAreEnough: a server whose user has the printed grants and no more
// passes a script of the official client over TLS, and every command; a
// statement that changes the schema is refused to that user.
func TestGrantsAreEnough(t *testing.T) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			onlyFull(t, "has the databases")
			settings := append(granted(t, kind), passphrase)
			data := filepath.Join(t.TempDir(), "data")
			account(t, data, settings...)
			p := serve(t, data, settings...)
			in, _ := p.client(t).LogIn("alice")
			in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201)
			for _, args := range [][]string{{"key", "rotate"}, {"key", "check"}, {"user", "role", "alice", "admin"}, {"user", "list"}, {"db", "version"}, {"doctor"}, {"backup", t.TempDir()}} {
				mustRun(t, data, "", settings, args...)
			}
			db := testdb.DB(t, source(t, settings[0]))
			defer db.Close()
			for _, ddl := range []string{"CREATE TABLE forbidden (x INT)", "DROP TABLE items", "ALTER TABLE users ADD COLUMN x INT"} {
				if _, err := db.Exec(ddl); err == nil {
					t.Errorf("the server's user may %s", ddl)
				}
			}
			var one int
			if err := db.QueryRow("SELECT COUNT(*) FROM users").Scan(&one); err != nil || one != 1 {
				t.Errorf("the user cannot even read, so the test shows nothing: %v", err)
			}
			if kind == "postgres" { // MariaDB's turn is behind nginx, with all scripts
				runScripts(t, versions[0], bwPath(t, versions[0]), newSite(t, granted(t, kind, "--require-tls")...), "whole.txtar")
			}
		})
	}
}

// TestEncryptedConnections: the options of a DATABASE_URL ask for TLS in the same
// words for both databases, and a certificate that is not trusted is refused.
func TestEncryptedConnections(t *testing.T) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			onlyFull(t, "has the databases")
			users := granted(t, kind)
			base, data := users[0], filepath.Join(t.TempDir(), "data")
			ca := "sslrootcert=" + testdb.CA()
			account(t, data, base+"?sslmode=verify-full&"+ca, users[1])
			for options, good := range map[string]bool{"sslmode=verify-full&" + ca: true, "sslmode=verify-ca&" + ca: true, "sslmode=require": true, "sslmode=disable": true,
				"sslmode=verify-full": false, "sslmode=wrong": false, "sslmode=verify-full&sslrootcert=/does/not/exist": false} {
				out, err := run(t, data, "", []string{base + "?" + options}, "user", "list")
				if (err == nil) != good {
					t.Errorf("%s: %v %s", options, err, out)
				}
			}
			by := strings.Replace(base, "127.0.0.1", "localhost", 1) // the certificate is of the address
			for options, good := range map[string]bool{"sslmode=verify-full&" + ca: false, "sslmode=verify-ca&" + ca: true} {
				if out, err := run(t, data, "", []string{by + "?" + options}, "user", "list"); (err == nil) != good {
					t.Errorf("by name, %s: %v %s", options, err, out)
				}
			}
		})
	}
}

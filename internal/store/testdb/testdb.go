// Package testdb gives tests empty databases on the servers that scripts/testdb
// started. It must not be imported but by tests. Invariant: what it makes is
// dropped when the test ends.
package testdb

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Kinds are the databases that we support.
var Kinds = []string{"sqlite", "mysql", "postgres"}

// New returns an empty database of a kind, for someone who may do everything in it.
func New(t testing.TB, kind string) store.Source {
	t.Helper()
	if kind == "sqlite" {
		return store.Source{Kind: kind, Path: filepath.Join(t.TempDir(), "strongroom.db")}
	}
	src := Administrator(t, kind)
	src.Name = "t" + strings.ReplaceAll(vault.NewID[string](), "-", "")
	run(t, src, "CREATE DATABASE "+src.Name)
	drop := "DROP DATABASE " + src.Name
	if kind == "postgres" {
		drop += " WITH (FORCE)"
	}
	t.Cleanup(func() { run(t, src, drop) })
	return src
}

// Administrator is who may make databases and users on the server of a kind. Without a
// server the test is skipped, but for the full run (STRONGROOM_FULL_TESTS), where that
// is a failure.
func Administrator(t testing.TB, kind string) store.Source {
	t.Helper()
	env := map[string]string{"mysql": "STRONGROOM_TEST_MYSQL", "postgres": "STRONGROOM_TEST_POSTGRES"}[kind]
	raw := os.Getenv(env)
	if raw == "" {
		if os.Getenv("STRONGROOM_FULL_TESTS") != "" {
			t.Fatalf("%s is not set; run through scripts/testdb", env)
		}
		t.Skipf("%s is not set; `make test` starts a server", env)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	pw, _ := u.User.Password()
	return store.Source{Kind: kind, User: u.User.Username(), Password: pw, Host: u.Host, Params: url.Values{}}
}

func run(t testing.TB, src store.Source, stmt string) {
	t.Helper()
	if src.Name = ""; src.Kind == "postgres" {
		src.Name = "postgres"
	}
	Exec(t, src, stmt)
}

// DB is a plain connection to src, past all of the store's rules.
func DB(t testing.TB, src store.Source) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+src.Path+"?_pragma=busy_timeout(10000)"
	src.Host, _, _ = strings.Cut(src.Host, ",") // of a cluster, the node that comes first
	switch src.Kind {
	case "mysql":
		driver, dsn = "mysql", src.User+":"+src.Password+"@tcp("+src.Host+")/"+src.Name
	case "postgres":
		driver, dsn = "pgx", "postgres://"+src.User+":"+src.Password+"@"+src.Host+"/"+src.Name
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Exec runs one statement as someone who has the database could.
func Exec(t testing.TB, src store.Source, stmt string) {
	t.Helper()
	db := DB(t, src)
	defer db.Close()
	if _, err := db.Exec(stmt); err != nil {
		t.Errorf("%s: %v", stmt, err)
	}
}

// Cell is the one value that a query returns, as text.
func Cell(t testing.TB, src store.Source, query string) (v string) {
	t.Helper()
	db := DB(t, src)
	defer db.Close()
	if err := db.QueryRow(query).Scan(&v); err != nil {
		t.Errorf("%s: %v", query, err)
	}
	return v
}

// URL is src as DATABASE_URL spells it.
func URL(src store.Source) string {
	if src.Kind == "sqlite" {
		return "sqlite://" + src.Path
	}
	return src.Kind + "://" + src.User + ":" + src.Password + "@" + src.Host + "/" + src.Name
}

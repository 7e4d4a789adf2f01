package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"strongroom/internal/store"
)

// asNobody runs f on a thread that may write to nothing of this test's: root may
// write to every folder.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(65534); err != nil {
			done <- err
			return
		}
		f()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestReadOnlyFolder: a database in WAL mode is read where nothing can be written
// beside it, unless changes lie in its journal: then it says what to do.
func TestReadOnlyFolder(t *testing.T) {
	for name, rest := range map[string]bool{"at rest": true, "with a journal": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "db.sqlite3")
			db, err := sql.Open("sqlite", file+"?_journal_mode=WAL")
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{"CREATE TABLE users (username TEXT, password_encrypted TEXT)", "CREATE TABLE passwords (owner_id INTEGER, password_encrypted TEXT)", "INSERT INTO users VALUES ('a', 'x')"} {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			var wal []byte
			if !rest {
				if wal, err = os.ReadFile(file + "-wal"); err != nil || len(wal) == 0 {
					t.Fatal("no journal:", err)
				}
			}
			db.Close()
			if !rest {
				if err := os.WriteFile(file+"-wal", wal, 0o444); err != nil {
					t.Fatal(err)
				}
			}
			for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o555, file: 0o444} {
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { os.Chmod(dir, 0o755) })
			asNobody(t, func() {
				f, err := store.OpenForeign(t.Context(), store.Source{Kind: "sqlite", Path: file})
				if err != nil {
					if rest || !strings.Contains(err.Error(), "name a copy of the folder") {
						t.Error(err)
					}
					return
				}
				defer f.Close()
				if users, _, err := f.OldCounts(t.Context()); !rest || err != nil || users != 1 {
					t.Error(users, err)
				}
			})
		})
	}
}

package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "x.log")
	l := &File{Path: path, Size: 100}
	for n := range 40 { // 400 bytes
		if _, err := fmt.Fprintf(l, "line %04d\n", n); err != nil {
			t.Fatal(err)
		}
	}
	all := ""
	for n := keep; n >= 0; n-- {
		name := path
		if n > 0 {
			name = l.old(n)
		}
		b, err := os.ReadFile(name)
		if err != nil && n <= 3 {
			t.Fatal(err)
		}
		if len(b) > 100 {
			t.Errorf("%s has %d bytes", name, len(b))
		}
		all += string(b)
	}
	if lines := strings.Split(all, "\n"); len(lines) != 41 || lines[0] != "line 0000" || lines[39] != "line 0039" {
		t.Errorf("lines are lost or out of order:\n%s", all)
	}
	more := &File{Path: path, Size: 100} // a restart goes on where the last run ended
	for range 200 {
		fmt.Fprintln(more, "again")
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != keep+1 {
		t.Errorf("%d files are kept: %v", len(files), err)
	}
}

// TestCannotRotate: what cannot be moved goes on growing.
func TestCannotRotate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.log")
	if err := os.MkdirAll(path+".5/full", 0o700); err != nil { // a folder in the way
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".4", []byte("0123456\n"), 0o600); err != nil { // which cannot go there
		t.Fatal(err)
	}
	l := &File{Path: path, Size: 10}
	for range 5 {
		fmt.Fprintln(l, "0123456")
	}
	found := 0
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := os.ReadFile(p)
			found += strings.Count(string(b), "0123456")
		}
		return nil
	})
	if found != 6 {
		t.Errorf("%d of 6 lines are there", found)
	}
}

func TestManyWriters(t *testing.T) {
	l := &File{Path: filepath.Join(t.TempDir(), "x.log")}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				fmt.Fprintln(l, "0123456789")
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(l.Path)
	if err != nil || string(b) != strings.Repeat("0123456789\n", 800) {
		t.Errorf("lines were mixed: %v", err)
	}
}

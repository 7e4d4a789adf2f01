package trim

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// resident is how much of the program's file is mapped, in KiB.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("%s", status)
	}
	n, _ := strconv.Atoi(string(m[1])) // digits
	return n
}

// TestStarted: less is resident, and code that ran before, code that did not, and
// constants are all still there.
func TestStarted(t *testing.T) {
	want, err := json.Marshal(map[string]int{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	before := resident(t)
	Started()
	if after := resident(t); after >= before {
		t.Errorf("%d KiB were resident, now %d", before, after)
	}
	got, err := json.MarshalIndent(map[string]int{"a": 1}, "", "")
	if err != nil || !bytes.Equal(bytes.ReplaceAll(bytes.ReplaceAll(got, []byte("\n"), nil), []byte(" "), nil), want) {
		t.Errorf("%s, %v; not %s", got, err, want)
	}
}

// TestWrittenBeforeReadOnly: what was put into a mapping before it became read-only,
// as the loader does in a PIE program with RELRO, is not in the file and stays.
func TestWrittenBeforeReadOnly(t *testing.T) {
	page := os.Getpagesize()
	f, err := os.Create(filepath.Join(t.TempDir(), "program"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte{1}, 4*page)); err != nil {
		t.Fatal(err)
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	relro := mem[2*page:]
	relro[page] = 2
	for _, part := range [][]byte{mem[:2*page], relro[:page], relro[page:]} {
		if err := unix.Mprotect(part, unix.PROT_READ); err != nil {
			t.Fatal(err)
		}
	}
	unmap(f.Name())
	if relro[page] != 2 || mem[0] != 1 || relro[0] != 1 {
		t.Errorf("read %d, %d and %d", relro[page], mem[0], relro[0])
	}
}

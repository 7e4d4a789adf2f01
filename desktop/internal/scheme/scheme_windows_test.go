package scheme

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"strongroom/desktop/internal/testdir"
)

const patience = time.Minute

// TestMain is the program that links open, too: it notes beside itself how it was started.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Flag {
		b, err := json.Marshal(os.Args[1:])
		if err == nil {
			err = os.WriteFile(heard()+".new", b, 0o600)
		}
		if err == nil {
			err = os.Rename(heard()+".new", heard())
		}
		if err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func program() string {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return exe
}

func heard() string { return program() + ".heard" }

// follow opens a link as a browser does, and returns what the program was started with.
func follow(t *testing.T, link string) (args []string) {
	t.Helper()
	file, err := windows.UTF16PtrFromString(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.ShellExecute(0, nil, file, nil, nil, windows.SW_HIDE); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		b, err := os.ReadFile(heard())
		if err == nil {
			if err := json.Unmarshal(b, &args); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(heard()); err != nil {
				t.Fatal(err)
			}
			return args
		}
		if time.Now().After(end) {
			t.Fatal("the link opened nothing: ", err)
		}
	}
}

// TestLinksOpenTheProgram registers for all, too, as an installer does: Wine 8 looks
// for links there alone.
func TestLinksOpenTheProgram(t *testing.T) {
	t.Cleanup(func() { Unregister(program()); remove(registry.LOCAL_MACHINE) })
	if err := errors.Join(Register(program()), write(registry.LOCAL_MACHINE, program())); err != nil {
		t.Fatal(err)
	}
	if got := follow(t, "strongroom://vault/new"); !slices.Equal(got, []string{Flag, "strongroom://vault/new"}) {
		t.Errorf("started with %q", got)
	}
	evil := follow(t, `strongroom://generator" --data "C:\evil`)
	if evil[0] != Flag || len(Links(evil)) != 1 {
		t.Errorf("a quote in a link gave %q", evil)
	}
	for range 2 {
		if err := Unregister(program()); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := read(registry.CURRENT_USER); now != "" || err != nil {
		t.Errorf("after it was undone: %q, %v", now, err)
	}
}

// TestAdoptTakesNothingAway: links stay with another program while that is there.
func TestAdoptTakesNothingAway(t *testing.T) {
	other := filepath.Join(testdir.New(t), "another one.exe")
	if err := os.WriteFile(other, []byte("MZ"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Unregister(program()); Unregister(other) })
	want := func(what, by string) {
		t.Helper()
		if now, err := registered(); err != nil || now != line(by) {
			t.Errorf("%s: %q, %v", what, now, err)
		}
	}
	if err := Adopt(other); err != nil {
		t.Fatal(err)
	}
	want("at first", other)
	if err := Adopt(program()); err != nil {
		t.Fatal(err)
	}
	want("while the other one is there", other)
	if err := Unregister(program()); err != nil {
		t.Fatal(err)
	}
	want("it was not ours to undo", other)
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := Adopt(program()); err != nil {
		t.Fatal(err)
	}
	want("when the other one is gone", program())
}

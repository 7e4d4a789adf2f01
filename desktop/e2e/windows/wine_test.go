// Package windows runs under Wine what the program for Windows does without its
// window: WebView2 does not run there.
package windows

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

const patience = 3 * time.Minute

// wine is an empty Windows.
type wine struct {
	prefix string
	env    []string
}

// run runs a program. Its output goes to a file: what Windows starts beside it
// keeps that open, and whoever read a pipe would wait.
func (w *wine) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, w.env, out, out
	err = c.Run()
	b, _ := os.ReadFile(out.Name())
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, b)
	}
	return strings.ReplaceAll(string(b), "\r", "")
}

// install makes an empty Windows, without a display unless one is named.
func install(t *testing.T, more ...string) *wine {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "prefix")
	w := &wine{prefix: prefix}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DISPLAY=") && !strings.HasPrefix(kv, "WINE") {
			w.env = append(w.env, kv)
		}
	}
	w.env = append(append(w.env, "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="), more...)
	w.run(t, ".", "wineboot")
	t.Cleanup(func() {
		stop := exec.Command("/usr/lib/wine/wineserver64", "-k", "-w")
		stop.Env = w.env
		stop.Run()
	})
	w.run(t, ".", "x86_64-w64-mingw32-gcc", "-Os", "-s", "-shared", "-nostdlib", "-e", "DllMain", "-o", filepath.Join(prefix, "drive_c/windows/system32/bcryptprimitives.dll"),
		"../../../e2e/windows/testdata/bcryptprimitives.c", "-ladvapi32")
	return w
}

func build(t *testing.T, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestInstaller installs what people download, looks at what the machine knows of it
// then, and removes it again.
func TestInstaller(t *testing.T) {
	if !full() {
		t.Log("this runs Wine; make test does it")
		return
	}
	out := t.TempDir()
	dist := exec.CommandContext(t.Context(), "go", "run", "./packaging/dist", "-programs", "strongroom-desktop", "-targets", "windows/amd64", "-nfpm", "nfpm", "-out", out) // no nfpm for Windows
	dist.Dir, dist.Env = "../../..", append(os.Environ(), "CGO_ENABLED=0")
	if b, err := dist.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	found, err := filepath.Glob(filepath.Join(out, "*.msi"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	const exe = `C:\Program Files\Strongroom Desktop\strongroom-desktop.exe`
	w, msi := install(t), filepath.Join(out, "desktop.msi")
	if err := os.Rename(found[0], msi); err != nil {
		t.Fatal(err)
	}
	w.run(t, out, "wine", "msiexec", "/i", "desktop.msi", "/qn")
	if got := w.run(t, out, "wine", exe, "version"); !strings.HasPrefix(got, "strongroom-desktop ") {
		t.Errorf("what was installed says %q", got)
	}
	const classes, links = `HKLM\Software\Classes`, `\Classes\strongroom` + "\n"
	if got := w.run(t, out, "wine", "reg", "query", classes); !strings.Contains(got, links) {
		t.Errorf("no links among\n%s", got)
	}
	if got := w.run(t, out, "wine", "reg", "query", classes+`\strongroom\shell\open\command`, "/ve"); !strings.Contains(got, `"`+exe+`" --link "%1"`) {
		t.Errorf("links are opened by\n%s", got)
	}
	if got := w.menu(t); len(got) != 1 {
		t.Errorf("in the Start menu: %q", got)
	}
	w.run(t, out, "wine", "msiexec", "/x", "desktop.msi", "/qn")
	if got := w.run(t, out, "wine", "reg", "query", classes); strings.Contains(got, links) {
		t.Errorf("links are still opened:\n%s", got)
	}
	if _, err := os.Stat(filepath.Join(w.prefix, "drive_c/Program Files/Strongroom Desktop")); !errors.Is(err, fs.ErrNotExist) || len(w.menu(t)) != 0 {
		t.Errorf("it is still there: %v", err)
	}
}

// menu are our entries in the Start menu.
func (w *wine) menu(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(w.prefix, "drive_c"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, `Programs/Strongroom.lnk`) {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// packages runs the packages' own tests.
func (w *wine) packages(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, p := range names {
		exe := filepath.Join(dir, p+".test.exe")
		build(t, "test", "-c", "-o", exe, "strongroom/desktop/internal/"+p)
		if out := w.run(t, dir, "wine", exe, "-test.v"); !strings.Contains(out, "\nPASS") || strings.Contains(out, "--- SKIP") {
			t.Errorf("%s:\n%s", p, out)
		}
	}
}

// TestWithoutAWindow: the packages' own tests, on Windows' clipboard, keychain,
// registry and locks, and the program's test of itself.
func TestWithoutAWindow(t *testing.T) {
	if !full() {
		t.Log("this runs Wine; make test does it")
		return
	}
	dir, w := t.TempDir(), install(t)
	w.packages(t, dir, "autostart", "clip", "gate", "keychain", "personal", "scheme", "single", "state")
	exe := filepath.Join(dir, "strongroom-desktop.exe")
	build(t, "build", "-tags", "desktop,production", "-ldflags", "-H windowsgui", "-o", exe, "strongroom/desktop")
	if out := w.run(t, dir, "wine", exe, "selftest"); !strings.HasSuffix(out, "the keychain keeps a secret\nall is well\n") {
		t.Errorf("selftest:\n%s", out)
	}
}

// TestKeys: the hotkey, and typing into an edit field, which Wine has on a display alone.
func TestKeys(t *testing.T) {
	if !full() {
		t.Log("this runs Wine; make test does it")
		return
	}
	r, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{to}
	if err := x.Start(); err != nil {
		t.Fatal("scripts/prepare installs Xvfb: ", err)
	}
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	to.Close()
	b := make([]byte, 16)
	n, err := r.Read(b)
	if err != nil {
		t.Fatal("Xvfb names no display: ", err)
	}
	install(t, "DISPLAY=:"+strings.TrimSpace(string(b[:n]))).packages(t, t.TempDir(), "hotkey", "autotype")
}

package windows

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wine is an empty Windows: a prefix of its own with a server that outlives the
// programs it runs, as services need it.
type wine struct {
	dir, prefix string
	env         []string
	server      *exec.Cmd
	gone        chan struct{}
}

const (
	wineServer = "/usr/lib/wine/wineserver64"
	patience   = 2 * time.Minute // of one program
)

// install makes the prefix. Go needs bcryptprimitives.dll, which Wine 8 lacks.
func install(t *testing.T) *wine {
	t.Helper()
	w := &wine{dir: t.TempDir()}
	w.prefix = filepath.Join(w.dir, "prefix")
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DISPLAY=") && !strings.HasPrefix(kv, "WINE") {
			w.env = append(w.env, kv)
		}
	}
	w.env = append(w.env, "WINEPREFIX="+w.prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=")
	w.must(t, "wineboot")
	w.host(t, wineServer, "-w")
	w.host(t, "x86_64-w64-mingw32-gcc", "-Os", "-s", "-shared", "-nostdlib", "-e", "DllMain", "-o", w.path(`windows\system32\bcryptprimitives.dll`),
		"testdata/bcryptprimitives.c", "-ladvapi32")
	t.Cleanup(func() { w.off() })
	w.on(t)
	return w
}

// on starts Windows, and with it the services that start by themselves.
func (w *wine) on(t *testing.T) {
	t.Helper()
	w.server, w.gone = exec.Command(wineServer, "-f", "-p"), make(chan struct{})
	w.server.Env = w.env
	if err := w.server.Start(); err != nil {
		t.Fatal(err)
	}
	go func(c *exec.Cmd, gone chan struct{}) { c.Wait(); close(gone) }(w.server, w.gone)
	w.must(t, "wineboot")
}

// off ends Windows and all that runs in it.
func (w *wine) off() {
	if w.server == nil {
		return
	}
	stop := exec.Command(wineServer, "-k")
	stop.Env = w.env
	stop.Run()
	select {
	case <-w.gone:
	case <-time.After(30 * time.Second):
		w.server.Process.Kill()
		<-w.gone
	}
	w.server = nil
}

// path is where the host sees a file of drive C.
func (w *wine) path(name string) string {
	return filepath.Join(w.prefix, "drive_c", filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
}

// put copies a file of the host to drive C.
func (w *wine) put(t *testing.T, from, name string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(w.path(name)), 0o755)
	}
	if err == nil {
		err = os.WriteFile(w.path(name), b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program of Windows. Its output goes to a file: services keep what
// they are started with open, and whoever read a pipe would wait for them.
func (w *wine) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := os.CreateTemp(w.dir, "out")
	if err != nil {
		return "", err
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, "wine", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.env, out, out
	err = cmd.Run()
	b, readErr := os.ReadFile(out.Name())
	return strings.NewReplacer("\x00", "", "\r", "").Replace(string(b)), errors.Join(err, readErr)
}

func (w *wine) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.run(args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// host runs a program of this system with the prefix's environment.
func (w *wine) host(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = w.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

const url = "http://127.0.0.1:8000"

var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// answers asks for the version that serves at port 8000.
func answers() (string, error) {
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func up() bool   { s, err := answers(); return err == nil && strings.Contains(s, "ok") }
func down() bool { _, err := answers(); return err != nil }

// wait asks until it is so.
func wait(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("within two minutes it was not so: " + what)
		}
	}
}

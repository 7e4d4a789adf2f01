package windows

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// TestWindows: everything in one Windows, one after another, because each wants
// port 8000 and a name of its own in the service manager.
func TestWindows(t *testing.T) {
	if os.Getenv("STRONGROOM_FULL_TESTS") == "" {
		t.Skip("`make test` runs this under Wine")
	}
	servertest.Port8000(t)
	exe, msi := published(t)
	_, newer := published(t, "-version", "v99.0.0")
	w := install(t)
	t.Run("service", func(t *testing.T) { service(t, w, exe) })
	t.Run("nssm", func(t *testing.T) { nssm(t, w, exe) })
	t.Run("installer", func(t *testing.T) { installer(t, w, msi, newer) })
}

// published makes what people download for Windows: the program out of its zip, and
// the installer.
func published(t *testing.T, options ...string) (exe, msi string) {
	t.Helper()
	out := t.TempDir()
	dist := exec.Command("go", append([]string{"run", "./packaging/dist", "-targets", "windows/amd64", "-nfpm", ".tools/bin/nfpm", "-out", out}, options...)...)
	dist.Dir, dist.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if b, err := dist.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	one := func(pattern string) string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		return found[0]
	}
	z, err := zip.OpenReader(one("*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if filepath.Base(f.Name) != "strongroom.exe" {
			continue
		}
		exe = filepath.Join(out, "strongroom.exe")
		to, err := os.Create(exe)
		if err != nil {
			t.Fatal(err)
		}
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, from); err != nil {
			t.Fatal(err)
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return exe, one("*.msi")
}

const (
	program = `C:\Program Files\Strongroom\strongroom.exe`
	data    = `ProgramData\Strongroom`
)

// service goes through the life of our own service.
func service(t *testing.T, w *wine, exe string) {
	w.put(t, exe, program[3:])
	say := func(want string, args ...string) string {
		t.Helper()
		out := w.must(t, append([]string{program}, args...)...)
		if !strings.Contains(out, want) {
			t.Fatalf("%s: no %q in\n%s", strings.Join(args, " "), want, out)
		}
		return out
	}
	if out, err := w.run(program, "service", "start"); err == nil || !strings.Contains(out, "there is no service Strongroom") {
		t.Errorf("starting what is not there: %v\n%s", err, out)
	}
	if out, err := w.run(program, "service", "install", "--database-url", "mysql://u:p@h/d"); err == nil || !strings.Contains(out, "put DATABASE_URL into the .env") {
		t.Errorf("a password among a service's arguments: %v\n%s", err, out)
	}
	say("Installed the service", "service", "install", "--listen", "127.0.0.1:8000")
	say("State       stopped", "service", "status")
	say("Starts      automatic", "service", "status")
	if out, err := w.run(program, "service", "install"); err == nil || !strings.Contains(out, "already") {
		t.Errorf("installing twice: %v\n%s", err, out)
	}
	say("is running", "service", "start")
	if !up() {
		t.Fatal("it said that it is running and does not answer")
	}
	code := regexp.MustCompile(`(?m)^Setup code +(\S+)`).FindStringSubmatch(say("Setup code", "init", "--data", `C:\`+data))
	c := servertest.NewClient(t, url)
	c.Do("POST", "/api/v1/register", map[string]any{"username": "alice", "password": servertest.Password, "setup_code": code[1]}).Want(201)
	in, _ := c.LogIn("alice")
	in.Do("POST", "/api/v1/passwords", map[string]any{"service": "kept", "password": "p"}).Want(201)

	pid := regexp.MustCompile(`(?m)^Process +(\d+)`).FindStringSubmatch(say("State       running", "service", "status"))
	w.must(t, "taskkill", "/F", "/PID", pid[1])
	wait(t, "the killed service is gone", down)
	w.off() // Wine has no recovery actions, and does not even see that the process is gone
	w.on(t)
	wait(t, "it starts with Windows", up)
	var list []map[string]any
	in.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["service"] != "kept" {
		t.Errorf("after a kill: %v", list)
	}
	say("has stopped", "service", "stop")
	if up() {
		t.Error("it answers after it has stopped")
	}
	if i, err := os.Stat(w.path(data + `\strongroom.db-wal`)); err == nil && i.Size() > 0 {
		t.Errorf("after a clean stop %d bytes wait in SQLite's journal", i.Size())
	}
	say("is running", "service", "start")
	w.must(t, "net", "stop", "Strongroom")
	wait(t, "net stop stops it", down)
	w.must(t, "net", "start", "Strongroom")
	wait(t, "net start starts it", up)
	say("Removed", "service", "uninstall")
	if out, err := w.run("sc", "query", "Strongroom"); err == nil {
		t.Errorf("the service manager still has it:\n%s", out)
	}
	wait(t, "uninstalling stops it", down)
	for _, name := range []string{".env", "strongroom.db", `logs\strongroom.log`} {
		if _, err := os.Stat(w.path(data + `\` + name)); err != nil {
			t.Error("its data went with the service:", err)
		}
	}
	b, err := os.ReadFile(w.path(data + `\logs\strongroom.log`))
	if log := string(b); err != nil || strings.Count(log, "msg=serving") != 4 || strings.Count(log, "msg=stopped") != 3 || strings.Contains(log, code[1]) {
		t.Errorf("four starts, a kill and three stops left this log: %v\n%s", err, b)
	}
}

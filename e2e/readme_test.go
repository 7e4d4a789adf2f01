package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// blocks are the shell lines of the README, in their order.
func blocks(t *testing.T) (all []string) {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		all = append(all, m[1])
	}
	return all
}

// fresh copies what git knows of the project into an empty folder.
func fresh(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("bash", "-c", "cd .. && git ls-files -co --exclude-standard -z | tar -c --null -T - | tar -x -C "+dir+" && git -C "+dir+" init -q").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// TestReadme runs exactly the README's lines: make run in one shell, its curl
// lines in another, then its commands.
func TestReadme(t *testing.T) {
	onlyFull(t, "runs its commands")
	servertest.Port8000(t)
	all, dir := blocks(t), fresh(t)
	if strings.TrimSpace(all[0]) != "make run" {
		t.Fatalf("the README begins with %q", all[0])
	}
	server := &log{grew: make(chan struct{}, 1)}
	start := func() *exec.Cmd {
		cmd := exec.Command("make", "run")
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, server, server
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		return cmd
	}
	make1 := start()
	code := server.after(t, "Setup code ", 5*time.Minute)
	var script, commands strings.Builder
	script.WriteString("set -euo pipefail\n")
	for _, b := range all[1:] {
		switch {
		case strings.Contains(b, "make test"):
		case strings.Contains(b, "./strongroom"):
			commands.WriteString("set -euo pipefail\n" + b)
		default:
			script.WriteString(b)
		}
	}
	curl := strings.Replace(script.String(), "the setup code that the server printed", code, 1)
	shell := func(lines string) string {
		t.Helper()
		cmd := exec.Command("bash", "-c", lines)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v in\n%s\n%s%s", err, lines, out, server)
		}
		return string(out)
	}
	out := shell(curl)
	for _, want := range []string{`"is_admin":true`, `"service":"example.com"`, `"password":"old"`, `Signed out`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	syscall.Kill(-make1.Process.Pid, syscall.SIGTERM)
	make1.Wait()
	start()
	server.after(t, "Serving ", 5*time.Minute)
	c := servertest.NewClient(t, "http://127.0.0.1:8000")
	waitFor(t, func() bool {
		resp, err := client.Get(c.URL + "/readyz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	in, _ := c.LogIn("alice")
	var list []map[string]any
	in.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["service"] != "example.com" || list[0]["password"] == "old" {
		t.Errorf("after a restart: %v", list)
	}
	if out := shell(commands.String()); !strings.Contains(out, "ok    database") {
		t.Errorf("the commands said:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", ".env")); err != nil {
		t.Error(err)
	}
}

// waitFor asks until it is so; 30 seconds at most.
func waitFor(t testing.TB, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be within 30 seconds")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

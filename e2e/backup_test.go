package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/s3/s3test"
	"strongroom/internal/server/servertest"
)

const passphrase = "BACKUP_PASSPHRASE=a passphrase of a test"

// TestBackupAndRestore backs a serving instance up while clients write, and
// restores it beside, as docs/backup.md says.
func TestBackupAndRestore(t *testing.T) {
	data, backups := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backups")
	settings := []string{passphrase, "BACKUP_TO=" + backups}
	account(t, data, settings...)
	p := serve(t, data, settings...)
	in, _ := p.client(t).LogIn("alice")
	acked := map[string]bool{}
	for n := range 50 {
		id, status, err := add(p.URL, in.Token, fmt.Sprint(n))
		if status != 201 || err != nil {
			t.Fatal(status, err)
		}
		acked[id] = true
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				if _, status, err := add(p.URL, in.Token, "during"); status != 201 || err != nil {
					t.Errorf("a write during the backup was answered %d, %v", status, err)
					return
				}
			}
		})
	}
	out := mustRun(t, data, "", settings, "backup", "--prune")
	stop.Store(true)
	wg.Wait()
	if !strings.Contains(out, "read back whole") || strings.Contains(out, "%") {
		t.Errorf("backup said:\n%s", out)
	}
	if out := mustRun(t, data, "", settings, "backup", "verify", "latest"); !strings.Contains(out, "is whole") || !strings.Contains(out, "FERNET_KEY opens") {
		t.Errorf("verify said:\n%s", out)
	}
	if out := mustRun(t, data, "", settings, "doctor"); !strings.Contains(out, "ok    backup") {
		t.Errorf("doctor said:\n%s", out)
	}
	list := mustRun(t, data, "", settings, "backup", "list")
	name := strings.TrimSpace(list[strings.LastIndex(strings.TrimSpace(list), " "):])
	refusal(t, data, settings, "not empty", "restore")
	refusal(t, data, []string{"BACKUP_PASSPHRASE=another passphrase of a test", "BACKUP_TO=" + backups}, "does not open the backup", "backup", "verify")
	fresh := filepath.Join(t.TempDir(), "new")
	refusal(t, fresh, settings, "put the .env", "restore")
	mustRun(t, fresh, "", settings, "init") // keys of its own
	lose(t, fresh)
	refusal(t, fresh, settings, "FERNET_KEY is not the one", "restore")
	copyFile(t, filepath.Join(data, ".env"), filepath.Join(fresh, ".env"))
	mustRun(t, fresh, "", settings, "restore", filepath.Join(backups, name))
	again := serve(t, fresh, settings...)
	now, _ := again.client(t).LogIn("alice")
	ids := now.Everything(again.URL)
	for id := range acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged before the backup and is not in it", id)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestBackupByTheClock: a server with BACKUP_EVERY makes one by itself.
func TestBackupByTheClock(t *testing.T) {
	data, backups := filepath.Join(t.TempDir(), "data"), t.TempDir()
	settings := []string{passphrase, "BACKUP_TO=" + backups, "BACKUP_EVERY=24"}
	serve(t, data, settings...)
	waitFor(t, func() bool {
		all, err := filepath.Glob(filepath.Join(backups, "strongroom-*.age"))
		return err == nil && len(all) == 1
	})
	waitFor(t, func() bool {
		out, err := run(t, data, "", settings, "doctor")
		return err == nil && strings.Contains(out, "ok    backup")
	})
}

// TestBackupToStorage: the same with a bucket of an S3-compatible storage.
func TestBackupToStorage(t *testing.T) {
	b := s3test.New(t)
	data, fresh := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "data")
	settings := []string{passphrase, "BACKUP_TO=s3://" + b.Name + "/vault", "BACKUP_S3_ENDPOINT=" + b.Endpoint.String(), "BACKUP_S3_REGION=" + b.Credentials.Region,
		"BACKUP_S3_KEY_ID=" + b.Credentials.KeyID, "BACKUP_S3_SECRET=" + b.Credentials.Secret}
	account(t, data, settings...)
	mustRun(t, data, "", settings, "backup")
	mustRun(t, data, "", settings, "backup", "--backup-keep", "last=1", "--prune")
	if list := mustRun(t, data, "", settings, "backup", "list"); strings.Count(list, ".age") != 1 {
		t.Errorf("the bucket has\n%s", list)
	}
	mustRun(t, data, "", settings, "backup", "verify")
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(data, ".env"), filepath.Join(fresh, ".env"))
	mustRun(t, fresh, "", settings, "restore", "latest")
	if out := mustRun(t, fresh, "", settings, "user", "list"); !strings.Contains(out, "alice") {
		t.Errorf("restored:\n%s", out)
	}
	settings[5] = "BACKUP_S3_SECRET=wrong"
	refusal(t, data, settings, "SignatureDoesNotMatch", "backup")
}

// TestProgress: on a terminal a bar with rate and time left, in a file plain
// lines, in a pipe nothing.
func TestProgress(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	backups := t.TempDir()
	command := binary + " backup --data " + data + " " + backups
	shell := func(line string) string {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
		cmd.Env = environ(placed(t, data, []string{passphrase})...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	if out := shell(command + " 2>&1 >/dev/null | cat"); out != "" {
		t.Errorf("a pipe got %q", out)
	}
	file := filepath.Join(t.TempDir(), "log")
	shell(command + " 2>" + file)
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), "rows: ") || !strings.Contains(string(b), "(100 %)\n") || bytes.ContainsAny(b, "\r\x1b") {
		t.Errorf("a log got %q, %v", b, err)
	}
	if out := shell("script -qec '" + command + "' /dev/null </dev/null"); !strings.Contains(out, "\r") || !strings.Contains(out, "100%") || !strings.Contains(out, "it/s") {
		t.Errorf("a terminal got %q", out)
	}
}

// TestInterruptedBackup: Ctrl+C leaves nothing behind and says so in one line.
func TestInterruptedBackup(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	backups := t.TempDir()
	cmd := exec.Command(binary, "backup", "--data", data, backups)
	cmd.Env = environ(placed(t, data, []string{passphrase})...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { // it is at work: deriving a key from the passphrase takes it a while
		all, err := filepath.Glob(filepath.Join(backups, ".part-*"))
		return err == nil && len(all) == 1
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err == nil || strings.Count(strings.TrimSpace(out.String()), "\n") > 0 {
			t.Errorf("it ended with %v and said %q", err, out.String())
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not stop")
	}
	left, err := os.ReadDir(backups)
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	mustRun(t, data, servertest.Password, []string{passphrase}, "backup", backups)
}

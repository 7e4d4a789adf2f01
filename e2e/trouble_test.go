package e2e

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // a second hand on the database file

	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

// account makes an instance in data with one account.
func account(t *testing.T, data string, settings ...string) {
	t.Helper()
	mustRun(t, data, "", settings, "init")
	mustRun(t, data, servertest.Password+"\n", settings, "user", "add", "alice")
}

// refusal runs a command that must fail with one line that says what is wrong.
func refusal(t *testing.T, data string, settings []string, want string, args ...string) {
	t.Helper()
	out, err := run(t, data, "", settings, args...)
	line := strings.TrimSpace(out)
	if err == nil || !strings.Contains(line, want) || strings.Contains(line, "\n") || !strings.HasPrefix(line, "strongroom: ") {
		t.Errorf("%v said %v, want one line with %q:\n%s", args, err, want, out)
	}
}

// TestRefusedStarts: what stops a start says so in one line and changes nothing.
func TestRefusedStarts(t *testing.T) {
	onlySQLite(t)
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	env := filepath.Join(data, ".env")
	good, err := os.ReadFile(env)
	if err != nil {
		t.Fatal(err)
	}
	state := func() string {
		out, err := exec.Command("bash", "-c", "cd "+data+" && sha256sum strongroom.db .env && ls").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	before := state()
	other := "FERNET_KEY=cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
	refusal(t, data, []string{other}, "FERNET_KEY does not open this database", "serve")
	refusal(t, data, []string{"FERNET_KEY=x"}, "FERNET_KEY (from environment): key 1 of 1", "serve")
	refusal(t, data, []string{"SECRET_KEY=x"}, "SECRET_KEY", "serve")
	refusal(t, data, []string{"LISTEN=0.0.0.0:0"}, "TLS=off", "serve")
	refusal(t, data, []string{"LISTEN=127.0.0.1:0", "TLS=files"}, "TLS_CERT_FILE", "serve")
	refusal(t, data, []string{"DATABASE_URL=mysql://u:p@127.0.0.1:1/n"}, "connect", "serve")
	refusal(t, data, []string{"DATABASE_URL=postgres://u:p@127.0.0.1:1/n"}, "connect", "serve")
	if state() != before {
		t.Errorf("a refused start changed\n%sinto\n%s", before, state())
	}
	if err := os.WriteFile(env, append(good, "SIGNUP=open\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal(t, data, nil, "did you mean SIGNUPS?", "serve")
	if err := os.Remove(env); err != nil {
		t.Fatal(err)
	}
	refusal(t, data, nil, "put the .env back", "serve")
	if _, err := os.Stat(env); err == nil {
		t.Error("a refused start wrote .env")
	}
	if err := os.WriteFile(env, good, 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, data)
	refusal(t, data, nil, "another strongroom is serving", "serve")
	second := filepath.Join(t.TempDir(), "second")
	mustRun(t, second, "", nil, "init")
	refusal(t, second, []string{"LISTEN=" + strings.TrimPrefix(p.URL, "http://")}, "LISTEN", "serve")
	p.stop(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "strongroom.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE schema_version SET version_id = version_id + 100 WHERE version_id > 0"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	refusal(t, data, nil, "newer strongroom", "serve")
}

// TestRotateWhileWriting rotates FERNET_KEY under eight clients: no request
// fails, everything opens, and the old key can go.
func TestRotateWhileWriting(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	settings := []string{"SIGNUPS=open"}
	account(t, data, settings...)
	p := serve(t, data, settings...)
	var stop atomic.Bool
	var writes atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		name := fmt.Sprintf("user%d", w)
		c := p.client(t)
		c.Register(name)
		in, _ := c.LogIn(name)
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if _, status, err := add(p.URL, in.Token, fmt.Sprint(n)); status != 201 || err != nil {
					t.Errorf("a write was answered %d, %v", status, err)
					return
				}
				writes.Add(1)
			}
		})
	}
	for range 3 {
		out := mustRun(t, data, "", settings, "key", "rotate", "--drop-old")
		if !strings.Contains(out, "Removed the old keys") {
			t.Errorf("rotate said:\n%s", out)
		}
		// New accounts are made under the new key by a server that started with the old one.
		p.client(t).Register("late" + strings.TrimSpace(fmt.Sprint(time.Now().UnixNano())))
	}
	stop.Store(true)
	wg.Wait()
	if writes.Load() < 20 {
		t.Errorf("only %d writes: the test has hardly tested", writes.Load())
	}
	p.stop(t)
	if out := mustRun(t, data, "", settings, "key", "check"); !strings.Contains(out, "sealed values open") {
		t.Error(out)
	}
	env, err := os.ReadFile(filepath.Join(data, ".env"))
	if err != nil || strings.Count(string(env), ",") > 0 && strings.Contains(string(env), "=,") {
		t.Error(string(env), err)
	}
	again := serve(t, data, settings...)
	in, _ := again.client(t).LogIn("user0")
	if len(in.Everything(again.URL)) == 0 {
		t.Error("nothing is left")
	}
	t.Logf("%d writes during three rotations", writes.Load())
}

// TestLockedDatabase: while another program holds the file, a write is refused
// with 503 in time, and goes through afterwards.
func TestLockedDatabase(t *testing.T) {
	onlyFull(t, "waits for it")
	onlySQLite(t)
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	p := serve(t, data)
	in, _ := p.client(t).LogIn("alice")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "strongroom.db")+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, status, err := add(p.URL, in.Token, "x"); status != 503 || err != nil {
		t.Errorf("a write to a locked database was answered %d, %v", status, err)
	}
	in.Do("GET", "/api/v1/users/me", nil).Want(200)  // readers go on
	in.Do("GET", "/api/v1/passwords", nil).Want(503) // but a secret that cannot be written down is not shown
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, status, err := add(p.URL, in.Token, "x"); status != 201 || err != nil {
		t.Errorf("afterwards: %d, %v", status, err)
	}
}

// TestFullDisk: a write that finds no room is refused with 503, what was there
// stays, and with room again writes go through, without a restart and after one.
func TestFullDisk(t *testing.T) {
	onlySQLite(t)
	data := filepath.Join(t.TempDir(), "data")
	account(t, data)
	p := &process{log: &log{grew: make(chan struct{}, 1)}, done: make(chan struct{})}
	p.cmd = exec.Command("bash", "-c", "ulimit -S -f 900; exec "+binary+" serve --data "+data) // files of 900 KiB at most
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environ(), p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(p.kill)
	p.URL = p.log.after(t, "Serving ", 30*time.Second)
	in, _ := p.client(t).LogIn("alice")
	acked := map[string]bool{}
	var last int
	for n := range 2000 {
		id, status, err := add(p.URL, in.Token, fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		if last = status; status != 201 {
			break
		}
		acked[id] = true
	}
	if last != 503 || len(acked) == 0 {
		t.Fatalf("after %d writes the full disk was answered with %d", len(acked), last)
	}
	in.Do("GET", "/api/v1/users/me", nil).Want(200)
	if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(p.cmd.Process.Pid), "--fsize=unlimited").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	waitFor(t, func() bool {
		id, status, err := add(p.URL, in.Token, "room")
		acked[id] = status == 201
		return status == 201 && err == nil
	})
	delete(acked, "")
	p.kill()
	p = serve(t, data)
	in, _ = p.client(t).LogIn("alice")
	ids := in.Everything(p.URL)
	for id := range acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged and is gone", id)
		}
	}
	if _, status, err := add(p.URL, in.Token, "x"); status != 201 || err != nil {
		t.Errorf("with room again: %d, %v", status, err)
	}
}

// TestVanishedDatabase: with the database gone the answer is 503, and with it
// back requests go through, without a restart.
func TestVanishedDatabase(t *testing.T) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			r := testdb.NewRelay(t, testdb.Administrator(t, kind).Host)
			settings := granted(t, kind, "--host", r.Host())
			data := filepath.Join(t.TempDir(), "data")
			account(t, data, settings...)
			p := serve(t, data, settings...)
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(p.log)
				}
			})
			c := p.client(t)
			in, _ := c.LogIn("alice")
			in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201)
			r.Gone(true)
			in.Do("GET", "/api/v1/passwords", nil).Want(503)
			in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(503)
			c.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {"x"}}).Want(503)
			c.Do("GET", "/readyz", nil).Want(503)
			c.Do("GET", "/healthz", nil).Want(200)
			r.Gone(false)
			waitFor(t, func() bool { return in.Do("GET", "/api/v1/passwords", nil).Status == 200 })
			in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201)
		})
	}
}

// TestSlowLoris: a client that sends its header byte by byte is let go, and
// others are served meanwhile.
func TestSlowLoris(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, data)
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
		t.Fatal(err)
	}
	p.client(t).Do("GET", "/healthz", nil).Want(200)
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the slow client was not let go: %v", err)
	}
}

// TestTLS: the server's own authority is enough for a client to trust it.
func TestTLS(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, data, "TLS=self-signed")
	ca, _, _ := strings.Cut(p.log.after(t, "CA ", 5*time.Second), " ")
	out, err := exec.Command("curl", "-fsS", "--cacert", ca, p.URL+"/healthz").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ok") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command("curl", "-fsS", p.URL+"/healthz").CombinedOutput(); err == nil {
		t.Errorf("a stranger trusts it: %s", out)
	}
	if out, err := exec.Command("curl", "-fsS", "--cacert", ca, "--tls-max", "1.1", p.URL+"/healthz").CombinedOutput(); err == nil {
		t.Errorf("it speaks TLS 1.1: %s", out)
	}
}

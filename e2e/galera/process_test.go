package galera

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// binary is the program, built once for all tests of a package.
var binary string

// runMain builds the program and runs the tests of a package.
func runMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	built, remove, err := servertest.Program()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer remove()
	binary = built
	return m.Run()
}

// process is a running server.
type process struct {
	URL  string
	cmd  *exec.Cmd
	log  *log
	done chan struct{}
}

type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// line returns the rest of the line that begins with prefix.
func (l *log) line(prefix string) (string, bool) {
	for line := range strings.Lines(l.String()) {
		if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(rest, "\n") {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

func environ(settings []string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LISTEN=127.0.0.1:0"}, settings...)
}

// serve starts a server on data with these settings and waits until it serves. A
// setting that begins with "exec " is a command that it is started through.
func serve(t testing.TB, data string, settings ...string) *process {
	t.Helper()
	p := &process{log: &log{}, done: make(chan struct{})}
	args := []string{binary, "serve", "--data", data}
	var env []string
	for _, s := range settings {
		if through, ok := strings.CutPrefix(s, "exec "); ok {
			args = append(strings.Fields(through), args...)
			continue
		}
		env = append(env, s)
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environ(env), p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(p.Kill)
	waitFor(t, func() bool {
		select {
		case <-p.done:
			t.Fatalf("it ended:\n%s", p.log)
		default:
		}
		p.URL, _ = p.log.line("Serving ")
		_, ready := p.log.line("Data ")
		return ready
	})
	return p
}

// Kill is kill -9.
func (p *process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// Client speaks to it.
func (p *process) Client(t testing.TB) servertest.Client { return servertest.NewClient(t, p.URL) }

// command runs a command of the program.
func command(t testing.TB, data, stdin string, settings []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "--data", data)...)
	cmd.Env = environ(settings)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("strongroom %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// account makes an instance in data with one account, alice.
func account(t testing.TB, data string, settings ...string) {
	t.Helper()
	command(t, data, "", settings, "init")
	command(t, data, servertest.Password+"\n", settings, "user", "add", "alice")
}

// answer is what a write was answered.
type answer struct {
	Status   int
	ID, Code string
}

// add keeps one password. The error is that of a server that is gone.
func add(url, token, service string) (a answer, err error) {
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/passwords", strings.NewReader(fmt.Sprintf(`{"service":%q,"password":"p"}`, service)))
	if err != nil {
		return a, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil && resp.StatusCode < 300 {
		return a, err
	}
	a.Status = resp.StatusCode
	return a, nil
}

var client = &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// waitFor polls until something holds.
func waitFor(t testing.TB, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come true in a minute")
		}
	}
}

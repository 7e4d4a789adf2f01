package e2e

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// binary is the program, built once for all tests of the package.
var binary string

func TestMain(m *testing.M) {
	built, remove, err := servertest.Program()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = built
	// The official client waits two seconds in each of its runs; many can wait at once.
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	status := m.Run()
	remove()
	os.Exit(status)
}

// log collects what a process prints and lets a test wait for a line.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.grew <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// after returns the rest of the line that begins with prefix, once it is there.
func (l *log) after(t testing.TB, prefix string, wait time.Duration) string {
	t.Helper()
	deadline := time.After(wait)
	for {
		for s := bufio.NewScanner(strings.NewReader(l.String())); s.Scan(); {
			if rest, ok := strings.CutPrefix(s.Text(), prefix); ok {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-l.grew:
		case <-deadline:
			t.Fatalf("no line %q in:\n%s", prefix, l)
		}
	}
}

// process is a running server.
type process struct {
	cmd  *exec.Cmd
	log  *log
	URL  string
	done chan struct{}
}

// environ is a clean environment with these settings.
func environ(settings ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LISTEN=127.0.0.1:0"}
	return append(env, settings...)
}

// serve starts a server on data with these settings and waits until it serves.
func serve(t testing.TB, data string, settings ...string) *process {
	t.Helper()
	p := &process{log: &log{grew: make(chan struct{}, 1)}, done: make(chan struct{})}
	p.cmd = exec.Command(binary, "serve", "--data", data)
	p.cmd.Env = environ(placed(t, data, settings)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(p.kill)
	p.URL = p.log.after(t, "Serving ", 30*time.Second)
	p.log.after(t, "Data ", 10*time.Second)
	return p
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// stop asks the server to end and waits until it has.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not stop:\n%s", p.log)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it stopped with %d:\n%s", code, p.log)
	}
}

func (p *process) client(t testing.TB) servertest.Client { return servertest.NewClient(t, p.URL) }

// run runs a command of the program and returns what it printed.
func run(t testing.TB, data, stdin string, settings []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "--data", data)...)
	cmd.Env = environ(placed(t, data, settings)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustRun(t testing.TB, data, stdin string, settings []string, args ...string) string {
	t.Helper()
	out, err := run(t, data, stdin, settings, args...)
	if err != nil {
		t.Fatalf("strongroom %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// add keeps one password and returns its id, or the error of a server that is gone.
func add(url, token, service string) (id string, status int, err error) {
	return post(url+"/api/v1/passwords", token, fmt.Appendf(nil, `{"service":%q,"password":"p"}`, service))
}

// post sends JSON and returns the id and status that came back; a server that is
// gone is an error.
func post(url, token string, body []byte) (id string, status int, err error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", 0, err
	}
	_, rest, _ := strings.Cut(string(b), `"id":"`)
	id, _, _ = strings.Cut(rest, `"`)
	return id, resp.StatusCode, nil
}

var client = &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16,
	DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is one that is measured. What the bench starts it also stops.
type server struct {
	url, name string
	ours      bool // a Strongroom: it lacks nothing
	pid       int  // 0 where it is not known

	command func() *exec.Cmd // nil for one that runs already
	cmd     *exec.Cmd
	folder  string // ours to remove
	starts  []time.Duration
	idle    float64 // MB, before any load

	mu       sync.Mutex
	people   map[string]*person
	template *person
	twoSteps bool // it registers by mail's way only
	after    []func()
}

func newServer(url string) *server {
	return &server{url: strings.TrimRight(url, "/"), people: map[string]*person{}}
}

// ownServer is our program on a folder of its own and, where that is not "", a database of its own.
func ownServer(binary, database string, more ...string) (*server, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("%w: `make build` makes it", err)
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := newServer("http://" + address)
	s.folder = dir
	args := append([]string{"serve", "--data", dir, "--listen", address, "--signups", "open",
		"--requests-per-address", "0", "--requests-per-account", "0", "--guesses-per-network", "1000000", "--guesses-per-account", "1000000"}, more...)
	if database != "" {
		args = append(args, "--database-url", database)
	}
	s.command = func() *exec.Cmd { return exec.Command(binary, args...) }
	return s, nil
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// commandServer reads "URL COMMAND". The command's own process is measured, so
// the shell is replaced by it.
func commandServer(text string) (*server, error) {
	url, command, ok := strings.Cut(text, " ")
	if !ok || !strings.HasPrefix(url, "http") {
		return nil, fmt.Errorf("-start %q: it must be a URL, a space and a command", text)
	}
	s := newServer(url)
	s.command = func() *exec.Cmd { return exec.Command("sh", "-c", "exec "+command) }
	return s, nil
}

const startsMeasured = 7

// begin brings s up and learns what it is. One that the bench starts is started
// several times, on its now existing data, for the time that takes.
func (s *server) begin(ctx context.Context) error {
	if s.command != nil {
		for range startsMeasured + 1 {
			s.stop()
			took, err := s.start(ctx)
			if err != nil {
				return err
			}
			s.starts = append(s.starts, took)
		}
		s.starts = s.starts[1:] // the first makes keys and tables
		slices.Sort(s.starts)
	}
	if err := s.learn(ctx); err != nil {
		return err
	}
	if s.command != nil {
		time.Sleep(time.Second) // what starting took is given back by then
	}
	s.idle = s.memory()
	return nil
}

// learn asks s who it is.
func (s *server) learn(ctx context.Context) error {
	b, err := s.do(ctx, "GET", "/api/config", "", nil)
	if err != nil {
		return err
	}
	var about struct {
		Version string
		Server  *struct{ Name string }
	}
	if err := json.Unmarshal(b, &about); err != nil {
		return fmt.Errorf("%s/api/config: %w", s.url, err)
	}
	s.name = s.url
	if about.Server != nil {
		s.name, s.ours = about.Server.Name, about.Server.Name == "Strongroom"
	}
	return nil
}

// start runs the command and returns once the server answers, with how long that took.
func (s *server) start(ctx context.Context) (time.Duration, error) {
	cmd := s.command()
	cmd.Stderr = os.Stderr
	apart(cmd)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	s.cmd, s.pid = cmd, cmd.Process.Pid
	for time.Since(began) < 60*time.Second && ctx.Err() == nil {
		if _, err := s.do(ctx, "GET", "/api/config", "", nil); err == nil {
			return time.Since(began), nil
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("%s did not answer within a minute of its start", s.url)
}

func (s *server) stop() {
	if s.cmd != nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait()
		s.cmd, s.pid = nil, 0
	}
}

func (s *server) close() {
	s.release()
	s.stop()
	if s.folder != "" {
		os.RemoveAll(s.folder)
	}
}

// release undoes what a row set up.
func (s *server) release() {
	for _, f := range s.after {
		f()
	}
	s.after = nil
}

// memory is the process's resident memory in MB, from the kernel; 0 where it is not known.
func (s *server) memory() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

// cpu is what the process has used so far, in seconds, from the kernel, which
// counts hundredths.
func (s *server) cpu() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	var user, system float64
	fmt.Sscan(f[11], &user)
	fmt.Sscan(f[12], &system)
	return (user + system) / 100
}

// program is the size of the process's program in MB.
func (s *server) program() float64 {
	i, err := os.Stat(fmt.Sprintf("/proc/%d/exe", s.pid))
	if err != nil {
		return 0
	}
	return float64(i.Size()) / (1 << 20)
}

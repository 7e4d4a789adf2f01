package nodes

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

// binary is the program, built once for all tests of the package.
var binary string

func TestMain(m *testing.M) {
	if !full() { // every test is skipped
		os.Exit(m.Run())
	}
	built, remove, err := servertest.Program()
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	binary = built
	status := m.Run()
	remove()
	os.Exit(status)
}

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

// output is what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// tail is the last of it: what failed is seldom at the beginning.
func (o *output) tail(length int) string {
	all := o.String()
	return all[max(0, len(all)-length):]
}

// program is a process that ends with the test.
type program struct {
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
}

func start(t testing.TB, env []string, name string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(name, args...), out: &output{}, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, p.out, p.out
	p.cmd.WaitDelay = 10 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.end(t, syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s, in the end:\n%s", name, p.out.tail(6000))
		}
	})
	return p
}

// end sends a signal and waits until the process is gone.
func (p *program) end(t testing.TB, s syscall.Signal) {
	t.Helper()
	p.cmd.Process.Signal(s)
	select {
	case <-p.done:
	case <-time.After(40 * time.Second):
		p.cmd.Process.Kill()
		t.Errorf("it does not stop:\n%s", p.out)
	}
}

// free is a loopback address that nobody listens on.
func free(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// node is a server that can be started again at its address.
type node struct {
	*program
	address  string
	settings []string
	data     string
}

// cluster is so many nodes on one empty database.
func cluster(t testing.TB, kind string, count int) (all []*node) {
	t.Helper()
	settings := append(servertest.Granted(t, binary, testdb.Administrator(t, kind)), "PATH="+os.Getenv("PATH"), "FERNET_KEY="+seal.GenerateKey(), "SECRET_KEY="+strings.Repeat("s", 40),
		"FILES_DIR="+filepath.Join(t.TempDir(), "files"), "TRUSTED_PROXIES=127.0.0.1", "SIGNUPS=open", "OUTBOUND=off",
		"REQUESTS_PER_ADDRESS=0", "REQUESTS_PER_ACCOUNT=0", "STOP_DELAY=3")
	for range count {
		n := &node{address: free(t), settings: slices.Clip(settings), data: filepath.Join(t.TempDir(), "data")}
		n.start(t)
		all = append(all, n)
	}
	return all
}

// start starts it and waits until it is ready.
func (n *node) start(t testing.TB) {
	t.Helper()
	n.program = start(t, append(n.settings, "LISTEN="+n.address), binary, "serve", "--data", n.data)
	poll(t, n.address+" is ready", func() bool {
		r, err := http.Get("http://" + n.address + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

func (n *node) client(t testing.TB) servertest.Client {
	return servertest.NewClient(t, "http://"+n.address)
}

func poll(t testing.TB, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("30 s went by before %s", what)
		}
	}
}

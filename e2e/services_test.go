package e2e

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServicesWithOfficialClient: every script of the official client and of the
// REST door, against a server in four processes.
func TestServicesWithOfficialClient(t *testing.T) {
	t.Parallel()
	bw := bwPath(t, versions[0])
	i := newInstance(t, "postgres")
	i.start(t, freeAddress(t))
	runScripts(t, versions[0], bw, i.site)
	p := i.Client.Join("ears@example.com")
	ears := p.Listen()
	if id := p.Add("x")["id"]; ears.Next().Payload["Id"] != id {
		t.Error("what one process wrote the process of notifications did not tell")
	}
}

// TestServicesInBrowser: specs of the web vault against the same, some of them with a
// server of their own, which is split, too. E2E_SPECS names others; all of them, as
// docs/scaling.md has them, are E2E_SPECS=spec.
func TestServicesInBrowser(t *testing.T) {
	onlyFull(t, "installs Chromium")
	i := newInstance(t, "mysql")
	i.start(t, freeAddress(t))
	specs := strings.Fields(os.Getenv("E2E_SPECS"))
	if len(specs) == 0 {
		specs = []string{"register.spec", "live.spec", "setup.spec", "sends.spec"}
	}
	cmd := exec.Command("npx", append([]string{"playwright", "test", "--project=specs"}, specs...)...)
	cmd.Dir = "../web"
	cmd.Env = append(os.Environ(), "E2E_URL="+i.local(), "E2E_SERVERS="+instances(t), "STRONGROOM_BIN="+binary)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestServicesApart: each process answers for its share, and for the rest says so
// in the words of the door whose path it is.
func TestServicesApart(t *testing.T) {
	s := serve(t, t.TempDir(), "ONLY=identity, rest")
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/healthz": {200, "ok"}, "/readyz": {200, "ok"}, "/docs": {200, "<"}, "/api/v1/version": {200, "version"},
		"/api/config": {404, `"object":"error"`}, "/icons/example.com/icon.png": {404, `"object":"error"`}, "/notifications/hub": {404, `"object":"error"`},
		"/": {404, "served-elsewhere"}, "/index.html": {404, "served-elsewhere"},
	} {
		r, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != want.status || !bytes.Contains(body, []byte(want.says)) {
			t.Errorf("%s: %d %.200s", path, r.StatusCode, body)
		}
	}
	if out, err := run(t, t.TempDir(), "", nil, "serve", "--only", "api,mail"); err == nil || !strings.Contains(out, "ONLY") || !strings.Contains(out, `"mail" is none of identity, api`) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestLeavingNode: told to stop, a node goes on for as long as it was told, closes
// each connection after its answer, and says that it is not ready.
func TestLeavingNode(t *testing.T) {
	s := serve(t, t.TempDir(), "STOP_DELAY=600")
	signal := func() {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	s.client(t).Do("GET", "/readyz", nil).Want(200) // it has started: a signal before that ends it at once
	signal()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.Get(s.URL + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == http.StatusServiceUnavailable && r.Close {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("/readyz answers %d", r.StatusCode)
		}
	}
	r, err := http.Get(s.URL + "/api/v1/version")
	if err != nil || r.StatusCode != http.StatusOK || !r.Close {
		t.Fatalf("%v %v", r, err)
	}
	r.Body.Close()
	signal() // an impatient administrator
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		t.Error("a second signal does not stop it")
	}
}

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
)

// containers is a store of images and containers of a test's own, with our image in it.
type containers struct{ store []string }

const image = "localhost/strongroom:test"

// newContainers builds the image of the program that the other tests run. It is
// podman without systemd, control groups and networks of its own, which machines
// that run tests often lack.
func newContainers(t *testing.T) *containers {
	t.Helper()
	onlyFull(t, "builds the image and runs it")
	dir, err := os.MkdirTemp("", "strongroom-containers")
	if err != nil {
		t.Fatal(err)
	}
	c := &containers{[]string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run")}}
	build := exec.Command("../scripts/image", image, binary)
	build.Env = append(os.Environ(), "BUILDAH_FLAGS="+strings.Join(c.store, " "))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		c.must(t, "rm", "--force", "--all", "--time", "1")
		waitFor(t, func() bool { return os.RemoveAll(dir) == nil }) // a container's own cleaning up may go on for a moment
	})
	return c
}

func (c *containers) podman(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "podman", append(append(c.store, "--runtime", "runc", "--cgroup-manager", "cgroupfs"), args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (c *containers) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.podman(args...)
	if err != nil {
		t.Fatalf("podman %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// dataFolder is one that the image's user may write to, and nobody else.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 10001, 10001); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start runs a node on a free port, with a root that cannot be written to, no
// privileges and no way to get any, and waits until it says that it is well.
func (c *containers) start(t *testing.T, name, data string, settings ...string) (url string) {
	t.Helper()
	port := freePort(t)
	args := []string{"run", "--detach", "--name", name, "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--network", "host", "--no-healthcheck",
		"--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096", "--volume", data + ":/data", "--env", fmt.Sprintf("LISTEN=127.0.0.1:%d", port)}
	for _, s := range settings {
		args = append(args, "--env", s)
	}
	c.must(t, append(args, image)...)
	waitFor(t, func() bool { _, err := c.podman("exec", name, "/strongroom", "healthcheck"); return err == nil })
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

// TestContainer runs the image as it is meant to be run, and looks at what the
// process may do.
func TestContainer(t *testing.T) {
	c, data := newContainers(t), dataFolder(t)
	url := c.start(t, "one", data, "SIGNUPS=open")
	alice := servertest.NewClient(t, url).Join("alice@example.com")
	id := alice.Add("kept")["id"]
	status, err := os.ReadFile("/proc/" + c.must(t, "inspect", "one", "--format", "{{.State.Pid}}") + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t10001\t10001\t10001\t10001", "Gid:\t10001\t10001\t10001\t10001", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), want+"\n") {
			t.Errorf("no %q in\n%s", want, status)
		}
	}
	if got := c.must(t, "inspect", "one", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.Config.User}}"); got != "true 10001:10001" {
		t.Errorf("it runs as %s", got)
	}
	if got := c.must(t, "image", "inspect", image, "--format", "{{.HealthCheck.Test}}"); got != "[CMD /strongroom healthcheck]" {
		t.Errorf("the image's health check is %s", got)
	}
	if out, err := c.podman("exec", "--env", "LISTEN=127.0.0.1:1", "one", "/strongroom", "healthcheck"); err == nil {
		t.Errorf("nobody answers there, and the health check says %s", out)
	}
	for path, there := range map[string]bool{"/etc/ssl/certs/ca-certificates.crt": true, "/bin/sh": false} {
		if err := exec.Command("podman", append(append(c.store, "cp"), "one:"+path, filepath.Join(t.TempDir(), "copy"))...).Run(); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
	c.must(t, "stop", "--time", "30", "one")
	if got := c.must(t, "inspect", "one", "--format", "{{.State.ExitCode}}"); got != "0" {
		t.Errorf("it stopped with %s:\n%s", got, c.must(t, "logs", "one"))
	}
	c.must(t, "rm", "one")
	alice.URL = c.start(t, "two", data, "SIGNUPS=open")
	if items := alice.Sync().Ciphers; len(items) != 1 || items[0]["id"] != id {
		t.Errorf("another container on the same data has %v", items)
	}
	if out, err := c.podman("run", "--rm", "--read-only", "--network", "host", "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096", image); err == nil || !strings.Contains(out, "TLS=off") {
		t.Errorf("plain http for everybody, without having been asked for: %v\n%s", err, out)
	}
}

// TestContainersBehindNginx is packaging/compose/mariadb.yaml with this machine's
// nginx and MariaDB: two containers on one database, and every script of the
// official client and of the REST API.
func TestContainersBehindNginx(t *testing.T) {
	t.Parallel()
	c := newContainers(t)
	bw := bwPath(t, versions[0])
	settings := append(granted(t, "mysql"), "FERNET_KEY="+seal.GenerateKey(), "SECRET_KEY="+strings.Repeat("s", 40), "TRUSTED_PROXIES=127.0.0.1", "SIGNUPS=open")
	shared := dataFolder(t) // attachments, and nothing else: the keys come from outside
	var urls []string
	for _, name := range []string{"node1", "node2"} {
		urls = append(urls, c.start(t, name, shared, settings...))
	}
	s := nginx(t, urls...)
	runScripts(t, versions[0], bw, s)
}

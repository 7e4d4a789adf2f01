package e2e

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
	"strongroom/internal/tlscert"
)

// nginx starts a real one with the configuration that we ship, changed in nothing
// but addresses and files.
func nginx(t *testing.T, nodes ...string) *site {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil && os.Getenv("STRONGROOM_FULL_TESTS") == "" {
			t.Skip("`make test` installs nginx")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile("../packaging/nginx/strongroom.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := tlscert.SelfSigned(filepath.Join(dir, "tls"), []string{"127.0.0.1"}, time.Now); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	var servers strings.Builder
	for _, n := range nodes {
		u, err := url.Parse(n)
		if err != nil {
			t.Fatal(err)
		}
		servers.WriteString("    server " + u.Host + ";\n")
	}
	conf := regexp.MustCompile(`(    server 127\.0\.0\.1:\d+;\n)+`).ReplaceAllLiteralString(string(shipped), servers.String())
	for from, to := range map[string]string{"listen 443 ssl": "listen " + addr + " ssl", "server_name vault.example.com": "server_name 127.0.0.1",
		"/etc/nginx/strongroom.pem": filepath.Join(dir, "tls", "server.pem"), "/etc/nginx/strongroom.key": filepath.Join(dir, "tls", "server-key.pem")} {
		if !strings.Contains(conf, from) {
			t.Fatalf("the shipped configuration has no %q", from)
		}
		conf = strings.ReplaceAll(conf, from, to)
	}
	conf = "daemon off; worker_processes 1; pid " + dir + "/pid; error_log stderr warn; events { worker_connections 512; }\nhttp { access_log off; client_body_temp_path " +
		dir + "/body; proxy_temp_path " + dir + "/proxy; fastcgi_temp_path " + dir + "/f; uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir + "/s;\n" + conf + "}\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", file, "-p", dir)
	out := &log{grew: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // its worker ends with it; a kill would leave that behind
		cmd.Wait()
		if t.Failed() {
			t.Log(out)
		}
	})
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	s := &site{URL: "https://" + addr, CA: filepath.Join(dir, "tls", "ca.pem")}
	s.Client = servertest.NewClient(t, s.URL)
	s.Client.HTTP = trusting(t, s.CA)
	return s
}

// twoNodes are two servers on one database and one folder of files.
func twoNodes(t *testing.T, kind string) (urls [2]string) {
	t.Helper()
	settings := []string{"DATABASE_URL=" + testdb.URL(testdb.New(t, kind)), "FERNET_KEY=" + seal.GenerateKey(), "SECRET_KEY=" + strings.Repeat("s", 40),
		"FILES_DIR=" + filepath.Join(t.TempDir(), "files"), "TRUSTED_PROXIES=127.0.0.1", "SIGNUPS=open"}
	for n := range urls {
		urls[n] = serve(t, filepath.Join(t.TempDir(), "data"), settings...).URL
	}
	return urls
}

// TestOfficialClientThroughNginx: every script against two nodes on MariaDB
// behind nginx, each request going to whichever node is next.
func TestOfficialClientThroughNginx(t *testing.T) {
	t.Parallel()
	bw := bwPath(t, versions[0])
	urls := twoNodes(t, "mysql")
	runScripts(t, versions[0], bw, nginx(t, urls[0], urls[1]))
}

// TestHubThroughNginx: a device connected through nginx hears of a write.
func TestHubThroughNginx(t *testing.T) {
	urls := twoNodes(t, "postgres")
	s := nginx(t, urls[0], urls[1])
	p := s.Client.Join("alice@example.com")
	ears := p.Listen()
	for range 4 {
		id := p.Add("x")["id"]
		if h := ears.Next(); h.Kind != 1 || h.Payload["Id"] != id {
			t.Fatalf("heard %+v", h)
		}
	}
}

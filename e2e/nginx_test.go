package e2e

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
	"strongroom/internal/tlscert"
)

// nginx starts a real one with the configuration that we ship for nodes that are
// alike.
func nginx(t *testing.T, nodes ...string) *site {
	t.Helper()
	var servers strings.Builder
	for _, n := range nodes {
		servers.WriteString("    server " + host(t, n) + " fail_timeout=1s;\n")
	}
	return startNginx(t, "strongroom.conf", freeAddress(t), t.TempDir(), func(conf string) string {
		return regexp.MustCompile(`(    server 127\.0\.0\.1:\d+ fail_timeout=1s;\n)+`).ReplaceAllLiteralString(conf, servers.String())
	})
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// startNginx starts a real one with a configuration that we ship, changed in
// nothing but addresses and files. It listens at addr, with certificates in a folder.
func startNginx(t *testing.T, shippedAs, addr, certificates string, addresses func(conf string) string) *site {
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
	shipped, err := os.ReadFile("../packaging/nginx/" + shippedAs)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificates = filepath.Join(certificates, "tls")
	if _, err := tlscert.SelfSigned(certificates, []string{"127.0.0.1", "localhost"}, time.Now); err != nil {
		t.Fatal(err)
	}
	conf := addresses(string(shipped))
	for from, to := range map[string]string{"listen 443 ssl": "listen " + addr + " ssl", "server_name vault.example.com": "server_name 127.0.0.1",
		"/etc/nginx/strongroom.pem": filepath.Join(certificates, "server.pem"), "/etc/nginx/strongroom.key": filepath.Join(certificates, "server-key.pem")} {
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
	s := &site{URL: "https://" + addr, CA: filepath.Join(certificates, "ca.pem")}
	s.end = sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGTERM) // its worker ends with it; a kill would leave that behind
		cmd.Wait()
	})
	t.Cleanup(func() {
		s.end()
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
	s.Client = servertest.NewClient(t, s.URL)
	s.Client.HTTP = trusting(t, s.CA)
	return s
}

// twoNodes are two servers on one folder of files and one database, as users who
// have the printed grants and no more, over TLS.
func twoNodes(t *testing.T, kind string) (urls [2]string) {
	t.Helper()
	settings := append(granted(t, kind, "--require-tls"), "FERNET_KEY="+seal.GenerateKey(), "SECRET_KEY="+strings.Repeat("s", 40),
		"FILES_DIR="+filepath.Join(t.TempDir(), "files"), "TRUSTED_PROXIES=127.0.0.1", "SIGNUPS=open")
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

package nodes

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/tlscert"
)

// proxy is a program whose configuration we ship.
type proxy struct {
	name, file string
	check, run []string // arguments; FILE and DIR stand for what they say
	// adapt changes addresses and files of the configuration, and nothing else.
	adapt func(set func(from, to string), at, dir string)
}

var proxies = []proxy{
	{"nginx", "nginx/strongroom.conf", []string{"-t", "-c", "FILE", "-p", "DIR"}, []string{"-c", "FILE", "-p", "DIR"}, func(set func(from, to string), at, dir string) {
		set("listen 443 ssl", "listen "+at+" ssl")
		set("server_name vault.example.com", "server_name 127.0.0.1")
		set("/etc/nginx/strongroom.pem", filepath.Join(dir, "tls", "server.pem"))
		set("/etc/nginx/strongroom.key", filepath.Join(dir, "tls", "server-key.pem"))
	}},
	{"caddy", "caddy/Caddyfile", []string{"validate", "--adapter", "caddyfile", "--config", "FILE"}, []string{"run", "--adapter", "caddyfile", "--config", "FILE"},
		func(set func(from, to string), at, dir string) {
			set("vault.example.com {", "{\n\tadmin off\n\tauto_https disable_redirects\n}\n\nhttps://"+at+" {\n\ttls "+filepath.Join(dir, "tls", "server.pem")+" "+filepath.Join(dir, "tls", "server-key.pem"))
		}},
	{"haproxy", "haproxy/haproxy.cfg", []string{"-c", "-f", "FILE"}, []string{"-db", "-f", "FILE"}, func(set func(from, to string), at, dir string) {
		set("bind :443 ssl crt /etc/haproxy/strongroom.pem", "bind "+at+" ssl crt "+filepath.Join(dir, "both.pem"))
	}},
}

// before starts the proxy in front of these nodes and returns a client of it that
// trusts its certificate, and the file of the authority.
func (p proxy) before(t *testing.T, nodes ...*node) (c servertest.Client, ca string) {
	t.Helper()
	path, err := exec.LookPath(p.name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + p.name)
	}
	if err != nil {
		t.Fatalf("run scripts/prepare: %v", err)
	}
	dir, at := t.TempDir(), free(t)
	if _, err := tlscert.SelfSigned(filepath.Join(dir, "tls"), []string{"127.0.0.1"}, time.Now); err != nil {
		t.Fatal(err)
	}
	cert, key, ca := read(t, filepath.Join(dir, "tls", "server.pem")), read(t, filepath.Join(dir, "tls", "server-key.pem")), filepath.Join(dir, "tls", "ca.pem")
	write(t, filepath.Join(dir, "both.pem"), cert+key)
	conf := read(t, "../../packaging/"+p.file)
	set := func(from, to string) {
		if !strings.Contains(conf, from) {
			t.Fatalf("%s has no %q", p.file, from)
		}
		conf = strings.ReplaceAll(conf, from, to)
	}
	p.adapt(set, at, dir)
	for n, to := range nodes {
		set("127.0.0.1:800"+strconv.Itoa(n+1), to.address)
	}
	if p.name == "nginx" {
		conf = "daemon off; worker_processes 2; pid " + dir + "/pid; error_log stderr warn; events { worker_connections 512; }\nhttp { access_log off; client_body_temp_path " +
			dir + "/body; proxy_temp_path " + dir + "/proxy; fastcgi_temp_path " + dir + "/f; uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir + "/s;\n" + conf + "}\n"
	}
	file := filepath.Join(dir, filepath.Base(p.file))
	write(t, file, conf)
	fill := strings.NewReplacer("FILE", file, "DIR", dir)
	args := func(of []string) (all []string) {
		for _, a := range of {
			all = append(all, fill.Replace(a))
		}
		return all
	}
	env := append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	check := exec.Command(path, args(p.check)...)
	check.Env = env
	if out, err := check.CombinedOutput(); err != nil {
		t.Fatalf("%s does not take its configuration: %v\n%s", p.name, err, out)
	}
	start(t, env, path, args(p.run)...)
	c = servertest.NewClient(t, "https://"+at)
	c.HTTP = trusting(t, ca)
	poll(t, p.name+" answers", func() bool {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		conn.Close()
		r, err := c.HTTP.Get(c.URL + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return c, ca
}

func trusting(t testing.TB, ca string) *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(read(t, ca)))
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 32}}
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

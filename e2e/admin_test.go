package e2e

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// freeAddress is one that nobody listens on right now.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestAdministrationByCommand: what the commands do a running server goes by, and
// it can be measured.
func TestAdministrationByCommand(t *testing.T) {
	t.Parallel()
	data, metrics := t.TempDir(), freeAddress(t)
	p := serve(t, data, "METRICS_LISTEN="+metrics, "NODE_NAME=vault-1")
	c := servertest.NewClient(t, p.URL)
	invited := mustRun(t, data, "", nil, "user", "invite", "bob@example.com", "--role", "auditor")
	_, token, ok := strings.Cut(invited, "token=")
	if !ok {
		t.Fatal(invited)
	}
	c.Do("POST", "/api/v1/register", map[string]string{"username": "bob@example.com", "password": servertest.Password, "invitation": strings.TrimSpace(token)}).Want(201)
	bob, _ := c.LogIn("bob@example.com")
	bob.Do("GET", "/api/v1/admin/users", nil).Want(200)
	for _, refused := range [][]string{{"user", "invite", "bob@example.com"}, {"user", "reset-factors", "bob@example.com"}, {"user", "delete", "nobody"}, {"user", "quota", "bob@example.com", "much"},
		{"admin", "settings", "set", "LISTEN", "0.0.0.0:1"}, {"admin", "settings", "set", "SIGNUPS", "everybody"}, {"job", "run", "nothing"}} {
		if out, err := run(t, data, "", nil, refused...); err == nil || !strings.HasPrefix(out, "strongroom: ") || strings.Count(strings.TrimSpace(out), "\n") > 0 {
			t.Errorf("%v: %v, %q", refused, err, out)
		}
	}
	mustRun(t, data, "", nil, "admin", "settings", "set", "SIGNUPS", "open")
	for until := time.Now().Add(20 * time.Second); c.Do("POST", "/api/v1/register", map[string]string{"username": "carol", "password": servertest.Password}).Status != 201; {
		if time.Now().After(until) {
			t.Fatal("the running server does not go by the new setting")
		}
		<-time.After(50 * time.Millisecond)
	}
	mustRun(t, data, "", nil, "user", "signout", "bob@example.com")
	bob.Do("GET", "/api/v1/users/me", nil).Want(401)
	mustRun(t, data, "", nil, "job", "run", "trash")
	for cmd, want := range map[string]string{"node list": "vault-1", "job list": "done", "admin settings": "open (administrator)", "user list": "carol"} {
		if out := mustRun(t, data, "", nil, strings.Fields(cmd)...); !strings.Contains(out, want) {
			t.Errorf("%s prints %s", cmd, out)
		}
	}
	resp, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(b), `strongroom_http_requests_total{method="POST",route="/api/v1/register",status="201"} 2`) {
		t.Errorf("measured %s (%v)", b, err)
	}
	c.Do("GET", "/metrics", nil).Want(404)
}

package nodes

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// TestOtherNodeHearsOfficialClient: the official client writes at one node, through
// nginx; a device that is connected to the other node hears of it. Printed is the
// time from the change, as its node wrote it down, to the device.
func TestOtherNodeHearsOfficialClient(t *testing.T) {
	if !full() {
		t.Skip("`make test` has the databases, nginx and the client")
	}
	nodes := cluster(t, "mysql", 2)
	c, ca := proxies[0].before(t, nodes[0], nodes[0])
	p := c.Join("alice@example.com")
	ears := p.On(nodes[1].client(t).As(p.Token), p.Device).Listen()
	script, err := filepath.Abs("../../.tools/bw/2026.9.0/node_modules/@bitwarden/cli/build/bw.js")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NODE_EXTRA_CA_CERTS=" + ca, "BW_NOINTERACTION=true", "NODE_NO_WARNINGS=1", "BITWARDENCLI_APPDATA_DIR=" + t.TempDir()}
	bw := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("bw %s: %v\n%s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	bw("config", "server", c.URL)
	env = append(env, "BW_SESSION="+bw("login", p.Email, servertest.Password, "--raw"))
	item := base64.StdEncoding.EncodeToString([]byte(`{"type":2,"name":"a note","notes":"x","secureNote":{"type":0},"fields":[],"favorite":false,"reprompt":0}`))
	var took []time.Duration
	for range 5 {
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(bw("create", "item", item)), &made); err != nil {
			t.Fatal(err)
		}
		h := ears.Next()
		written, _ := h.Payload["RevisionDate"].(time.Time)
		if h.Kind != 1 || h.Payload["Id"] != made.ID || written.IsZero() {
			t.Fatalf("heard %+v of %s", h, made.ID)
		}
		took = append(took, h.At.Sub(written))
	}
	slices.Sort(took)
	t.Logf("what bw writes at one node is heard at the other after %v (median of %d), %v at most", took[len(took)/2].Round(time.Millisecond), len(took), took[len(took)-1].Round(time.Millisecond))
}

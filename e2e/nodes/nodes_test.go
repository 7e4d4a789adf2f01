package nodes

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// requests is how many a rolling restart must answer.
func requests(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("STRONGROOM_REQUESTS"))
	if err != nil || n < 1 {
		return 10_000
	}
	return n
}

// TestRollingRestart: two nodes are stopped and started one after another, again
// and again, behind each proxy. No request fails, and every change is there once.
func TestRollingRestart(t *testing.T) {
	if !full() {
		t.Skip("`make test` has the databases and proxies")
	}
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			nodes := cluster(t, "postgres", 2)
			c, _ := p.before(t, nodes...)
			behind(t, c)
			c.Register("alice")
			in, _ := c.LogIn("alice")
			want := requests(t)
			if p.name != "nginx" {
				want = 1
			}
			l := begin(in)
			restarts := 0
			for began := time.Now(); restarts < 2 || l.count() < want; restarts++ {
				if time.Since(began) > 3*time.Minute {
					t.Fatalf("%d requests in three minutes", l.count())
				}
				n := nodes[restarts%2]
				n.end(t, syscall.SIGTERM)
				n.start(t)
				if p.name != "nginx" { // which learns nothing from /readyz that it could forget too late
					notices(t)
				}
			}
			l.end(t, p.name+", "+strconv.Itoa(restarts)+" restarts")
			allowed := 0
			if p.name == "caddy" { // now and then it finds no node for a moment (docs/reverse-proxies.md)
				allowed = restarts
			}
			if len(l.failures) > allowed {
				t.Errorf("%d requests failed", len(l.failures))
			}
			once(t, in, l.added)
		})
	}
}

// notices gives a proxy the time in which it sees that a node is back: two health
// checks, or nginx's fail_timeout.
func notices(t *testing.T) {
	t.Helper()
	back := time.Now()
	poll(t, "the proxy takes the node back", func() bool { return time.Since(back) > 2*time.Second })
}

// behind is what a proxy must get right: the client's scheme and host, upgrades.
func behind(t *testing.T, c servertest.Client) {
	t.Helper()
	if api := c.Do("GET", "/api/config", nil).Want(200).Map()["environment"].(map[string]any)["api"]; api != c.URL+"/api" {
		t.Errorf("clients are told to go to %v", api)
	}
	p := c.Join(vault.NewID[string]()[:8] + "@example.com")
	ears := p.Listen()
	for range 4 {
		id := p.Add("x")["id"]
		if h := ears.Next(); h.Kind != 1 || h.Payload["Id"] != id {
			t.Fatalf("heard %+v", h)
		}
	}
}

// once checks that the vault holds what was acknowledged and nothing else.
func once(t *testing.T, in servertest.Client, added []string) {
	t.Helper()
	there := map[string]int{}
	for path := "/api/v1/passwords?limit=500"; path != ""; {
		a := in.Do("GET", path, nil).Want(200)
		var page []struct{ ID string }
		a.JSON(&page)
		for _, i := range page {
			there[i.ID]++
		}
		path = servertest.Next(a)
	}
	for _, id := range added {
		if there[id] != 1 {
			t.Errorf("%s is there %d times", id, there[id])
		}
	}
	if len(there) != len(added) {
		t.Errorf("%d changes were acknowledged and %d are there", len(added), len(there))
	}
}

// TestKilledNode: a node is killed, then the other. Clients go on: reads do not
// fail, of changes at most those fail that the dead node was just making, and a
// device that lost its connection hears again.
func TestKilledNode(t *testing.T) {
	if !full() {
		t.Skip("`make test` has the databases and proxies")
	}
	nodes := cluster(t, "mysql", 2)
	c, _ := proxies[0].before(t, nodes...)
	c.Register("alice")
	in, _ := c.LogIn("alice")
	p := c.Join("bob@example.com")
	ears := p.Listen()
	l := begin(in)
	for round := range 4 {
		before := l.count()
		poll(t, "requests", func() bool { return l.count() > before+200 })
		n := nodes[round%2]
		n.end(t, syscall.SIGKILL)
		killed := time.Now()
		before = l.count()
		poll(t, "requests", func() bool { return l.count() > before+200 })
		ears = hears(t, p, ears)
		t.Logf("killed %s: the device hears again %v later", n.address, time.Since(killed).Round(time.Millisecond))
		n.start(t)
		notices(t)
	}
	l.end(t, "4 kills")
	if len(l.failures) > 4*clients {
		t.Errorf("more failed than were under way: %d", len(l.failures))
	}
	for _, f := range l.failures {
		if !strings.HasPrefix(f, "POST ") {
			t.Errorf("a read failed: %s", f)
		}
	}
}

// hears adds an item until the device hears of one, as a client does: it connects
// anew when its connection has ended.
func hears(t *testing.T, p *servertest.Person, ears *servertest.Ears) *servertest.Ears {
	t.Helper()
	for range 10 {
		select {
		case _, open := <-ears.Heard:
			if !open {
				ears = p.Listen()
			}
		default:
		}
		id := p.Add("x")["id"]
		select {
		case h, open := <-ears.Heard:
			if open && h.Payload["Id"] == id {
				return ears
			}
			if !open {
				ears = p.Listen()
			}
		case <-time.After(time.Second):
		}
	}
	t.Fatal("the device hears nothing any more")
	return nil
}

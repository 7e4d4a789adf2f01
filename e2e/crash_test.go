package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// crashes is how often the server is killed. The quick loop kills it a few times,
// the full run as often as was promised.
func crashes() int {
	if testing.Short() || !full() {
		return 5
	}
	return 200
}

// TestKilledServerLosesNothing kills the server again and again under eight
// writers: what was acknowledged is there, and the file is whole.
func TestKilledServerLosesNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	mustRun(t, data, servertest.Password+"\n", nil, "user", "add", "alice")
	p := serve(t, data)
	in, _ := p.client(t).LogIn("alice")

	var url atomic.Value
	url.Store(p.URL)
	var stop atomic.Bool
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				id, status, err := add(url.Load().(string), in.Token, fmt.Sprintf("%d-%d", w, n))
				switch {
				case err != nil:
					time.Sleep(5 * time.Millisecond)
				case status == 201:
					mu.Lock()
					acked[id] = true
					mu.Unlock()
				case status != 503 && status != 429:
					t.Errorf("answered %d", status)
					return
				}
			}
		})
	}
	rounds := crashes()
	for n := range rounds {
		time.Sleep(time.Duration(20+n%60) * time.Millisecond) // at another point of a write each time
		p.kill()
		p = serve(t, data)
		url.Store(p.URL)
	}
	stop.Store(true)
	wg.Wait()
	ids := everything(t, in, p.URL)
	for id := range acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged and is gone", id)
		}
	}
	p.stop(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "strongroom.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var ok string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Errorf("integrity_check: %s, %v", ok, err)
	}
	t.Logf("%d kills, %d acknowledged writes, all there", rounds, len(acked))
	if len(acked) < rounds {
		t.Errorf("only %d writes in %d rounds: the test has hardly tested", len(acked), rounds)
	}
}

// everything lists the ids of all items, page by page.
func everything(t *testing.T, in servertest.Client, url string) map[string]bool {
	t.Helper()
	in.URL = url
	ids := map[string]bool{}
	for path := "/api/v1/passwords"; path != ""; {
		a := in.Do("GET", path, nil).Want(200)
		var list []map[string]any
		a.JSON(&list)
		for _, i := range list {
			ids[i["id"].(string)] = true
		}
		path = servertest.Next(a)
	}
	return ids
}

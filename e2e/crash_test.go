package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// crashes is how often the server is killed: a few times in the quick loop, usual
// in the full run, and as often as STRONGROOM_KILLS says (docs/scaling.md has what a
// thousand gave).
func crashes(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("STRONGROOM_KILLS")); err == nil {
		return n
	}
	if testing.Short() || !full() {
		return 5
	}
	return usual
}

// TestKilledServerLosesNothing kills the server again and again under eight
// writers: what was acknowledged is there, and the file is whole.
func TestKilledServerLosesNothing(t *testing.T) {
	onlySQLite(t)
	data := filepath.Join(t.TempDir(), "data")
	killedUnderLoad(t, data, crashes(200), "SIGNUPS=open").stop(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "strongroom.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var ok string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Errorf("integrity_check: %s, %v", ok, err)
	}
}

// TestKilledServerOfMariaDB is the same with the database in another program.
func TestKilledServerOfMariaDB(t *testing.T) {
	settings := append(granted(t, "mysql"), "SIGNUPS=open")
	killedUnderLoad(t, filepath.Join(t.TempDir(), "data"), crashes(100), settings...).stop(t)
}

// killedUnderLoad kills a server so often under eight writers, and returns the last
// one, at which everything that was acknowledged is there.
func killedUnderLoad(t *testing.T, data string, rounds int, settings ...string) *process {
	t.Helper()
	mustRun(t, data, "", settings, "init")
	mustRun(t, data, servertest.Password+"\n", settings, "user", "add", "alice")
	p := serve(t, data, settings...)
	in, _ := p.client(t).LogIn("alice")

	bob := p.client(t).Join("bob@example.com") // writes through the Bitwarden door
	var url atomic.Value
	url.Store(p.URL)
	var stop atomic.Bool
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				id, status, err := write(url.Load().(string), in, bob, w, n)
				switch {
				case err != nil:
					time.Sleep(5 * time.Millisecond)
				case status == 201 || status == 200:
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
	for n := range rounds {
		time.Sleep(time.Duration(20+n%60) * time.Millisecond) // at another point of a write each time
		p.kill()
		p = serve(t, data, settings...)
		url.Store(p.URL)
	}
	stop.Store(true)
	wg.Wait()
	ids := in.Everything(p.URL)
	bob.URL = p.URL
	for _, c := range bob.Sync().Ciphers {
		ids[c["id"].(string)] = true
	}
	for id := range acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged and is gone", id)
		}
	}
	t.Logf("%d kills, %d acknowledged writes, all there", rounds, len(acked))
	if len(acked) < rounds {
		t.Errorf("only %d writes in %d rounds: the test has hardly tested", len(acked), rounds)
	}
	return p
}

// write saves an item, through either door.
func write(url string, in servertest.Client, bob *servertest.Person, w, n int) (id string, status int, err error) {
	if w%2 == 0 {
		return add(url, in.Token, fmt.Sprintf("%d-%d", w, n))
	}
	body, err := json.Marshal(bob.Login("x"))
	if err != nil {
		return "", 0, err
	}
	return post(url+"/api/ciphers", bob.Token, body)
}

// TestKilledRotation kills the server in the middle of a key rotation of 1,000
// items: afterwards the account is under the old key or under the new one, whole.
func TestKilledRotation(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, data, "SIGNUPS=open")
	alice := p.client(t).Join("alice@example.com")
	var items []any
	for n := range 1000 {
		items = append(items, alice.Login(fmt.Sprint(n)))
	}
	alice.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": items, "folders": []any{map[string]any{"name": alice.Enc("f")}}, "folderRelationships": []any{}}).Want(200)
	rounds, fresh := 6, 0
	if full() {
		rounds = 30
	}
	for n := range rounds {
		body, to := alice.Rotation()
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			post(p.URL+servertest.RotatePath, alice.Token, b)
		}()
		if n == rounds-1 {
			<-done // the last one gets through, so that the test has seen both
		}
		time.Sleep(time.Duration(10+n*67%400) * time.Millisecond)
		p.kill()
		<-done
		p = serve(t, data, "SIGNUPS=open")
		alice.URL = p.URL
		alice.SignIn() // the password did not change, so its proof did not either
		s := alice.Sync()
		if changed := alice.Rotated(body, to); s.Profile["key"] == changed.ProtectedKey {
			alice.Account = changed
			fresh++
		}
		if len(s.Ciphers) != 1000 || len(s.Folders) != 1 {
			t.Fatalf("round %d: %d items, %d folders", n, len(s.Ciphers), len(s.Folders))
		}
		for i, c := range s.Ciphers {
			if alice.Dec(c["name"]) != fmt.Sprint(i) {
				t.Fatalf("round %d: item %d is another", n, i)
			}
		}
		alice.Dec(s.Folders[0]["name"])
	}
	t.Logf("%d kills, %d after the commit", rounds, fresh)
	if fresh == 0 {
		t.Error("no rotation got through: the test has seen one side only")
	}
}

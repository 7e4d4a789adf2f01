package galera

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/storetest"
	"strongroom/internal/vault"
)

func TestMain(m *testing.M) { runMain(m) }

// TestGalera: three nodes are one database to us, and two without the third.
func TestGalera(t *testing.T) {
	r := newRing(t)
	t.Run("StartAtOnce", func(t *testing.T) { startAtOnce(t, r) })
	t.Run("CommittedIsSeenEverywhere", func(t *testing.T) { causal(t, r) })
	t.Run("OneHolderOfALease", func(t *testing.T) { leases(t, r) })
	t.Run("GuessesAreCountedOnce", func(t *testing.T) { guesses(t, r) })
	t.Run("OneChain", func(t *testing.T) { chained(t, r) })
	t.Run("Rotation", func(t *testing.T) { rotated(t, r) })
	t.Run("PrimaryKeys", func(t *testing.T) { primaryKeys(t, r) })
	t.Run("KilledNode", func(t *testing.T) { killed(t, r) })
	if os.Getenv("STRONGROOM_GALERA_CONTRACT") != "" { // a minute more; that of one MariaDB is the same SQL
		t.Run("Contract", func(t *testing.T) {
			n := 0
			var mu sync.Mutex
			storetest.Suite{New: func(t *testing.T) store.Source {
				mu.Lock()
				defer mu.Unlock()
				n++
				return r.database(t, "c"+strings.ReplaceAll(vault.NewID[string](), "-", ""))(n)
			}}.Run(t)
		})
	}
}

// primaryKeys: Galera cannot replicate changes of a table that has none.
func primaryKeys(t *testing.T, r *ring) {
	at := r.database(t, "keyed")
	nodes(t, at, sameKeys(t))
	db, err := sql.Open("mysql", "root@unix("+r.members[0].dir+"/s.sock)/")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var bare sql.NullString
	var tables int
	err = db.QueryRow(`SELECT COUNT(*), GROUP_CONCAT(CASE WHEN engine <> 'InnoDB' OR NOT EXISTS (SELECT 1 FROM information_schema.table_constraints c
		WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY') THEN t.table_name END)
		FROM information_schema.tables t WHERE t.table_schema = 'keyed'`).Scan(&tables, &bare)
	if err != nil || bare.Valid || tables < 20 {
		t.Errorf("of %d tables without a primary key: %v, %v", tables, bare.String, err)
	}
}

// pause is how long a write may take before it counts as a window.
const pause = 3 * time.Second

// window is a writer's time without an acknowledged write.
type window struct {
	writer int
	length time.Duration
	said   string
}

// killed takes a database node away under eight writers at two nodes of ours: what
// was acknowledged is there, at every database node, once the killed one is back.
func killed(t *testing.T, r *ring) {
	var ps []*process
	data := filepath.Join(t.TempDir(), "data")
	users := servertest.Granted(t, binary, r.administrator())
	for n := range 2 {
		settings := []string{"SIGNUPS=open"}
		for _, s := range users {
			settings = append(settings, strings.Replace(s, r.hosts(0), r.hosts(n), 1))
		}
		if n == 0 {
			account(t, data, settings...)
		}
		ps = append(ps, serve(t, data, settings...))
	}
	in, _ := ps[0].Client(t).LogIn("alice")
	in.URL = ps[1].URL
	in.Do("GET", "/api/v1/users/me", nil).Want(200) // at once, at the other node

	var stop atomic.Bool
	var mu sync.Mutex
	acked, windows := map[string]bool{}, []window{}
	uncertain := 0
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			var failing time.Time
			said := map[string]int{}
			last := time.Now()
			for n := 0; !stop.Load(); n++ {
				a, err := add(ps[w%2].URL, in.Token, fmt.Sprintf("%d-%d", w, n))
				mu.Lock()
				switch {
				case err == nil && a.Status == 201:
					acked[a.ID] = true
					if gap := time.Since(last); !failing.IsZero() || gap > pause {
						windows = append(windows, window{w, gap, fmt.Sprint(said)})
						failing, said = time.Time{}, map[string]int{}
					}
					last = time.Now()
				case err == nil && a.Status == 503:
					if failing.IsZero() {
						failing = time.Now()
					}
					said[a.Code]++
					if a.Code == "database-uncertain" {
						uncertain++
					}
				default:
					t.Errorf("writer %d was answered %d %s, %v", w, a.Status, a.Code, err)
				}
				mu.Unlock()
			}
		})
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(acked) }
	more := func(n int) { from := count(); waitFor(t, func() bool { return count() >= from+n || t.Failed() }) }
	more(100)
	r.kill(0) // the first strongroom's database node
	more(100)
	r.start(t, 0, false)
	more(100)
	stop.Store(true)
	wg.Wait()
	perWriter := map[int]int{}
	for _, w := range windows {
		perWriter[w.writer]++
		t.Logf("writer %d: %v without an acknowledged write, answers meanwhile %s", w.writer, w.length.Round(time.Millisecond), w.said)
	}
	for w, n := range perWriter {
		if n > 1 {
			t.Errorf("writer %d had %d windows", w, n)
		}
	}
	for n := range r.members {
		missing := 0
		ids := at1(t, r, n, users[0][strings.LastIndex(users[0], "/")+1:])
		for id := range acked {
			if !ids[id] {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("database node %d lacks %d of %d acknowledged writes", n, missing, len(acked))
		}
	}
	ids := in.Everything(ps[0].URL)
	for id := range acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged and is gone", id)
		}
	}
	t.Logf("%d acknowledged writes, %d uncertain, %d items, all acknowledged ones at all three nodes; the killed node is %s again in a cluster of %s",
		len(acked), uncertain, len(ids), r.state(0), r.status(0, "wsrep_cluster_size"))
}

// at1 lists the items at one database node, past the server.
func at1(t *testing.T, r *ring, n int, database string) map[string]bool {
	t.Helper()
	db, err := sql.Open("mysql", "root@unix("+r.members[n].dir+"/s.sock)/"+database+"?wsrep_sync_wait=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT id FROM items")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

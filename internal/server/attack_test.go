package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// guess tries to sign in as an official client would, from an address of its own.
func guess(h http.Handler, email, proof, device, from string) int {
	f := url.Values{"grant_type": {"password"}, "username": {email}, "password": {proof}, "scope": {"api offline_access"}, "client_id": {"cli"},
		"deviceType": {"25"}, "deviceIdentifier": {device}, "deviceName": {"linux"}}
	r := httptest.NewRequest(http.MethodPost, "/identity/connect/token", strings.NewReader(f.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", from)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// failures is how many guesses reached the hash: each left a line.
func failures(t *testing.T, n *servertest.Node) (failed int) {
	t.Helper()
	err := n.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		failed, err = tx.CountEvents(t.Context(), vault.EventSignInFailed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return failed
}

// attack runs guesses from many workers over both nodes and returns what was answered.
func attack(nodes []*servertest.Node, total int, one func(h http.Handler, n int) int) map[int]int {
	var wg sync.WaitGroup
	var next atomic.Int64
	var mu sync.Mutex
	got := map[int]int{}
	for range 16 {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < total; n = int(next.Add(1)) - 1 {
				status := one(nodes[n%2].Handler, n)
				mu.Lock()
				got[status]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return got
}

// median signs a person in some times and returns the time in the middle.
func median(t *testing.T, times int, p *servertest.Person, h http.Handler) time.Duration {
	t.Helper()
	var took []time.Duration
	for n := range times {
		began := time.Now()
		if status := guess(h, p.Email, p.Account.AuthHash, p.Device, "198.51.100.20"); status != http.StatusOK {
			t.Fatalf("sign-in %d of somebody else was answered %d", n, status)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[times/2]
}

// TestAttack is 10,000 guesses of one account from 1,000 networks, then 10,000 of
// 1,000 accounts from one network, over two nodes on one database. What it prints is
// recorded in bench/README.md.
func TestAttack(t *testing.T) {
	total, network, kinds := 100, 20, []string{"sqlite"} // make check has no time for more
	if os.Getenv("STRONGROOM_FULL_TESTS") != "" {
		total, network, kinds = 10_000, 200, []string{"mysql", "postgres"}
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source, o.Trusted = testdb.New(t, kind), loopback
			o.Guesses.Network = network
			both := []*servertest.Node{servertest.Start(t, o)}
			both = append(both, second(t, o, both[0]))
			owner, other := both[0].Join("owner@example.com"), both[0].Join("other@example.com")
			quiet := median(t, 15, other, both[1].Handler)

			began, before := time.Now(), failures(t, both[0])
			answers := attack(both, total, func(h http.Handler, n int) int {
				return guess(h, owner.Email, "wrong", "00000000-0000-4000-8000-00000000dead", fmt.Sprintf("203.0.%d.%d", n%1000/250, n%250))
			})
			reached := failures(t, both[0]) - before
			bound := 11 + 10 + int(time.Since(began)/(10*time.Minute)) // ten are free, one more begins to wait, and waits double ten times up to 15 minutes
			t.Logf("%s: of %d guesses of one account from 1,000 networks %d reached the hash (bound %d) in %v; answers %v", kind, total, reached, bound, time.Since(began), answers)
			if reached > bound || answers[http.StatusTooManyRequests] < total-bound {
				t.Errorf("%d guesses reached the hash, more than %d", reached, bound)
			}
			if status := guess(both[1].Handler, owner.Email, owner.Account.AuthHash, owner.Device, "192.0.2.99"); status != http.StatusOK {
				t.Errorf("the owner on a known device gets %d", status)
			}

			began, before = time.Now(), failures(t, both[0])
			answers = attack(both, total, func(h http.Handler, n int) int {
				return guess(h, fmt.Sprintf("person%d@example.com", n%1000), "wrong", "00000000-0000-4000-8000-00000000dead", "2001:db8::"+fmt.Sprint(n%1000))
			})
			reached = failures(t, both[0]) - before
			bound = network + 1 + 7 + int(time.Since(began)/(10*time.Second))
			t.Logf("%s: of %d guesses of 1,000 accounts from one network %d reached the hash (bound %d) in %v; answers %v", kind, total, reached, bound, time.Since(began), answers)
			if reached > bound {
				t.Errorf("%d guesses reached the hash, more than %d", reached, bound)
			}

			stop := make(chan struct{})
			var wg sync.WaitGroup
			for w := range 4 {
				wg.Go(func() {
					pace := time.NewTicker(10 * time.Millisecond) // 400 guesses a second
					defer pace.Stop()
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						case <-pace.C:
						}
						guess(both[w%2].Handler, owner.Email, "wrong", "00000000-0000-4000-8000-00000000dead", fmt.Sprintf("203.0.%d.%d", n%4, n%250))
					}
				})
			}
			busy := median(t, 15, other, both[1].Handler)
			close(stop)
			wg.Wait()
			t.Logf("%s: another person's sign-in takes %v, and %v during the attack (%.1f times)", kind, quiet, busy, float64(busy)/float64(quiet))
		})
	}
}

// second is another node on the same database; SQLite has one node, which then stands for both.
func second(t *testing.T, o server.Options, first *servertest.Node) *servertest.Node {
	t.Helper()
	if o.Store.Source.Kind == "sqlite" {
		return first
	}
	return servertest.Start(t, o)
}

package nodes

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

// load is requests of several clients, changes and reads in turn, each a request
// that is made once: what fails is not tried again.
type load struct {
	mu       sync.Mutex
	sent     int
	added    []string // ids of what was acknowledged
	failures []string
	took     []time.Duration

	stop chan struct{}
	wg   sync.WaitGroup
}

const clients = 8

// begin starts it as one person, who has signed in.
func begin(in servertest.Client) *load {
	l := &load{stop: make(chan struct{})}
	for range clients {
		l.wg.Go(func() {
			for id := ""; ; {
				select {
				case <-l.stop:
					return
				default:
				}
				if added, ok := l.ask(in, http.MethodPost, "/api/v1/passwords", `{"service":"x","password":"p"}`); ok {
					_, rest, _ := strings.Cut(added, `"id":"`)
					id, _, _ = strings.Cut(rest, `"`)
					l.mu.Lock()
					l.added = append(l.added, id)
					l.mu.Unlock()
				}
				if id != "" {
					l.ask(in, http.MethodGet, "/api/v1/passwords/"+id, "")
				}
				l.ask(in, http.MethodGet, "/api/v1/version", "")
			}
		})
	}
	return l
}

func (l *load) ask(in servertest.Client, method, path, body string) (answer string, ok bool) {
	began := time.Now()
	req, err := http.NewRequest(method, in.URL+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.GetBody = nil // or the transport would try again by itself
	req.Header.Set("Authorization", "Bearer "+in.Token)
	req.Header.Set("Content-Type", "application/json")
	var b []byte
	status := 0
	if resp, err2 := in.HTTP.Do(req); err2 == nil {
		status = resp.StatusCode
		b, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	} else {
		err = err2
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	l.took = append(l.took, time.Since(began))
	if ok = err == nil && status < 300; !ok {
		l.failures = append(l.failures, fmt.Sprintf("%s %s: %d %.120s %v", method, path, status, b, err))
	}
	return string(b), ok
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent
}

// end stops it and says how it was.
func (l *load) end(t testing.TB, what string) {
	t.Helper()
	close(l.stop)
	l.wg.Wait()
	slices.Sort(l.took)
	t.Logf("%s: %d requests of %d clients, %d of them changes: %d failed; half were answered within %v, 99 of 100 within %v, all within %v", what, l.sent, clients,
		len(l.added), len(l.failures), l.took[len(l.took)/2].Round(100*time.Microsecond), l.took[len(l.took)*99/100].Round(100*time.Microsecond), l.took[len(l.took)-1].Round(time.Millisecond))
	for n, f := range l.failures {
		if n < 10 {
			t.Log(f)
		}
	}
}

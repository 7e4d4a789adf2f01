package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"strongroom/internal/server/servertest"
)

// client is a node with n items of one person of the Bitwarden door.
func clientBench(b *testing.B, items int) (*servertest.Node, *servertest.Person) {
	b.Helper()
	n := servertest.Start(b, servertest.Options(b))
	p := n.Join("alice@example.com")
	for lo := 0; lo < items; lo += 1000 {
		var ciphers []any
		for i := lo; i < min(lo+1000, items); i++ {
			ciphers = append(ciphers, p.Login(fmt.Sprintf("service%d.example.com", i), "notes", p.Enc("some notes about this entry"),
				"fields", []any{map[string]any{"type": 1, "name": p.Enc("PIN"), "value": p.Enc("1234"), "linkedId": nil}}))
		}
		p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": ciphers, "folders": []any{}, "folderRelationships": []any{}}).Want(200)
	}
	return n, p
}

func get(b *testing.B, n *servertest.Node, p *servertest.Person, path string, least int) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+p.Token)
	w := &drain{h: http.Header{}}
	n.Handler.ServeHTTP(w, r)
	if w.n < least {
		b.Error(w.status, w.n)
	}
}

func BenchmarkSync(b *testing.B) {
	for _, items := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(items), func(b *testing.B) {
			n, p := clientBench(b, items)
			b.ReportAllocs()
			for b.Loop() {
				get(b, n, p, "/api/sync?excludeDomains=true", items*900)
			}
		})
	}
}

// BenchmarkTwentySyncs runs twenty at once and reports the heap at its largest.
func BenchmarkTwentySyncs(b *testing.B) {
	n, p := clientBench(b, 10_000)
	var peak uint64
	for b.Loop() {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { get(b, n, p, "/api/sync?excludeDomains=true", 9_000_000) })
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.Sys)
			}
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "MB-from-the-system")
}

func BenchmarkRevisionDate(b *testing.B) {
	n, p := clientBench(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		get(b, n, p, "/api/accounts/revision-date", 10)
	}
}

func BenchmarkImport427(b *testing.B) {
	_, p := clientBench(b, 0)
	var ciphers []any
	for i := range 427 {
		ciphers = append(ciphers, p.Login(fmt.Sprint(i)))
	}
	body := map[string]any{"ciphers": ciphers, "folders": []any{}, "folderRelationships": []any{}}
	for b.Loop() {
		p.Do("POST", "/api/ciphers/import", body).Want(200)
	}
}

func BenchmarkCreateCipher(b *testing.B) {
	_, p := clientBench(b, 0)
	body := p.Login("x")
	for b.Loop() {
		p.Do("POST", "/api/ciphers", body).Want(200)
	}
}

func BenchmarkPasswordGrant(b *testing.B) {
	_, p := clientBench(b, 0)
	q := p.As("")
	for b.Loop() {
		q.Do("POST", "/identity/connect/token", p.Form()).Want(200)
	}
}

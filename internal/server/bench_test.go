package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// benchNode is a node with 1,000 items of one user, and a token.
func benchNode(b *testing.B) (*servertest.Node, string) {
	b.Helper()
	n := servertest.Start(b, servertest.Options(b))
	c := n.User("alice")
	var rows []string
	for i := range 1000 {
		rows = append(rows, fmt.Sprintf(`{"service":"service%d.example.com","url":"https://service%d.example.com/login","username":"user%d@example.com","password":"Xk3-ppQ9-%d-vvZ1","notes":"%s"}`, i, i, i, i, strings.Repeat("note ", 9)))
	}
	c.Do("POST", "/api/v1/passwords/import", "["+strings.Join(rows, ",")+"]").Want(200)
	return n, c.Token
}

// drain is an answer that nobody reads, so that only the server is measured.
type drain struct {
	h      http.Header
	status int
	n      int
}

func (d *drain) Header() http.Header         { return d.h }
func (d *drain) WriteHeader(s int)           { d.status = s }
func (d *drain) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }

func BenchmarkList1000(b *testing.B) {
	n, tok := benchNode(b)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/passwords?limit=1000", nil)
		r.Header.Set("Authorization", "Bearer "+tok)
		w := &drain{h: http.Header{}}
		n.Handler.ServeHTTP(w, r)
		if w.n < 200_000 {
			b.Fatal(w.status, w.n)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	n, tok := benchNode(b)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/passwords", strings.NewReader(`{"service":"x.example.com","url":"https://x.example.com","username":"u","password":"pppppppp"}`))
		r.Header.Set("Authorization", "Bearer "+tok)
		r.Header.Set("Content-Type", "application/json")
		w := &drain{h: http.Header{}}
		n.Handler.ServeHTTP(w, r)
		if w.status != 201 {
			b.Fatal(w.status)
		}
	}
}

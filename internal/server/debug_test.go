package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"strongroom/internal/server"
)

// TestDebug: what it tells is about the process, asked by loopback only, and how
// the program was started is not among it.
func TestDebug(t *testing.T) {
	s := httptest.NewServer(server.Debug())
	defer s.Close()
	get := func(path, host string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	var state map[string]int
	if status, b := get("/debug/state", ""); status != 200 || json.Unmarshal([]byte(b), &state) != nil || state["goroutines"] < 1 || state["heapBytes"] < 1000 {
		t.Error(status, b)
	}
	if status, b := get("/debug/pprof/goroutine?debug=1", ""); status != 200 || !strings.Contains(b, "goroutine profile:") {
		t.Error(status, b)
	}
	if status, b := get("/debug/pprof/profile?seconds=1", ""); status != 200 || len(b) < 50 {
		t.Error(status, len(b))
	}
	for _, path := range []string{"/debug/pprof/cmdline", "/debug/vars", "/debug/pprof/nothing", "/"} {
		if status, _ := get(path, ""); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := get("/debug/state", "attacker.example:80"); status != 403 {
		t.Error("asked by another name:", status)
	}
}

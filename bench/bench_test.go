package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBench runs every row and both other commands in small, so that the bench
// cannot rot. It is part of the full run: it builds the program and loads it.
func TestBench(t *testing.T) {
	if os.Getenv("STRONGROOM_FULL_TESTS") == "" {
		t.Skip("it builds and loads the program; make test does")
	}
	binary := filepath.Join(t.TempDir(), "strongroom")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "strongroom/cmd/strongroom").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		args string
		want []string
	}{
		{"-scale 100 -time 20ms -rounds 1", []string{"| registration |", "| login, 64 clients |", "| sync of 100, after a change |", "| import of 100 |", "| attachment of 1,048,576 bytes, download |",
			"| a change heard by all of 50 devices |", "| REST: create, 8 clients |", "| 1 Strongroom |"}},
		{"grow -from 100 -to 1000 -time 20ms -rounds 1 -scale 100 -limit 1000", []string{"1,000 items of 5 people were written", "| item update | 2 SQLite, 1,000 items |"}},
		{"soak -users 3 -items 2 -time 2s -every 200ms -pause 5ms", []string{"| sync |", "\n0 errors; "}},
	} {
		args := strings.Fields(c.args)
		if args[0][0] == '-' {
			args = append(args, "-binary", binary)
		} else {
			args = append(args[:1:1], append([]string{"-binary", binary}, args[1:]...)...)
		}
		var out bytes.Buffer
		err := run(t.Context(), args, &out)
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", c.args, want, out.String())
			}
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", c.args, err, out.String())
		}
	}
}

// TestAnother: what a server of another make does not have is n/a; what it has
// and cannot do fails the run, and the other rows are measured all the same.
func TestAnother(t *testing.T) {
	answers := func(status int) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/config" {
				w.Write([]byte(`{"version":"2026.9.0","server":{"name":"Another"}}`))
				return
			}
			http.Error(w, "no", status)
		}))
	}
	for status, fails := range map[int]bool{404: false, 413: false, 429: false, 500: true, 400: true} {
		s := answers(status)
		var out bytes.Buffer
		err := run(t.Context(), []string{"-url", s.URL, "-time", "1ms", "-rows", "^(prelogin|sync of 427)"}, &out)
		if (err != nil) != fails {
			t.Errorf("%d: %v", status, err)
		}
		want := map[bool]string{false: fmt.Sprintf("| n/a: %d |", status), true: "| failed |"}[fails]
		if n := strings.Count(out.String(), want); n != 4 {
			t.Errorf("%d: %d of 4 rows are %s:\n%s", status, n, want, out.String())
		}
		s.Close()
	}
}

// TestVerdict: growth after the warm-up, errors and lost connections each fail a soak.
func TestVerdict(t *testing.T) {
	flat := func(mb, goroutines float64) (ls []look) {
		for n := range 20 {
			ls = append(ls, look{at: time.Duration(n) * time.Minute, memory: 100 + mb*float64(n), goroutines: 50 + goroutines*float64(n)})
		}
		return ls
	}
	for name, c := range map[string]struct {
		looks []look
		errs  []error
		lost  int64
		want  string
	}{
		"all is well": {looks: flat(0.2, 0)},
		"memory":      {looks: flat(3, 0), want: "memory grew"},
		"goroutines":  {looks: flat(0, 8), want: "goroutines grew"},
		"an error":    {looks: flat(0, 0), errs: []error{errors.New("GET /: 500")}, want: "GET /: 500"},
		"a device":    {looks: flat(0, 0), lost: 1, want: "1 devices lost"},
	} {
		k := &soaking{out: &bytes.Buffer{}, looks: c.looks, errors: c.errs, warm: time.Minute}
		k.crowd.lost.Store(c.lost)
		if err := k.verdict(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

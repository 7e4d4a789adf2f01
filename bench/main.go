// Command bench measures a built strongroom as its clients see it, on this
// machine and a new SQLite file. It must not be part of the server. Invariant: a
// request that fails fails the run.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	binary  = flag.String("binary", "./strongroom", "the program to measure")
	seconds = flag.Duration("time", 4*time.Second, "how long each load runs")
	seed    = flag.Uint64("seed", 1, "of the made items")
	devices = flag.Int("devices", 5000, "how many connected devices to measure; 0 for none")
	idle    = flag.Duration("idle", 20*time.Second, "how long these are left alone")
)

func main() {
	flag.Parse()
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// server is a running strongroom.
type server struct {
	cmd  *exec.Cmd
	url  string
	data string
}

const password = "correct horse battery staple"

// start runs the program on data and returns once it answers, with how long that took.
func start(data string) (*server, time.Duration, error) {
	cmd := exec.Command(*binary, "serve", "--data", data, "--listen", "127.0.0.1:18765", "--signups", "open")
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	s := &server{cmd: cmd, url: "http://127.0.0.1:18765", data: data}
	for time.Since(began) < 20*time.Second {
		if resp, err := client.Get(s.url + "/readyz"); err == nil {
			resp.Body.Close()
			return s, time.Since(began), nil
		}
		time.Sleep(time.Millisecond)
	}
	return nil, 0, fmt.Errorf("the server did not answer within 20 s")
}

func (s *server) stop() { s.cmd.Process.Signal(syscall.SIGTERM); s.cmd.Wait() }

// rss is the resident memory in MB, from the kernel.
func (s *server) rss() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

// do makes one request and returns its body; any other status than want is an error.
func do(method, url, token, contentType string, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: %d %.200s", method, url, resp.StatusCode, b)
	}
	return b, err
}

// drain reads an answer and drops it as it comes: the client shares the machine,
// and what it does with a body is not the server's time.
func drain(url, token string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && (resp.StatusCode != 200 || n < 100_000) {
		err = fmt.Errorf("GET %s: %d, %d bytes", url, resp.StatusCode, n)
	}
	return err
}

func login(base, name string) (string, error) {
	b, err := do("POST", base+"/api/v1/token", "", "application/x-www-form-urlencoded", []byte(url.Values{"username": {name}, "password": {password}}.Encode()), 200)
	if err != nil {
		return "", err
	}
	var t struct {
		Token string `json:"access_token"`
	}
	return t.Token, json.Unmarshal(b, &t)
}

// items makes n entries like people's: addresses, some notes, some own fields.
func items(n int) []map[string]any {
	r := rand.New(rand.NewPCG(*seed, 0)) // the same items each run
	word := func(k int) string {
		b := make([]byte, k)
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
	out := make([]map[string]any, n)
	for i := range out {
		host := word(6+r.IntN(8)) + ".example.com"
		out[i] = map[string]any{"service": host, "url": "https://" + host + "/login", "username": word(8) + "@example.com", "password": word(12 + r.IntN(12)), "notes": word(20 + r.IntN(60))}
		if r.IntN(10) < 2 {
			out[i]["fields"] = []map[string]string{{"name": "PIN", "value": word(6), "type": "hidden"}}
		}
	}
	return out
}

// load runs f from n clients for the set time and returns each call's time.
func load(n int, f func(client, call int) error) (times []time.Duration, took time.Duration, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	began := time.Now()
	for c := range n {
		wg.Go(func() {
			var mine []time.Duration
			for call := 0; time.Since(began) < *seconds; call++ {
				at := time.Now()
				if e := f(c, call); e != nil {
					mu.Lock()
					err = e
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			times = append(times, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times, time.Since(began), err
}

func at(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	return float64(times[min(len(times)-1, int(q*float64(len(times))))].Microseconds()) / 1000
}

// row prints one measure, with the old program's figure where there is one.
func row(name string, old string, times []time.Duration, took time.Duration) {
	fmt.Printf("| %s | %.2f | %.2f | %.2f | %.0f | %s |\n", name, at(times, .5), at(times, .95), at(times, .99), float64(len(times))/took.Seconds(), old)
}

func measure() error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	s, _, err := start(data)
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	if err := prepare(s.url); err != nil {
		return err
	}
	s.stop()
	var starts []time.Duration
	for range 9 {
		var took time.Duration
		if s, took, err = start(data); err != nil {
			return err
		}
		starts = append(starts, took)
		s.stop()
	}
	slices.Sort(starts)
	if s, _, err = start(data); err != nil {
		return err
	}
	time.Sleep(time.Second)
	alone := s.rss()
	fmt.Println("| measure | p50 ms | p95 ms | p99 ms | per s | the old program |\n|---|---|---|---|---|---|")
	if err := loads(s.url); err != nil {
		return err
	}
	i, err := os.Stat(*binary)
	if err != nil {
		return err
	}
	fmt.Printf("\nstart to first answer %.0f ms (median of %d); idle %.1f MB; after the loads %.1f MB; binary %.1f MB\n",
		at(starts, .5), len(starts), alone, s.rss(), float64(i.Size())/(1<<20))
	if *devices == 0 {
		return nil
	}
	s.stop()
	if s, _, err = start(filepath.Join(dir, "devices")); err != nil {
		return err
	}
	return sockets(s, *devices)
}

func prepare(base string) error {
	for _, name := range []string{"lister", "writer"} {
		body, _ := json.Marshal(map[string]string{"username": name, "password": password})
		if _, err := do("POST", base+"/api/v1/register", "", "application/json", body, 201); err != nil {
			return err
		}
	}
	tok, err := login(base, "lister")
	if err != nil {
		return err
	}
	body, err := json.Marshal(items(1000))
	if err != nil {
		return err
	}
	_, err = do("POST", base+"/api/v1/passwords/import", tok, "application/json", body, 200)
	return err
}

func loads(base string) error {
	lister, err := login(base, "lister")
	if err != nil {
		return err
	}
	writer, err := login(base, "writer")
	if err != nil {
		return err
	}
	made := items(4096)
	bodies := make([][]byte, len(made))
	for n := range made {
		if bodies[n], err = json.Marshal(made[n]); err != nil {
			return err
		}
	}
	list := func(int, int) error { return drain(base+"/api/v1/passwords?limit=1000", lister) }
	add := func(c, n int) error {
		_, err := do("POST", base+"/api/v1/passwords", writer, "application/json", bodies[(c*517+n)%len(bodies)], 201)
		return err
	}
	for _, l := range []struct {
		name, old string
		clients   int
		f         func(int, int) error
	}{
		{"list of 1,000", "34 ms", 1, list}, {"list of 1,000, 4 clients", "23 per s", 4, list},
		{"create", "7.7 ms", 1, add}, {"create, 8 clients", "193 per s", 8, add},
		{"log in", "3.6 ms (it hashes nothing)", 1, func(int, int) error { _, err := login(base, "writer"); return err }},
	} {
		times, took, err := load(l.clients, l.f)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		row(l.name, l.old, times, took)
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"strongroom/internal/vault"
)

// rows are all measures, in the order in which they are taken. Those that make a
// vault larger come after those that read one.
func (b *bench) rows() []row {
	rows := []row{{name: "registration", clients: 1, calls: b.sizes.of(40), setup: registration}}
	for _, n := range []int{1, 8, 64} {
		rows = append(rows, row{name: "login" + from(n), clients: n, setup: b.login(n)})
	}
	rows = append(rows, row{name: "prelogin", clients: 1, setup: b.get("/identity/accounts/prelogin")},
		row{name: "revision date" + from(1), clients: 1, setup: b.get("/api/accounts/revision-date")},
		row{name: "revision date" + from(8), clients: 8, setup: b.get("/api/accounts/revision-date")})
	for _, n := range []int{427, 1000, 10_000} {
		n = b.sizes.of(n)
		name := "sync of " + count(n)
		rows = append(rows, row{name: name + ", unchanged", clients: 1, setup: b.sync(n)},
			row{name: name + ", after a change", clients: 1, noCPU: true, setup: b.changed(n)},
			row{name: name + from(4), clients: 4, setup: b.sync(n)})
	}
	for _, n := range []int{1, 8, 32} {
		rows = append(rows, row{name: "item create" + from(n), clients: n, setup: b.create})
	}
	for _, n := range []int{1, 32} {
		rows = append(rows, row{name: "item update" + from(n), clients: n, setup: b.update(n)})
	}
	for _, i := range []struct{ items, calls int }{{427, 20}, {5000, 6}, {10_000, 3}} {
		n := b.sizes.of(i.items)
		rows = append(rows, row{name: "import of " + count(n), clients: 1, calls: i.calls, setup: b.imports(n)})
	}
	return append(append(append(rows, b.fileRows()...), b.hubRows()...), b.restRows()...)
}

func from(clients int) string {
	if clients == 1 {
		return ""
	}
	return fmt.Sprintf(", %d clients", clients)
}

func registration(_ context.Context, s *server) (call, error) {
	var mu sync.Mutex
	run := vault.NewID[string]()[:8]
	return func(ctx context.Context, c, n int) (int64, time.Duration, error) {
		p, err := s.newPerson(fmt.Sprintf("new-%s-%d-%d@example.com", run, c, n))
		if err != nil {
			return 0, 0, err
		}
		mu.Lock()
		defer mu.Unlock()
		at := time.Now()
		err = p.register(ctx)
		return 0, time.Since(at), err
	}, nil
}

// login signs the same person in again, each client on a device of its own, which
// the server has seen before: strangers' first sign-ins are counted together, as
// guesses. Only the token request is timed: the client's derivation is no server's work.
func (b *bench) login(clients int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := s.known(ctx, "login", 0, b.seed)
		if err != nil {
			return nil, err
		}
		devices := make([]person, clients)
		for n := range devices {
			devices[n] = *p
			if n > 0 {
				devices[n].device = vault.NewID[string]()
			}
			if err := devices[n].signIn(ctx); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context, c, _ int) (int64, time.Duration, error) { return 0, 0, devices[c].signIn(ctx) }, nil
	}
}

// get asks for something small; prelogin is a POST of the address.
func (b *bench) get(path string) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := s.known(ctx, "reader", 0, b.seed)
		if err != nil {
			return nil, err
		}
		method, body := "GET", any(nil)
		if path == "/identity/accounts/prelogin" {
			j, _ := json.Marshal(map[string]string{"email": p.email}) // a text always encodes
			method, body = "POST", j
		}
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			got, err := s.do(ctx, method, path, p.token, body)
			return int64(len(got)), 0, err
		}, nil
	}
}

const syncPath = "/api/sync?excludeDomains=true"

// leastItem is fewer bytes than any item has in a sync.
const leastItem = 300

func (b *bench) syncer(ctx context.Context, s *server, items int) (*person, error) {
	return s.known(ctx, fmt.Sprintf("sync%d", items), items, b.seed)
}

func (b *bench) sync(items int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := b.syncer(ctx, s, items)
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			n, err := s.drain(ctx, syncPath, p.token, int64(items)*leastItem)
			return n, 0, err
		}, err
	}
}

// changed times the first sync after an item was changed.
func (b *bench) changed(items int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := b.syncer(ctx, s, items)
		if err != nil {
			return nil, err
		}
		id, err := p.add(ctx, newMaker(p.account.UserKey, b.seed).body())
		if err != nil {
			return nil, err
		}
		s.after = append(s.after, func() { s.do(context.WithoutCancel(ctx), "DELETE", "/api/ciphers/"+id, p.token, nil) })
		m := newMaker(p.account.UserKey, b.seed)
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			if _, err := s.do(ctx, "PUT", "/api/ciphers/"+id, p.token, m.body()); err != nil {
				return 0, 0, err
			}
			at := time.Now()
			n, err := s.drain(ctx, syncPath, p.token, int64(items)*leastItem)
			return n, time.Since(at), err
		}, nil
	}
}

// add saves an item and returns its id.
func (p *person) add(ctx context.Context, body []byte) (string, error) {
	b, err := p.at.do(ctx, "POST", "/api/ciphers", p.token, body)
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	if err := json.Unmarshal(b, &made); err != nil || made.ID == "" {
		return "", fmt.Errorf("a new item has no id: %.100s", b)
	}
	return made.ID, nil
}

// bodies are many items, so that no two requests one after another are alike.
func (b *bench) bodies(p *person) [][]byte {
	m := newMaker(p.account.UserKey, b.seed)
	all := make([][]byte, 512)
	for n := range all {
		all[n] = m.body()
	}
	return all
}

func (b *bench) create(ctx context.Context, s *server) (call, error) {
	p, err := s.known(ctx, "writer", 0, b.seed)
	if err != nil {
		return nil, err
	}
	bodies := b.bodies(p)
	return func(ctx context.Context, c, n int) (int64, time.Duration, error) {
		body := bodies[(c*37+n)%len(bodies)]
		_, err := s.do(ctx, "POST", "/api/ciphers", p.token, body)
		return int64(len(body)), 0, err
	}, nil
}

// update changes an item of each client's own.
func (b *bench) update(clients int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := s.known(ctx, "writer", 0, b.seed)
		if err != nil {
			return nil, err
		}
		bodies, ids := b.bodies(p), make([]string, clients)
		for n := range ids {
			if ids[n], err = p.add(ctx, bodies[n]); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context, c, n int) (int64, time.Duration, error) {
			body := bodies[(c*37+n)%len(bodies)]
			_, err := s.do(ctx, "PUT", "/api/ciphers/"+ids[c], p.token, body)
			return int64(len(body)), 0, err
		}, nil
	}
}

// imports brings a vault in again and again; the account is one of its own.
func (b *bench) imports(items int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, err := s.known(ctx, fmt.Sprintf("import%d", items), 0, b.seed)
		if err != nil {
			return nil, err
		}
		body := newMaker(p.account.UserKey, b.seed).vault(items, 20)
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			req, err := s.request(ctx, "POST", "/api/ciphers/import", p.token, body)
			if err != nil {
				return 0, 0, err
			}
			_, err = send(req, &bytes.Buffer{})
			return int64(len(body)), 0, err
		}, nil
	}
}

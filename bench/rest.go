package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"time"

	"strongroom/internal/vault"
)

// restRows are the REST door's, which no other server has.
func (b *bench) restRows() []row {
	n := b.sizes.of(1000)
	name := "REST: list of " + count(n)
	return []row{{name: "REST: login", clients: 1, setup: b.rest(0, restLogin)}, {name: name, clients: 1, setup: b.rest(n, restList)},
		{name: name + from(4), clients: 4, setup: b.rest(n, restList)}, {name: "REST: get", clients: 1, setup: b.rest(n, restGet)},
		{name: "REST: create", clients: 1, setup: b.rest(0, restCreate)}, {name: "REST: create" + from(8), clients: 8, setup: b.rest(0, restCreate)}}
}

// restUser is somebody at the REST door.
type restUser struct {
	at     *server
	name   string
	token  string
	items  int
	id     string // of one item
	bodies [][]byte
}

func (b *bench) rest(items int, use func(*restUser) call) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		u := &restUser{at: s, name: "rest" + vault.NewID[string]()[:8], items: items}
		if _, err := s.do(ctx, "POST", "/api/v1/register", "", map[string]string{"username": u.name, "password": password}); err != nil {
			return nil, err
		}
		if err := u.signIn(ctx); err != nil {
			return nil, err
		}
		made := passwords(b.seed, max(items, 512))
		for _, p := range made {
			body, err := json.Marshal(p)
			if err != nil {
				return nil, err
			}
			u.bodies = append(u.bodies, body)
		}
		if items == 0 {
			return use(u), nil
		}
		if _, err := s.do(ctx, "POST", "/api/v1/passwords/import", u.token, made[:items]); err != nil {
			return nil, err
		}
		id, err := u.create(ctx, 0)
		u.id = id
		return use(u), err
	}
}

func (u *restUser) signIn(ctx context.Context) error {
	b, err := u.at.do(ctx, "POST", "/api/v1/token", "", url.Values{"username": {u.name}, "password": {password}})
	if err != nil {
		return err
	}
	var t struct {
		Token string `json:"access_token"`
	}
	err = json.Unmarshal(b, &t)
	u.token = t.Token
	return err
}

func (u *restUser) create(ctx context.Context, n int) (string, error) {
	b, err := u.at.do(ctx, "POST", "/api/v1/passwords", u.token, u.bodies[n%len(u.bodies)])
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	return made.ID, json.Unmarshal(b, &made)
}

func restLogin(u *restUser) call {
	return func(ctx context.Context, _, _ int) (int64, time.Duration, error) { return 0, 0, u.signIn(ctx) }
}

func restList(u *restUser) call {
	return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
		n, err := u.at.drain(ctx, "/api/v1/passwords?limit=1000", u.token, int64(u.items)*100)
		return n, 0, err
	}
}

func restGet(u *restUser) call {
	return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
		n, err := u.at.drain(ctx, "/api/v1/passwords/"+u.id, u.token, 50)
		return n, 0, err
	}
}

func restCreate(u *restUser) call {
	return func(ctx context.Context, c, n int) (int64, time.Duration, error) {
		_, err := u.create(ctx, c*37+n)
		return 0, 0, err
	}
}

// passwords are entries like people's: addresses, some notes, some own fields.
func passwords(seed uint64, n int) []map[string]any {
	m := &maker{r: rand.New(rand.NewPCG(seed, 0))}
	out := make([]map[string]any, n)
	for i := range out {
		host := m.word(6+m.r.IntN(8)) + ".example.com"
		out[i] = map[string]any{"service": host, "url": "https://" + host + "/login", "username": m.word(8) + "@example.com", "password": m.word(12 + m.r.IntN(12)), "notes": m.word(20 + m.r.IntN(60))}
		if m.chance(20) {
			out[i]["fields"] = []map[string]string{{"name": "PIN", "value": m.word(6), "type": "hidden"}}
		}
	}
	return out
}

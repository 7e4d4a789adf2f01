package server_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// moving is a clock that a test moves.
type moving struct{ ahead atomic.Int64 }

func (m *moving) now() time.Time       { return time.Now().Add(time.Duration(m.ahead.Load())) }
func (m *moving) pass(d time.Duration) { m.ahead.Add(int64(d)) }
func (m *moving) of(o *server.Options) { o.Now = m.now }
func body(pairs ...any) map[string]any {
	b := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		b[pairs[i].(string)] = pairs[i+1]
	}
	return b
}

// TestStepUp: what needs a fresh proof is refused five minutes after the last,
// and the proof counts for the session that showed it.
func TestStepUp(t *testing.T) {
	var clock moving
	o := servertest.Options(t)
	clock.of(&o)
	n := servertest.Start(t, o)
	c := n.User("alice")
	make := func(c servertest.Client) *servertest.Answer {
		return c.Do("POST", "/api/v1/access-tokens", body("name", "t"))
	}
	make(c).Want(201)
	clock.pass(vault.ProofLife - time.Second)
	make(c).Want(201)
	clock.pass(2 * time.Second)
	if code := make(c).Want(403).Map()["code"]; code != "step-up-required" {
		t.Errorf("stale: %v", code)
	}
	other, _ := n.LogIn("alice")
	clock.pass(vault.ProofLife)
	for _, wrong := range []string{"", "wrong", servertest.Password + " "} {
		if code := c.Do("POST", "/api/v1/step-up", body("password", wrong)).Want(422).Map()["code"]; code != "password-wrong" {
			t.Errorf("%q: %v", wrong, code)
		}
	}
	make(c).Want(403)
	until, err := time.Parse(time.RFC3339, c.Do("POST", "/api/v1/step-up", body("password", servertest.Password)).Want(200).Map()["proven_until"].(string))
	if err != nil || until.Sub(clock.now()) > vault.ProofLife || until.Before(clock.now()) {
		t.Errorf("proven until %v (%v)", until, err)
	}
	make(c).Want(201)
	make(other).Want(403)

	p := n.Join("bob@example.com") // a client that decrypts by itself never sends its password
	p.Do("POST", "/api/v1/step-up", body("proof", "wrong")).Want(422)
	p.Do("POST", "/api/v1/step-up", body("proof", p.Account.AuthHash)).Want(200)
}

// TestAdministrationNeedsStepUp: every route that only administrators may use, and
// that changes anything, is refused to one whose proof is stale.
func TestAdministrationNeedsStepUp(t *testing.T) {
	var clock moving
	s := newStage(t, clock.of)
	clock.pass(vault.ProofLife)
	tried := 0
	for route, row := range permissions {
		method, _, _ := strings.Cut(route, " ")
		if row.cells[auditor] != 403 || row.cells[admin] != 200 || method == "GET" {
			continue
		}
		tried++
		if a := s.users[admin].Do(method, s.path(t, route), row.body); a.Status != 403 || a.Map()["code"] != "step-up-required" {
			t.Errorf("%s: %d %s", route, a.Status, a.Body)
		}
	}
	if tried < 5 {
		t.Fatalf("only %d routes were tried", tried)
	}
}

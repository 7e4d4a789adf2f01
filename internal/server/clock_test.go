package server_test

import (
	"net/url"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

// TestClockJumps: the clock of the machine is set an hour ahead and back again,
// beyond what it was, while people are signed in. Clients come back by themselves,
// people sign in, nothing that was written is lost, and the audit log stays whole.
func TestClockJumps(t *testing.T) {
	for _, kind := range []string{"sqlite", "mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			var clock moving
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, kind)
			clock.of(&o)
			n := servertest.Start(t, o)
			p := n.Join("alice@example.com")
			n.User("bob")
			for i, jump := range []time.Duration{0, time.Hour, -time.Hour, -time.Hour, time.Hour} {
				clock.pass(jump)
				if p.Do("GET", "/api/accounts/revision-date", nil).Status == 401 {
					fresh := p.As("").Do("POST", "/identity/connect/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}, "client_id": {"cli"}}).Want(200).Map()
					p.Token = fresh["access_token"].(string)
				}
				p.Add("x")
				if got := len(p.Sync().Ciphers); got != i+1 {
					t.Errorf("after jump %d %d items are there", i, got)
				}
				p.SignIn()
				bob, _ := n.LogIn("bob")
				bob.Do("POST", "/api/v1/passwords", body("service", "x", "password", "y")).Want(201)
				var list []any
				if bob.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list); len(list) != i+1 {
					t.Errorf("after jump %d %d passwords are there", i, len(list))
				}
				for _, j := range n.Jobs.Jobs {
					if err := n.RunJob(t.Context(), j.Name); err != nil {
						t.Errorf("after jump %d, %s: %v", i, j.Name, err)
					}
				}
			}
		})
	}
}

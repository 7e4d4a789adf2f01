package server_test

import (
	"net/netip"
	"net/url"
	"sync"
	"testing"

	"strongroom/internal/keyring"
	"strongroom/internal/seal"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// nodes starts two nodes at once on one empty database.
func nodes(t *testing.T, kind string) (a, b *servertest.Node) {
	t.Helper()
	o := servertest.Options(t)
	o.Store.Source = testdb.New(t, kind)
	var wg sync.WaitGroup
	var both [2]*servertest.Node
	for n := range both {
		wg.Go(func() { both[n] = servertest.Start(t, o) })
	}
	wg.Wait()
	if both[0] == nil || both[1] == nil {
		t.FailNow()
	}
	return both[0], both[1]
}

// TestTwoNodes: log in at one, read at the other; log out at one, dead at both.
func TestTwoNodes(t *testing.T) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			a, b := nodes(t, kind)
			a.Register("alice")
			in, refresh := a.LogIn("alice")
			id := in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "s3cret"}).Want(201).Map()["id"].(string)
			there := b.As(in.Token)
			if got := there.Do("GET", "/api/v1/passwords/"+id, nil).Want(200).Map(); got["password"] != "s3cret" {
				t.Errorf("the other node reads %v", got)
			}
			there.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": "new"}).Want(200)
			if got := in.Do("GET", "/api/v1/passwords/"+id, nil).Want(200).Map(); got["password"] != "new" {
				t.Errorf("the first node reads %v", got)
			}
			there.Do("POST", "/api/v1/logout", nil).Want(200)
			deadEverywhere(t, in.Token, refresh, a, b)
		})
	}
}

func deadEverywhere(t *testing.T, token, refresh string, ns ...*servertest.Node) {
	t.Helper()
	for _, n := range ns {
		n.As(token).Do("GET", "/api/v1/passwords", nil).Want(401)
		n.Do("POST", "/api/v1/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}).Want(401)
	}
}

// TestAfterLogoutNothingOpens: with the database, .env and the old token in
// hand, the item stays closed.
func TestAfterLogoutNothingOpens(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	n.Register("alice")
	in, refresh := n.LogIn("alice")
	in.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "s3cret"}).Want(201)
	caller, err := n.SignIn.Caller(t.Context(), in.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	half, err := seal.ParseKey(caller.Half.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	// Before: the two halves together are the user key.
	raw, err := seal.NewFernet(half).Open([]byte(caller.Sealed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.SymKeyFromBytes(raw); err != nil {
		t.Fatal(err)
	}
	in.Do("POST", "/api/v1/logout", nil).Want(200)
	deadEverywhere(t, in.Token, refresh, n)
	// After: whoever opens every seal with .env finds nothing that the token's half opens.
	opened := 0
	err = n.Store.Read(t.Context(), func(tx *store.Tx) error {
		u, err := tx.User(t.Context(), caller.User)
		if err != nil {
			return err
		}
		ss, err := tx.Sessions(t.Context(), u.ID, 100)
		if err != nil {
			return err
		}
		for _, try := range []string{u.ProtectedKey, u.PrivateKey, u.PasswordHash.Reveal(), u.Stamp} {
			if _, err := seal.NewFernet(half).Open([]byte(try)); err == nil {
				opened++
			}
		}
		opened += len(ss)
		return nil
	})
	if err != nil || opened > 0 {
		t.Errorf("%d things are left that open (%v)", opened, err)
	}
	if n := testdb.Cell(t, o.Store.Source, "SELECT COUNT(*) FROM sessions"); n != "0" {
		t.Errorf("%s sessions are left in the database", n)
	}
}

// TestReusedRefreshTokenEndsTheSession: one of its two holders is a thief.
func TestReusedRefreshTokenEndsTheSession(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	n.Register("alice")
	in, refresh := n.LogIn("alice")
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	next := n.Do("POST", "/api/v1/token", form).Want(200).Map()
	n.As(next["access_token"].(string)).Do("GET", "/api/v1/passwords", nil).Want(200)
	n.Do("POST", "/api/v1/token", form).Want(401)
	deadEverywhere(t, next["access_token"].(string), next["refresh_token"].(string), n)
	n.As(in.Token).Do("GET", "/api/v1/passwords", nil).Want(401)
}

package server_test

import (
	"slices"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// pairs are two nodes that one person may use: one and the same on SQLite.
func pairs(t *testing.T, kind string) (a, b *servertest.Node) {
	t.Helper()
	if kind == "sqlite" {
		n := servertest.Start(t, servertest.Options(t))
		return n, n
	}
	return nodes(t, kind)
}

// TestOtherNodesHear: a device on node A hears of writes at node B.
func TestOtherNodesHear(t *testing.T) {
	for _, kind := range []string{"sqlite", "mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			a, b := pairs(t, kind)
			p := a.Join("alice@example.com")
			q := p.On(b.Client, vault.NewID[string]())
			q.SignIn()
			ears := p.Listen()
			var took []time.Duration
			for range 100 {
				at := time.Now()
				id := q.Add("x")["id"]
				h := ears.Next()
				took = append(took, h.At.Sub(at))
				if h.Kind != 1 || h.Payload["Id"] != id || h.Context != q.Device || h.Target != "ReceiveMessage" || h.Payload["UserId"] != p.ID {
					t.Fatalf("heard %+v", h)
				}
			}
			slices.Sort(took)
			t.Logf("a write at the other node is heard after %v (median of 100), %v at most", took[50], took[99])

			f := q.Do("POST", "/api/folders", map[string]string{"name": q.Enc("f")}).Want(200).Map()["id"].(string)
			if h := ears.Next(); h.Kind != 7 || h.Payload["Id"] != f {
				t.Errorf("heard %+v", h)
			}
			q.Do("PUT", "/api/accounts/avatar", map[string]string{"avatarColor": "#aabbcc"}).Want(200)
			if h := ears.Next(); h.Kind != 10 {
				t.Errorf("heard %+v", h)
			}
			// What is refused is not told; the end of all sessions is, and ends the connection.
			q.Do("POST", "/api/folders", map[string]string{"name": "not encrypted"}).Want(400)
			q.Do("POST", "/api/accounts/security-stamp", map[string]string{"masterPasswordHash": p.Account.AuthHash}).Want(200)
			if h := ears.Next(); h.Kind != 11 {
				t.Errorf("heard %+v", h)
			}
			select {
			case _, more := <-ears.Heard:
				if more {
					t.Error("heard something after the end")
				}
			case <-time.After(10 * time.Second):
				t.Error("the connection did not end")
			}
			p.Do("GET", "/api/sync", nil).Want(401)
		})
	}
}

// TestLogInWithDevice: a new device at one node asks, another at the other node
// agrees, and the new one opens the vault without the password.
func TestLogInWithDevice(t *testing.T) {
	for _, kind := range []string{"sqlite", "mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			a, b := pairs(t, kind)
			p := a.Join("alice@example.com")
			fresh := p.On(b.Client, vault.NewID[string]())
			fresh.SignIn() // a device is known once it has signed in
			priv, pub, err := keyring.NewKeyPair()
			if err != nil {
				t.Fatal(err)
			}
			ears := p.Listen()
			ask := map[string]any{"email": p.Email, "publicKey": pub, "deviceIdentifier": fresh.Device, "accessCode": "abcdefghijklmnopqrstuvwxy", "type": 0}
			asked := fresh.As("").Do("POST", "/api/auth-requests", ask, "Device-Type", "8").Want(200).Map()
			id := asked["id"].(string)
			if h := ears.Next(); h.Kind != 15 || h.Payload["Id"] != id {
				t.Fatalf("heard %+v", h)
			}
			waits := b.Await(id)
			got := p.Do("GET", "/api/auth-requests/"+id, nil).Want(200).Map()
			key, err := keyring.EncapsulateTo(got["publicKey"].(string), p.Account.UserKey)
			if err != nil || got["requestApproved"] != nil {
				t.Fatal(err, got)
			}
			approve := map[string]any{"key": key, "masterPasswordHash": nil, "deviceIdentifier": p.Device, "requestApproved": true}
			p.Do("PUT", "/api/auth-requests/"+id, approve).Want(200)
			p.Do("PUT", "/api/auth-requests/"+id, approve).Want(400)
			if h := waits.Next(); h.Target != "AuthRequestResponseRecieved" || h.Payload["Id"] != id {
				t.Errorf("heard %+v", h)
			}
			fresh.As("").Do("GET", "/api/auth-requests/"+id+"/response?code=wrongwrongwrongwrong", nil).Want(404)
			ans := fresh.As("").Do("GET", "/api/auth-requests/"+id+"/response?code=abcdefghijklmnopqrstuvwxy", nil).Want(200).Map()
			user, err := priv.Decapsulate(ans["key"].(string))
			if err != nil || user.KeyID() != p.Account.UserKey.KeyID() {
				t.Fatalf("the key that came is another: %v", err)
			}
			form := fresh.Form("password", "abcdefghijklmnopqrstuvwxy", "authRequest", id)
			m := fresh.As("").Do("POST", "/identity/connect/token", form).Want(200).Map()
			fresh.As("").Do("POST", "/identity/connect/token", form).Want(400) // it opens one session only
			b.As(m["access_token"].(string)).Do("GET", "/api/sync", nil).Want(200)
		})
	}
}

// TestStrangersCannotAsk: an unknown account and an unknown device get one answer,
// and another person cannot see or answer a request.
func TestStrangersCannotAsk(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p, other := n.Join("alice@example.com"), n.Join("eve@example.com")
	_, pub, err := keyring.NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(email, device string) *servertest.Answer {
		return n.Do("POST", "/api/auth-requests", map[string]any{"email": email, "publicKey": pub, "deviceIdentifier": device, "accessCode": "abcdefghijklmnopqrstuvwxy", "type": 0}, "Device-Type", "8")
	}
	if a, b := ask("nobody@example.com", p.Device).Want(400), ask(p.Email, "unknown").Want(400); string(a.Body) != string(b.Body) {
		t.Errorf("%s\n%s", a.Body, b.Body)
	}
	id := ask(p.Email, p.Device).Want(200).Map()["id"].(string)
	other.Do("GET", "/api/auth-requests/"+id, nil).Want(404)
	other.Do("PUT", "/api/auth-requests/"+id, map[string]any{"requestApproved": true, "key": "4.AAAA", "deviceIdentifier": "x"}).Want(404)
	p.Do("PUT", "/api/auth-requests/"+id, map[string]any{"requestApproved": false, "deviceIdentifier": "x"}).Want(200)
	form := p.Form("password", "abcdefghijklmnopqrstuvwxy", "authRequest", id)
	p.As("").Do("POST", "/identity/connect/token", form).Want(400)
}

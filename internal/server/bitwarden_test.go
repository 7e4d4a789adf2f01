package server_test

import (
	"net/url"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// TestDialectsAgree writes through one door and reads through the other.
func TestDialectsAgree(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	in, _ := n.LogIn("alice@example.com")

	// Made through REST, read by an official client.
	made := in.Do("POST", "/api/v1/passwords", map[string]any{"service": "rest", "url": "https://rest", "username": "ru", "password": "rp"}).Want(201).Map()
	s := p.Sync()
	if len(s.Ciphers) != 1 || s.Ciphers[0]["id"] != made["id"] || p.Dec(s.Ciphers[0]["name"]) != "rest" {
		t.Fatalf("%v", s.Ciphers)
	}
	if login := s.Ciphers[0]["login"].(map[string]any); p.Dec(login["password"]) != "rp" || p.Dec(login["username"]) != "ru" {
		t.Errorf("%v", login)
	}

	// Made by an official client, read and changed through REST, its own members kept.
	id := p.Add("client", "futureMember", map[string]any{"a": []any{1.0}}, "favorite", true)["id"].(string)
	got := in.Do("GET", "/api/v1/passwords/"+id, nil).Want(200).Map()
	if got["service"] != "client" || got["password"] != "password of client" || got["favorite"] != true {
		t.Errorf("REST reads %v", got)
	}
	in.Do("PATCH", "/api/v1/passwords/"+id, map[string]any{"password": "changed"}).Want(200)
	c := p.Do("GET", "/api/ciphers/"+id+"/details", nil).Want(200).Map()
	if p.Dec(c["login"].(map[string]any)["password"]) != "changed" || c["futureMember"] == nil || len(c["passwordHistory"].([]any)) != 1 {
		t.Errorf("the client reads %v", c)
	}
	// Of the trash, both speak alike.
	p.Do("PUT", "/api/ciphers/"+id+"/delete", nil).Want(200)
	in.Do("GET", "/api/v1/passwords/"+id, nil).Want(404)
	in.Do("POST", "/api/v1/passwords/"+id+"/restore", nil).Want(200)
	if c := p.Do("GET", "/api/ciphers/"+id, nil).Want(200).Map(); c["deletedDate"] != nil {
		t.Errorf("%v", c)
	}
}

// TestTokensStayAtTheirDoor: a token of the REST door is dead at the other; a
// client's token opens nothing at the REST door.
func TestTokensStayAtTheirDoor(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	in, refresh := n.LogIn("alice@example.com")
	p.As(in.Token).Do("GET", "/api/sync", nil).Want(401)
	p.As(p.Token).Do("GET", "/api/v1/passwords", nil).Want(403)
	p.As("").Do("POST", "/identity/connect/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {"cli"}}).Want(400)
	n.Do("POST", "/api/v1/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}}).Want(401)
	again := p.As("").Do("POST", "/identity/connect/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {p.Refresh}, "client_id": {"cli"}}).Want(200).Map()
	if again["refresh_token"] != p.Refresh || again["Key"] != p.Account.ProtectedKey {
		t.Errorf("%v", again)
	}
}

// TestWrongPassword: the words that official clients look for, the same whether
// or not there is such an account.
func TestWrongPassword(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	wrong := p.As("").Do("POST", "/identity/connect/token", p.Form("password", "x")).Want(400)
	nobody := p.As("").Do("POST", "/identity/connect/token", p.Form("username", "nobody@example.com")).Want(400)
	if string(wrong.Body) != string(nobody.Body) || !strings.Contains(string(wrong.Body), `"ErrorModel":{"Message":"Username or password is incorrect. Try again.","Object":"error"}`) || wrong.Map()["error"] != "invalid_grant" {
		t.Errorf("%s\n%s", wrong.Body, nobody.Body)
	}
	first := n.Do("POST", "/identity/accounts/prelogin/password", map[string]string{"email": "nobody@example.com"}).Want(200)
	second := n.Do("POST", "/identity/accounts/prelogin", map[string]string{"email": "NOBODY@example.com "}).Want(200)
	if string(first.Body) != string(second.Body) {
		t.Errorf("a stranger's derivation changes: %s %s", first.Body, second.Body)
	}
}

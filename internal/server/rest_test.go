package server_test

import (
	"net/url"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// TestOldProgramsCalls makes the calls of the old program's window, in its order,
// with a plain user name.
func TestOldProgramsCalls(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	me := n.Do("POST", "/api/v1/register", map[string]any{"username": "alice", "password": servertest.Password}).Want(201).Map()
	if me["username"] != "alice" || me["email"] != "alice@strongroom.localhost" || me["is_admin"] != false {
		t.Errorf("registered as %v", me)
	}
	tok := n.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {servertest.Password}}).Want(200).Map()
	if tok["token_type"] != "bearer" {
		t.Errorf("token_type %v", tok["token_type"])
	}
	c := n.As(tok["access_token"].(string))
	if got := c.Do("GET", "/api/v1/users/me", nil).Want(200).Map(); got["id"] != me["id"] {
		t.Errorf("me is %v", got)
	}
	var list []map[string]any
	c.Do("GET", "/api/v1/passwords/", nil).Want(200).JSON(&list)
	if len(list) != 0 {
		t.Errorf("a new vault has %v", list)
	}
	entry := map[string]any{"service": "example", "url": "https://example.com", "username": "al", "password": "s3cret"}
	made := c.Do("POST", "/api/v1/passwords/", entry).Want(201).Map()
	entry["password"] = "s3cret-2"
	c.Do("PUT", "/api/v1/passwords/"+made["id"].(string), entry).Want(200)
	c.Do("GET", "/api/v1/passwords/", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["password"] != "s3cret-2" || list[0]["service"] != "example" || list[0]["url"] != "https://example.com" || list[0]["username"] != "al" {
		t.Errorf("list is %v", list)
	}
	gen := c.Do("GET", "/api/v1/generate-password?length=10&use_special=true", nil).Want(200).Map()["generated_password"].(string)
	if len(gen) != 10 {
		t.Errorf("generated %q", gen)
	}
	for _, n := range []string{"5", "129", "-1", "x"} {
		if a := c.Do("GET", "/api/v1/generate-password?length="+n, nil); a.Status/100 != 4 || !strings.Contains(string(a.Body), "query.length") {
			t.Errorf("length=%s: %d %s", n, a.Status, a.Body)
		}
	}
	if m := c.Do("DELETE", "/api/v1/passwords/"+made["id"].(string), nil).Want(200).Map(); m["detail"] == "" {
		t.Errorf("delete said %v", m)
	}
	c.Do("GET", "/api/v1/admin/user-password", nil).Want(404)
}

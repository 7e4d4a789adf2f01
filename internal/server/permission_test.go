package server_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// who calls, in the permission test.
const (
	anonymous = iota
	owner     // a user, of their own things
	other     // a user, of another's things
	auditor   // of another's things
	admin     // of another's things
	suspended
	dead   // a token after its logout
	reader // an access token that may read, of its maker's things
	writer // an access token that may write, of its maker's things
	callers
)

var callerNames = [callers]string{"anonymous", "owner", "other user", "auditor", "admin", "suspended", "dead token", "read token", "write token"}

// The usual rows. A cell is the status that this caller must get.
var (
	public   = [callers]int{200, 200, 200, 200, 200, 200, 200, 200, 200}
	readOwn  = [callers]int{401, 200, 404, 404, 404, 401, 401, 200, 200}
	writeOwn = [callers]int{401, 200, 404, 404, 404, 401, 401, 403, 200}
	selfOwn  = [callers]int{401, 200, 404, 404, 404, 401, 401, 403, 403}
	readAny  = [callers]int{401, 200, 200, 200, 200, 401, 401, 200, 200}
	writeAny = [callers]int{401, 200, 200, 200, 200, 401, 401, 403, 200}
	selfAny  = [callers]int{401, 200, 200, 200, 200, 401, 401, 403, 403}
)

// permissions has a row for every route: what each caller gets when the request
// is right in every other way. 200 stands for any 2xx.
var permissions = map[string]struct {
	cells [callers]int
	body  any
}{
	"POST /register":           {public, map[string]string{"username": "{new}", "password": servertest.Password}},
	"POST /token":              {public, url.Values{"username": {"owner"}, "password": {servertest.Password}}},
	"GET /generate-password":   {public, nil},
	"GET /generate-passphrase": {public, nil},
	"GET /generate-username":   {public, nil},
	"GET /users/me":            {readAny, nil},
	"POST /logout":             {selfAny, nil},
	"GET /sessions":            {selfAny, nil},
	"DELETE /sessions/{id}":    {selfOwn, nil},

	"GET /passwords":                           {readAny, nil},
	"POST /passwords":                          {writeAny, map[string]string{"service": "x", "password": "y"}},
	"POST /passwords/import":                   {writeAny, []any{map[string]string{"service": "x", "password": "y"}}},
	"GET /passwords/{id}":                      {readOwn, nil},
	"PUT /passwords/{id}":                      {writeOwn, map[string]string{"service": "x", "password": "y"}},
	"PATCH /passwords/{id}":                    {writeOwn, map[string]string{"service": "x"}},
	"DELETE /passwords/{id}":                   {writeOwn, nil},
	"POST /passwords/{id}/restore":             {writeOwn, nil},
	"GET /passwords/{id}/history":              {readOwn, nil},
	"POST /passwords/{id}/history/{n}/restore": {writeOwn, nil},
	"GET /passwords/{id}/totp":                 {readOwn, nil},
	"GET /folders":                             {readAny, nil},
	"POST /folders":                            {selfAny, map[string]string{"name": "x"}},
	"PATCH /folders/{id}":                      {selfOwn, map[string]string{"name": "x"}},
	"DELETE /folders/{id}":                     {selfOwn, nil},
	"GET /access-tokens":                       {selfAny, nil},
	"POST /access-tokens":                      {selfAny, map[string]string{"name": "x"}},
	"DELETE /access-tokens/{id}":               {selfOwn, nil},
	"GET /admin/users":                         {[callers]int{401, 403, 403, 200, 200, 401, 401, 403, 403}, nil},
	"PATCH /admin/users/{id}":                  {[callers]int{401, 403, 403, 403, 200, 401, 401, 403, 403}, map[string]string{"role": "user"}},
}

// stage has one of everything that the owner's routes are about.
type stage struct {
	n      *servertest.Node
	owner  servertest.Client
	users  [callers]servertest.Client
	userID string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{n: servertest.Start(t, servertest.Options(t))}
	s.users[admin] = s.n.Admin("admin")
	s.userID = s.n.Register("owner")
	s.owner, _ = s.n.LogIn("owner")
	s.users[anonymous] = s.n.Client
	s.users[owner] = s.owner
	s.users[other] = s.n.User("other")
	for caller, change := range map[int]map[string]string{auditor: {"role": "auditor"}, suspended: {"state": "suspended"}} {
		name := strings.Fields(callerNames[caller])[0]
		id := s.n.Register(name)
		if caller == suspended {
			s.users[caller], _ = s.n.LogIn(name)
		}
		s.users[admin].Do("PATCH", "/api/v1/admin/users/"+id, change).Want(200)
		if caller == auditor {
			s.users[caller], _ = s.n.LogIn(name)
		}
	}
	s.users[dead], _ = s.n.LogIn("owner")
	s.users[dead].Do("POST", "/api/v1/logout", nil).Want(200)
	for caller, scope := range map[int]string{reader: "read", writer: "write"} {
		tok := s.owner.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "t", "scope": scope}).Want(201).Map()["token"].(string)
		s.users[caller] = s.n.As(tok)
	}
	return s
}

// path fills a route with things of the owner's, made anew for every call, so
// that one caller's success does not stand in the next one's way.
func (s *stage) path(t *testing.T, route string) string {
	t.Helper()
	_, path, _ := strings.Cut(route, " ")
	var id string
	switch {
	case strings.HasPrefix(path, "/passwords/{id}"):
		id = s.owner.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "old", "totp": "JBSWY3DPEHPK3PXP"}).Want(201).Map()["id"].(string)
		s.owner.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": "new"}).Want(200)
		if strings.HasSuffix(route, "{id}/restore") {
			s.owner.Do("DELETE", "/api/v1/passwords/"+id, nil).Want(200)
		}
	case strings.HasPrefix(path, "/folders/{id}"):
		id = s.owner.Do("POST", "/api/v1/folders", map[string]string{"name": "x"}).Want(201).Map()["id"].(string)
	case strings.HasPrefix(path, "/access-tokens/{id}"):
		id = s.owner.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "x"}).Want(201).Map()["id"].(string)
	case strings.HasPrefix(path, "/sessions/{id}"):
		in, _ := s.n.LogIn("owner")
		c, err := s.n.SignIn.Caller(t.Context(), in.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		id = string(c.Session)
	case strings.HasPrefix(path, "/admin/users/{id}"):
		id = s.userID
	}
	return "/api/v1" + strings.NewReplacer("{id}", id, "{n}", "1").Replace(path)
}

// as signs a caller in again whose session the route ends.
func (s *stage) as(caller int, route string) servertest.Client {
	if route == "POST /logout" && caller >= owner && caller <= admin {
		in, _ := s.n.LogIn(strings.Fields(callerNames[caller])[0])
		return in
	}
	return s.users[caller]
}

// operations lists what the OpenAPI document has.
func operations(doc *huma.OpenAPI) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil {
				all[method+" "+path] = op
			}
		}
	}
	return all
}

// TestPermissions calls every route as everybody. A route without a row fails.
func TestPermissions(t *testing.T) {
	s := newStage(t)
	ops := operations(s.n.REST.OpenAPI())
	for route := range permissions {
		if ops[route] == nil {
			t.Errorf("%s has a row and is no route", route)
		}
	}
	for _, route := range slices.Sorted(maps.Keys(ops)) {
		row, ok := permissions[route]
		if !ok {
			t.Errorf("%s has no row: say what each caller gets", route)
			continue
		}
		needs, _ := ops[route].Extensions["x-needs"].(string)
		if (needs == "nothing") != (row.cells[anonymous] == 200) || needs == "" {
			t.Errorf("%s declares that it needs %q", route, needs)
		}
		for caller, want := range row.cells {
			body := row.body
			if m, ok := body.(map[string]string); ok && m["username"] == "{new}" {
				body = map[string]string{"username": "new" + fmt.Sprint(caller), "password": servertest.Password}
			}
			method, _, _ := strings.Cut(route, " ")
			a := s.as(caller, route).Do(method, s.path(t, route), body)
			if got := a.Status; got != want && (want != 200 || got/100 != 2) {
				t.Errorf("%s as %s: %d, want %d: %s", route, callerNames[caller], got, want, a.Body)
			}
		}
	}
}

// TestAbsentAndForeignAreAlike: an id of another person's and one that never was
// get the same answer, so that ids cannot be tried out.
func TestAbsentAndForeignAreAlike(t *testing.T) {
	s := newStage(t)
	for route, row := range permissions {
		if row.cells[other] != 404 {
			continue
		}
		method, _, _ := strings.Cut(route, " ")
		foreign := s.path(t, route)
		for _, id := range []string{vault.NewID[string](), "malformed", "00000000-0000-0000-0000-00000000000G", strings.Repeat("a", 64), "%00"} {
			_, path, _ := strings.Cut(route, " ")
			absent := "/api/v1" + strings.NewReplacer("{id}", id, "{n}", "1").Replace(path)
			a, b := s.users[other].Do(method, foreign, row.body), s.users[other].Do(method, absent, row.body)
			if a.Status != 404 || b.Status != 404 || a.Map()["code"] != b.Map()["code"] {
				t.Errorf("%s: foreign %d %v, absent %q %d %v", route, a.Status, a.Map()["code"], id, b.Status, b.Map()["code"])
			}
		}
	}
}

// TestFolderTokenSeesOneFolder: neither list, read, search, move nor import lead out of it.
func TestFolderTokenSeesOneFolder(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	mine := c.Do("POST", "/api/v1/folders", map[string]string{"name": "mine"}).Want(201).Map()["id"].(string)
	rest := c.Do("POST", "/api/v1/folders", map[string]string{"name": "rest"}).Want(201).Map()["id"].(string)
	in := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "in", "password": "p", "folder": mine}).Want(201).Map()["id"].(string)
	out := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "out", "password": "p", "folder": rest}).Want(201).Map()["id"].(string)
	tok := n.As(c.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "t", "scope": "write", "folder": mine}).Want(201).Map()["token"].(string))
	var list []map[string]any
	tok.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["id"] != in {
		t.Errorf("it lists %v", list)
	}
	tok.Do("GET", "/api/v1/passwords?folder="+rest, nil).Want(200).JSON(&list)
	if len(list) != 0 {
		t.Errorf("of the other folder it lists %v", list)
	}
	for _, path := range []string{"", "/history", "/totp"} {
		tok.Do("GET", "/api/v1/passwords/"+out+path, nil).Want(404)
	}
	tok.Do("PATCH", "/api/v1/passwords/"+out, map[string]string{"folder": mine}).Want(404)
	tok.Do("DELETE", "/api/v1/passwords/"+out+"?permanent=true", nil).Want(404)
	tok.Do("PATCH", "/api/v1/passwords/"+in, map[string]string{"folder": rest}).Want(403)
	tok.Do("PUT", "/api/v1/passwords/"+in, map[string]string{"service": "in", "password": "p", "folder": ""}).Want(403)
	tok.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p", "folder": rest}).Want(403)
	tok.Do("POST", "/api/v1/passwords/import", []any{map[string]string{"service": "x", "password": "p", "folder": rest}}).Want(403)
	if made := tok.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201).Map(); made["folder"] != mine {
		t.Errorf("a new item landed in %v", made["folder"])
	}
	tok.Do("GET", "/api/v1/folders", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["id"] != mine {
		t.Errorf("it sees the folders %v", list)
	}
}

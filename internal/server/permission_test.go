package server_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	coreadmin "strongroom/internal/core/admin"
	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
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
	client // the owner's session of a client that decrypts by itself
	callers
)

var callerNames = [callers]string{"anonymous", "owner", "other user", "auditor", "admin", "suspended", "dead token", "read token", "write token", "client session"}

// The usual rows. A cell is the status that this caller must get.
var (
	public   = [callers]int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200}
	readOwn  = [callers]int{401, 200, 404, 404, 404, 401, 401, 200, 200, 403}
	writeOwn = [callers]int{401, 200, 404, 404, 404, 401, 401, 403, 200, 403}
	selfOwn  = [callers]int{401, 200, 404, 404, 404, 401, 401, 403, 403, 200}
	readAny  = [callers]int{401, 200, 200, 200, 200, 401, 401, 200, 200, 403}
	writeAny = [callers]int{401, 200, 200, 200, 200, 401, 401, 403, 200, 403}
	selfAny  = [callers]int{401, 200, 200, 200, 200, 401, 401, 403, 403, 200}
	openSelf = [callers]int{401, 200, 200, 200, 200, 401, 401, 403, 403, 403} // what needs the opened key, too
	openOwn  = [callers]int{401, 200, 404, 404, 404, 401, 401, 403, 403, 403}

	watchers  = [callers]int{401, 403, 403, 200, 200, 401, 401, 403, 403, 403}
	adminOnly = [callers]int{401, 403, 403, 403, 200, 401, 401, 403, 403, 403}
)

// refusedSelf is selfAny where what is sent is refused with a status of its own.
func refusedSelf(status int) [callers]int {
	cells := selfAny
	for i, c := range cells {
		if c == 200 {
			cells[i] = status
		}
	}
	return cells
}

// permissions has a row for every route: what each caller gets when the request
// is right in every other way. 200 stands for any 2xx.
var permissions = map[string]struct {
	cells [callers]int
	body  any
}{
	"POST /register":           {public, map[string]string{"username": "{new}", "password": servertest.Password}},
	"POST /token":              {public, url.Values{"username": {"owner"}, "password": {servertest.Password}}},
	"GET /version":             {public, nil},
	"GET /generate-password":   {public, nil},
	"GET /generate-passphrase": {public, nil},
	"GET /generate-username":   {public, nil},
	"GET /breach/{prefix}":     {[callers]int{401, 503, 503, 503, 503, 401, 401, 503, 503, 503}, nil}, // nothing is asked outside in tests
	"GET /users/me":            {[callers]int{401, 200, 200, 200, 200, 401, 401, 200, 200, 200}, nil},
	"POST /logout":             {selfAny, nil},
	"POST /step-up":            {selfAny, map[string]string{"password": servertest.Password}},
	"GET /sessions":            {selfAny, nil},
	"GET /events":              {selfAny, nil},
	"GET /events/export":       {selfAny, nil},
	"GET /admin/events":        {watchers, nil},
	"GET /admin/events/export": {watchers, nil},

	"GET /users/me/factors":                        {selfAny, nil},
	"DELETE /users/me/factors/{id}":                {selfOwn, nil},
	"POST /users/me/factors/authenticator":         {selfAny, nil},
	"POST /users/me/factors/authenticator/confirm": {refusedSelf(422), map[string]string{"secret": "x", "code": "1", "ticket": "x"}},
	"POST /users/me/factors/email":                 {selfAny, map[string]string{"email": "x@example.com"}},
	"POST /users/me/factors/email/confirm":         {refusedSelf(422), map[string]string{"email": "x@example.com", "code": "1", "ticket": "x"}},
	"POST /users/me/factors/yubikey":               {refusedSelf(503), map[string]string{"otp": strings.Repeat("c", 44)}}, // this node knows of no validation server
	"POST /users/me/factors/key":                   {selfAny, map[string]string{"kind": "webauthn"}},
	"POST /users/me/factors/key/confirm":           {refusedSelf(422), map[string]any{"kind": "webauthn", "name": "x", "credential": map[string]any{}}},
	"POST /users/me/factors/recovery-code":         {refusedSelf(404), nil}, // nobody here has a second factor
	"GET /users/me/remembered-devices":             {selfAny, nil},
	"DELETE /users/me/remembered-devices/{id}":     {selfOwn, nil},

	"DELETE /sessions/{id}": {selfOwn, nil},

	"GET /passwords":                           {readAny, nil},
	"POST /passwords":                          {writeAny, map[string]string{"service": "x", "password": "y"}},
	"POST /passwords/import":                   {writeAny, []any{map[string]string{"service": "x", "password": "y"}}},
	"GET /passwords/{id}":                      {readOwn, nil},
	"PUT /passwords/{id}":                      {writeOwn, map[string]string{"service": "x", "password": "y"}},
	"PATCH /passwords/{id}":                    {writeOwn, map[string]string{"service": "x"}},
	"DELETE /passwords/{id}":                   {[callers]int{401, 200, 404, 404, 404, 401, 401, 403, 200, 200}, nil},
	"POST /passwords/{id}/restore":             {writeOwn, nil},
	"GET /passwords/{id}/history":              {readOwn, nil},
	"POST /passwords/{id}/history/{n}/restore": {writeOwn, nil},
	"GET /passwords/{id}/totp":                 {readOwn, nil},
	"GET /folders":                             {readAny, nil},
	"POST /folders":                            {openSelf, map[string]string{"name": "x"}},
	"PATCH /folders/{id}":                      {openOwn, map[string]string{"name": "x"}},
	"DELETE /folders/{id}":                     {selfOwn, nil},
	"GET /access-tokens":                       {selfAny, nil},
	"POST /access-tokens":                      {openSelf, map[string]string{"name": "x"}},
	"DELETE /access-tokens/{id}":               {selfOwn, nil},
	"GET /admin/users":                         {watchers, nil},
	"PATCH /admin/users/{id}":                  {adminOnly, map[string]string{"role": "user"}},
	"GET /admin/users/{id}":                    {watchers, nil},
	"DELETE /admin/users/{id}":                 {adminOnly, nil},
	"POST /admin/users/{id}/sign-out":          {adminOnly, nil},
	"POST /admin/users/{id}/reset-factors":     {adminOnly, nil},
	"PUT /admin/users/{id}/quota":              {adminOnly, map[string]int{"mib": 5}},
	"DELETE /admin/users/{id}/quota":           {adminOnly, nil},
	"GET /admin/invitations":                   {watchers, nil},
	"POST /admin/invitations":                  {adminOnly, map[string]string{"email": "{new}", "by": "link"}},
	"POST /admin/invitations/{id}/resend":      {adminOnly, map[string]string{"by": "mail"}},
	"DELETE /admin/invitations/{id}":           {adminOnly, nil},
	"GET /admin/nodes":                         {watchers, nil},
	"GET /admin/jobs":                          {watchers, nil},
	"POST /admin/jobs/{name}/run":              {adminOnly, nil},
	"GET /admin/health":                        {watchers, nil},
	"GET /admin/storage":                       {watchers, nil},
	"GET /admin/settings":                      {watchers, nil},
	"PUT /admin/settings/{name}":               {adminOnly, map[string]string{"value": "3"}},
	"DELETE /admin/settings/{name}":            {adminOnly, nil},
	"POST /admin/mail-test":                    {adminOnly, map[string]string{"to": "someone@example.com"}},
}

// stage has one of everything that the owner's routes are about.
type stage struct {
	n      *servertest.Node
	owner  servertest.Client
	users  [callers]servertest.Client
	userID string
}

func newStage(t *testing.T, change ...func(*server.Options)) *stage {
	t.Helper()
	n, post := mailNode(t, change...)
	go func() { // letters are not this test's business
		for {
			select {
			case <-post.Letters:
			case <-t.Context().Done():
				return
			}
		}
	}()
	s := &stage{n: n}
	if err := s.n.Jobs.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.users[admin] = s.n.Admin("admin")
	s.userID = s.n.Register("owner")
	s.users[anonymous] = s.n.Client
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
	s.renew()
	return s
}

// renew gives the owner new sessions and tokens.
func (s *stage) renew() {
	s.owner, _ = s.n.LogIn("owner")
	s.users[owner] = s.owner
	s.users[client] = s.n.Web("owner")
	for caller, scope := range map[int]string{reader: "read", writer: "write"} {
		tok := s.owner.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "t", "scope": scope}).Want(201).Map()["token"].(string)
		s.users[caller] = s.n.As(tok)
	}
}

// factor puts a passkey of the owner's there, which no sign-in asks for.
func (s *stage) factor(t *testing.T) (id vault.FactorID) {
	t.Helper()
	err := s.n.Store.Tx(t.Context(), func(tx *store.Tx) error {
		f := &vault.Factor{ID: vault.NewID[vault.FactorID](), User: vault.UserID(s.userID), Kind: vault.FactorPasskey, Name: "x"}
		id = f.ID
		return tx.InsertFactor(t.Context(), f)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *stage) remembered(t *testing.T) (id string) {
	t.Helper()
	err := s.n.Store.Tx(t.Context(), func(tx *store.Tx) error {
		r := &vault.Remembered{ID: vault.NewID[string](), User: vault.UserID(s.userID)}
		id = r.ID
		return tx.InsertRemembered(t.Context(), r, id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
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
	case route == "DELETE /admin/users/{id}" || route == "POST /admin/users/{id}/sign-out":
		id = s.n.Register("victim" + vault.NewID[string]()[:8])
	case route == "POST /admin/users/{id}/reset-factors":
		id = s.n.Register("loser" + vault.NewID[string]()[:8])
		f := &vault.Factor{ID: vault.NewID[vault.FactorID](), User: vault.UserID(id), Kind: vault.FactorEmail, Email: "x@example.com"}
		if err := s.n.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertFactor(t.Context(), f) }); err != nil {
			t.Fatal(err)
		}
	case strings.HasPrefix(path, "/admin/users/{id}"):
		id = s.userID
	case strings.HasPrefix(path, "/users/me/factors/{id}"):
		id = string(s.factor(t))
	case strings.HasPrefix(path, "/users/me/remembered-devices/{id}"):
		id = s.remembered(t)
	case strings.HasPrefix(path, "/admin/invitations/{id}"):
		i, _, err := s.n.Node.Admin.Invite(t.Context(), coreadmin.Machine, vault.NewID[string](), vault.RoleUser, false)
		if err != nil {
			t.Fatal(err)
		}
		id = string(i.ID)
	}
	name := "trash"
	if strings.HasPrefix(path, "/admin/settings/") {
		name = "INVITATION_DAYS"
	}
	return "/api/v1" + strings.NewReplacer("{id}", id, "{n}", "1", "{name}", name, "{prefix}", "ABCDE").Replace(path)
}

// as signs a caller in again whose session the route ends.
func (s *stage) as(caller int, route string) servertest.Client {
	if route == "POST /logout" && caller >= owner && caller <= admin {
		in, _ := s.n.LogIn(strings.Fields(callerNames[caller])[0])
		return in
	}
	if route == "POST /logout" && caller == client {
		return s.n.Web("owner")
	}
	if strings.HasPrefix(route, "DELETE /users/me/factors/") { // which ends all others
		s.renew()
	}
	return s.users[caller]
}

// fresh fills in names that nobody has yet.
func fresh(body any) any {
	m, ok := body.(map[string]string)
	if !ok {
		return body
	}
	m = maps.Clone(m)
	for k, v := range m {
		if v == "{new}" {
			m[k] = "new" + vault.NewID[string]()[:8]
		}
	}
	return m
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
			body := fresh(row.body)
			method, _, _ := strings.Cut(route, " ")
			a := s.as(caller, route).Do(method, s.path(t, route), body)
			holdsHeaders(t, route, a)
			if got := a.Status; got != want && (want != 200 || got/100 != 2) {
				t.Errorf("%s as %s: %d, want %d: %s", route, callerNames[caller], got, want, a.Body)
			}
		}
		if strings.HasPrefix(route, "DELETE /users/me/factors/") {
			s.renew()
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

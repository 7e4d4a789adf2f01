package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// refused checks that an answer is a problem document that names the place.
func refused(t *testing.T, what string, a *servertest.Answer, status int, location string) {
	t.Helper()
	if a.Status != status || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d %s, want %d: %.300s", what, a.Status, a.Header.Get("Content-Type"), status, a.Body)
		return
	}
	var p struct {
		Status int
		Code   string
		Detail string
		Errors []struct{ Message, Location string }
	}
	a.JSON(&p)
	if p.Status != status || p.Code == "" || p.Detail == "" {
		t.Errorf("%s: %s", what, a.Body)
	}
	for _, e := range p.Errors {
		if strings.HasPrefix(e.Location, location) && e.Message != "" {
			return
		}
	}
	if location != "" {
		t.Errorf("%s: does not name %s: %.300s", what, location, a.Body)
	}
}

func TestBadBodies(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	long := strings.Repeat("a", 700)
	for what, b := range map[string]struct {
		body     string
		status   int
		location string
	}{
		"empty":            {``, 400, ""},
		"cut":              {`{"service":"x"`, 400, "body"},
		"not JSON":         {`service=x`, 400, "body"},
		"array":            {`[]`, 422, "body"},
		"null":             {`null`, 422, "body"},
		"number":           {`{"service":5,"password":"p"}`, 422, "body.service"},
		"missing":          {`{"service":"x"}`, 422, "body"},
		"empty service":    {`{"service":"","password":"p"}`, 422, "body.service"},
		"unknown member":   {`{"service":"x","password":"p","colour":"red"}`, 422, "body.colour"},
		"long":             {`{"service":"` + long + `","password":"p"}`, 422, "body.service"},
		"long in bytes":    {`{"service":"` + strings.Repeat("ä", 400) + `","password":"p"}`, 422, "body.service"},
		"NUL":              {`{"service":"x","password":"a\u0000b"}`, 422, "body.password"},
		"NUL in a field":   {`{"service":"x","password":"p","fields":[{"name":"a","value":"b"},{"name":"c","value":"\u0000"}]}`, 422, "body.fields[1].value"},
		"half a surrogate": {`{"service":"x","password":"\ud800"}`, 422, "body.password"},
		"other half":       {`{"service":"\udc00x","password":"p"}`, 422, "body.service"},
		"halves swapped":   {`{"service":"x","password":"\udc00\ud800"}`, 422, "body.password"},
		"no UTF-8":         {"{\"service\":\"x\",\"password\":\"\xff\"}", 422, "body"},
		"deep":             {strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), 422, "body"},
		"deep arrays":      {strings.Repeat(`[`, 100_000), 422, "body"},
		"field type":       {`{"service":"x","password":"p","fields":[{"name":"a","value":"b","type":"linked"}]}`, 422, "body.fields[0].type"},
		"TOTP":             {`{"service":"x","password":"p","totp":"not base32!"}`, 422, "body.totp"},
		"folder":           {`{"service":"x","password":"p","folder":"` + vault.NewID[string]() + `"}`, 422, "body.folder"},
		"folder by name":   {`{"service":"x","password":"p","folder":"nowhere"}`, 422, "body.folder"},
		"too large":        {`{"service":"` + strings.Repeat("a", 10<<20) + `"}`, 413, ""},
	} {
		a := c.Do("POST", "/api/v1/passwords", b.body)
		refused(t, what, a, b.status, b.location)
		if bytes.Contains(a.Body, []byte("aaaaaaaa")) || bytes.Contains(a.Body, []byte("json:")) || bytes.Contains(a.Body, []byte("invalid character")) {
			t.Errorf("%s: the answer echoes the input or Go's words: %.300s", what, a.Body)
		}
	}
	for _, fine := range []string{`{"service":"\ud83d\udd11","password":"\\u0000"}`, `{"service":"ключ 🔑","password":"\"\\/\b\f\n\r\t"}`, ` {"service" : "x" , "password" : "p"} `} {
		var want struct{ Service, Password string }
		if err := json.Unmarshal([]byte(fine), &want); err != nil {
			t.Fatal(err)
		}
		made := c.Do("POST", "/api/v1/passwords", fine).Want(201).Map()
		if made["service"] != want.Service || made["password"] != want.Password {
			t.Errorf("%s came back as %v", fine, made)
		}
		got := c.Do("GET", "/api/v1/passwords/"+made["id"].(string), nil).Want(200).Map()
		if got["service"] != want.Service || got["password"] != want.Password {
			t.Errorf("%s was kept as %v", fine, got)
		}
	}
	refused(t, "text/xml", c.Do("POST", "/api/v1/passwords", "<x/>", "Content-Type", "text/xml"), 415, "")
}

func TestBadQueriesAndHeaders(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	id := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201).Map()["id"].(string)
	for query, location := range map[string]string{"limit=0": "query.limit", "limit=-1": "query.limit", "limit=1001": "query.limit", "limit=x": "query.limit",
		"limit=99999999999999999999": "query.limit", "cursor=x": "query.cursor", "cursor=%00": "query.cursor", "favorite=maybe": "query.favorite",
		"page=2": "query.page", "folder=nowhere": "query.folder"} {
		refused(t, query, c.Do("GET", "/api/v1/passwords?"+query, nil), 422, location)
	}
	for _, m := range []string{"x", `"0"`, `"-1"`, `"1","2"`, `"` + strings.Repeat("9", 30) + `"`} {
		refused(t, "If-Match "+m, c.Do("PUT", "/api/v1/passwords/"+id, map[string]string{"service": "x", "password": "p"}, "If-Match", m), 422, "header.If-Match")
	}
	refused(t, "stale", c.Do("PUT", "/api/v1/passwords/"+id, map[string]string{"service": "x", "password": "p"}, "If-Match", `"7"`), 412, "")
	refused(t, "stale", c.Do("DELETE", "/api/v1/passwords/"+id, nil, "If-Match", `"7"`), 412, "")
	a := c.Do("PUT", "/api/v1/passwords/"+id, map[string]string{"service": "x", "password": "q"}, "If-Match", `"1"`).Want(200)
	if a.Header.Get("ETag") != `"2"` {
		t.Errorf("ETag %s", a.Header.Get("ETag"))
	}
	c.Do("DELETE", "/api/v1/passwords/"+id, nil, "If-Match", `"2"`).Want(200)
	refused(t, "method", c.Do("PUT", "/api/v1/passwords", nil), 405, "")
	refused(t, "route", c.Do("GET", "/api/v1/nowhere", nil), 404, "")
	refused(t, "history 0", c.Do("POST", "/api/v1/passwords/"+id+"/history/0/restore", nil), 422, "path.n")
}

func TestBadTokens(t *testing.T) {
	n, o := servertest.Start(t, servertest.Options(t)), servertest.Options(t)
	o.SecretKey += "x"
	foreign := servertest.Start(t, o)
	c := n.User("alice")
	parts := strings.Split(c.Token, ".")
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for what, tok := range map[string]string{"none": "", "garbage": "x", "truncated": c.Token[:len(c.Token)-2], "alg none": part(map[string]string{"alg": "none", "typ": "JWT"}) + "." + parts[1] + ".",
		"foreign key": foreign.User("alice").Token, "other payload": parts[0] + "." + part(map[string]any{"sub": "x"}) + "." + parts[2], "unknown machine": "srp_" + strings.Repeat("A", 43),
		"long": "srp_" + strings.Repeat("A", 5000)} {
		a := n.As(tok).Do("GET", "/api/v1/passwords", nil)
		refused(t, what, a, 401, "")
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", what)
		}
	}
	for what, h := range map[string]string{"basic": "Basic " + c.Token, "no scheme": c.Token, "control": "Bearer \x01"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"/api/v1/passwords", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Authorization"] = []string{h}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode/100 != 4 {
				t.Errorf("%s: %d", what, resp.StatusCode)
			}
		}
	}
	for what, f := range map[string]struct {
		form     any
		location string
		status   int
	}{
		"JSON": {map[string]string{"username": "alice"}, "header.Content-Type", 422}, "no password": {url.Values{"username": {"alice"}}, "body.password", 422},
		"no name": {url.Values{"password": {"x"}}, "body.username", 422}, "other grant": {url.Values{"grant_type": {"implicit"}}, "body.grant_type", 422},
		"twice": {url.Values{"username": {"a", "b"}, "password": {"x"}}, "body.username", 422}, "no refresh": {url.Values{"grant_type": {"refresh_token"}}, "body.refresh_token", 422},
		"bad refresh": {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"srr_x.y"}}, "", 401}, "NUL": {url.Values{"username": {"alice"}, "password": {"a\x00"}}, "body.password", 422},
	} {
		refused(t, what, n.Do("POST", "/api/v1/token", f.form), f.status, f.location)
	}
	// A wrong password and a name that does not exist differ in nothing.
	a := n.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {"wrong"}}).Want(401).Map()
	b := n.Do("POST", "/api/v1/token", url.Values{"username": {"nobody"}, "password": {"wrong"}}).Want(401).Map()
	c2 := n.Do("POST", "/api/v1/token", url.Values{"username": {"a@b@c"}, "password": {"wrong"}}).Want(401).Map()
	for _, m := range []map[string]any{a, b, c2} {
		delete(m, "request_id")
	}
	if fmt.Sprint(a) != fmt.Sprint(b) || fmt.Sprint(a) != fmt.Sprint(c2) {
		t.Errorf("%v\n%v\n%v", a, b, c2)
	}
}

func TestBadRegistrations(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SIGNUPS=example.com")
	n := servertest.Start(t, o)
	try := func(what string, body map[string]string, status int, location string) {
		t.Helper()
		refused(t, what, n.Do("POST", "/api/v1/register", body), status, location)
	}
	pw := servertest.Password
	try("closed", map[string]string{"username": "alice", "password": pw}, 403, "")
	try("other domain", map[string]string{"username": "a@example.org", "password": pw}, 403, "")
	try("wrong code", map[string]string{"username": "alice", "password": pw, "setup_code": "AAAA-AAAA-AAAA-AAAA-AAAA"}, 403, "")
	try("short", map[string]string{"username": "a@example.com", "password": "Xq9!vR2z"}, 422, "body.password")
	try("weak", map[string]string{"username": "a@example.com", "password": "passwordpassword"}, 422, "body.password")
	try("own name", map[string]string{"username": "maximilian@example.com", "password": "maximilian12"}, 422, "body.password")
	try("no name", map[string]string{"password": pw}, 422, "body.username")
	try("bad name", map[string]string{"username": "a b", "password": pw}, 422, "body.username")
	try("two names", map[string]string{"username": "a@example.com", "email": "b@example.com", "password": pw}, 422, "body.email")
	n.Do("POST", "/api/v1/register", map[string]string{"email": "A@Example.com", "password": pw}).Want(201)
	try("taken", map[string]string{"username": "a@example.com", "password": pw}, 409, "")
	code, err := n.Accounts.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m := n.Do("POST", "/api/v1/register", map[string]string{"username": "root", "password": pw, "setup_code": strings.ToLower(code)}).Want(201).Map(); m["is_admin"] != true {
		t.Errorf("the setup code made %v", m)
	}
	try("used code", map[string]string{"username": "root2", "password": pw, "setup_code": code}, 403, "")
}

func TestImport(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	bad := func(what, typ, body string, locations ...string) {
		t.Helper()
		a := c.Do("POST", "/api/v1/passwords/import", body, "Content-Type", typ)
		for _, l := range locations {
			refused(t, what, a, 422, l)
		}
	}
	bad("every bad row", "application/json", `[{"service":"a","password":"p"},{"service":"","password":"p"},{"service":"c","password":"p","totp":"!"}]`, "body.items[1].service", "body.items[2].totp")
	bad("types", "application/json", `[{"service":1},5,{"service":"a","colour":"red"}]`, "body.items[0]", "body.items[1]", "body.items[2]")
	bad("no array", "application/json", `"x"`, "body")
	bad("object", "application/json", `{"entries":[]}`, "body")
	bad("NUL", "application/json", `[{"service":"a","password":"\u0000"}]`, "body[0].password")
	bad("no head", "text/csv", "\n", "body.row[1]")
	bad("column", "text/csv", "service,password,colour\n", "body.row[1]")
	bad("no password", "text/csv", "service,url\n", "body.row[1]")
	bad("rows", "text/csv", "service,password,favorite\nx,p,maybe\ny,p\n,p,\n", "body.row[2].favorite", "body.row[3]")
	bad("quote", "text/csv", "service,password\n\"x,p\n", "body.row[2]")
	bad("type", "application/xml", "<x/>", "header.Content-Type")
	many := strings.Repeat(`{"service":"x","password":"p"},`, vault.MaxImport) + `{"service":"x","password":"p"}`
	bad("too many", "application/json", "["+many+"]", "")
	var list []map[string]any
	c.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 0 {
		t.Fatalf("refused imports left %d items", len(list))
	}
	rows := make([]string, 1500)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"service":"s%04d","password":"p","folder":"f%d"}`, i, i%3)
	}
	m := c.Do("POST", "/api/v1/passwords/import", `{"items":[`+strings.Join(rows, ",")+`]}`).Want(200).Map()
	if m["imported"] != 1500.0 || len(m["ids"].([]any)) != 1500 {
		t.Errorf("imported %v", m["imported"])
	}
	c.Do("POST", "/api/v1/passwords/import", "\ufeffid,Service,url,username,password\r\n7,\"csv, quoted\",https://x,u,\"p\"\"w\"\r\n", "Content-Type", "text/csv; charset=utf-8").Want(200)
	seen := 0
	for path := "/api/v1/passwords?limit=400"; path != ""; {
		a := c.Do("GET", path, nil).Want(200)
		a.JSON(&list)
		for _, i := range list {
			if want := fmt.Sprintf("s%04d", seen); seen < 1500 && i["service"] != want {
				t.Fatalf("item %d is %v: the order of the import is lost", seen, i["service"])
			}
			seen++
		}
		path = servertest.Next(a)
	}
	last := list[len(list)-1]
	if seen != 1501 || last["service"] != "csv, quoted" || last["password"] != `p"w` || last["username"] != "u" {
		t.Errorf("%d items, the last is %v", seen, last)
	}
	var folders []map[string]any
	c.Do("GET", "/api/v1/folders", nil).Want(200).JSON(&folders)
	if len(folders) != 3 {
		t.Errorf("folders %v", folders)
	}
	c.Do("GET", "/api/v1/passwords?folder=f1&limit=1000", nil).Want(200).JSON(&list)
	if len(list) != 500 {
		t.Errorf("%d in folder f1", len(list))
	}
}

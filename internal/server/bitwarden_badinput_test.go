package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// dialect checks that a refusal is in the door's words: its status, its shape, and
// the field that is to blame.
func dialect(t *testing.T, what string, a *servertest.Answer, status int, field string) {
	t.Helper()
	m := a.Map()
	if a.Status != status || m["object"] != "error" || m["message"] == "" {
		t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
		return
	}
	errs, _ := m["validationErrors"].(map[string]any)
	if field != "" && errs[field] == nil {
		t.Errorf("%s: does not name %s: %.300s", what, field, a.Body)
	}
}

// TestBadCiphers: what would take a whole vault from a client is never kept.
func TestBadCiphers(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	e := p.Enc("x")
	login := func(more ...any) map[string]any {
		l := map[string]any{"username": e}
		for i := 0; i+1 < len(more); i += 2 {
			l[more[i].(string)] = more[i+1]
		}
		return p.Login("x", "login", l)
	}
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for what, c := range map[string]struct {
		body  any
		field string
	}{
		"no name":             {p.Login("x", "name", nil), "name"},
		"plain name":          {p.Login("x", "name", "plain"), "name"},
		"type 0 string":       {p.Login("x", "name", "0."+strings.Split(e[2:], "|")[0]+"|"+strings.Split(e, "|")[1]), "name"},
		"two parts":           {p.Login("x", "name", e[:strings.LastIndex(e, "|")]), "name"},
		"bad base64":          {p.Login("x", "name", strings.Replace(e, "=", "!", 1)), "name"},
		"long name":           {p.Login("x", "name", p.Enc(strings.Repeat("x", 2000))), "name"},
		"type 9":              {p.Login("x", "type", 9), "type"},
		"type 0":              {p.Login("x", "type", 0), "type"},
		"no content":          {p.Login("x", "login", nil), "login"},
		"another's content":   {p.Login("x", "type", 3), "card"},
		"password a number":   {login("password", 5), "login.password"},
		"match too large":     {login("uris", []any{map[string]any{"uri": e, "match": 77}}), "login.uris[0].match"},
		"uris an object":      {login("uris", map[string]any{}), "login.uris"},
		"field without type":  {p.Login("x", "fields", []any{map[string]any{"name": e}}), "fields[0].type"},
		"negative field type": {p.Login("x", "fields", []any{map[string]any{"type": -1}}), "fields[0].type"},
		"history without day": {p.Login("x", "passwordHistory", []any{map[string]any{"password": e}}), "passwordHistory[0].lastUsedDate"},
		"passkey in part":     {login("fido2Credentials", []any{map[string]any{"rpId": e}}), "login.fido2Credentials[0]."},
		"foreign folder":      {p.Login("x", "folderId", vault.NewID[string]()), "folder"},
		"malformed folder":    {p.Login("x", "folderId", "../../x"), "folder"},
		"date that is none":   {p.Login("x", "lastKnownRevisionDate", "yesterday"), ""},
		"an array":            {"[]", ""}, "cut": {`{"type":1,`, ""}, "empty": {"", ""}, "deep": {`{"type":1,"name":` + `"x","future":` + deep + `}`, ""},
		"a lone surrogate": {`{"type":1,"name":"\ud800"}`, "name"},
	} {
		a := p.Do("POST", "/api/ciphers", c.body)
		if strings.HasSuffix(c.field, ".") {
			dialect(t, what, a, 400, "")
			continue
		}
		dialect(t, what, a, 400, c.field)
	}
	if s := p.Sync(); len(s.Ciphers) != 0 {
		t.Errorf("%d were kept", len(s.Ciphers))
	}
}

func TestBadRequestsOfClients(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	many := make([]any, 10_001)
	for i := range many {
		many[i] = map[string]any{"type": 2, "name": p.Account.ProtectedKey, "secureNote": map[string]any{"type": 0}}
	}
	dialect(t, "10,001 items", p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": many}), 400, "")
	one := p.Login("x")
	dialect(t, "a relation out of range", p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": []any{one}, "folderRelationships": []any{map[string]any{"key": 0, "value": 0}}}), 400, "folderRelationships")
	dialect(t, "one bad of two", p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": []any{one, p.Login("x", "name", "plain")}}), 400, "name")
	dialect(t, "a large body", p.Do("POST", "/api/ciphers", `{"type":1,"name":"`+strings.Repeat("x", 3<<20)+`"}`), 400, "")
	dialect(t, "a form as JSON", p.Do("POST", "/api/ciphers", url.Values{"type": {"1"}}), 400, "")
	dialect(t, "JSON as a form", n.Do("POST", "/identity/connect/token", map[string]string{"grant_type": "password"}), 400, "")
	dialect(t, "a name twice in a form", n.Do("POST", "/identity/connect/token", "grant_type=password&grant_type=refresh_token", "Content-Type", "application/x-www-form-urlencoded"), 400, "grant_type")
	dialect(t, "device type unknown", p.As("").Do("POST", "/identity/connect/token", p.Form("deviceType", "999")), 400, "deviceType")
	dialect(t, "device type a word", p.As("").Do("POST", "/identity/connect/token", p.Form("deviceType", "toaster")), 400, "")
	dialect(t, "device without a name", p.As("").Do("POST", "/identity/connect/token", p.Form("deviceName", "")), 400, "")
	dialect(t, "a token that is none", p.As("x.y.z").Do("GET", "/api/sync", nil), 401, "")
	dialect(t, "no such route", p.Do("GET", "/api/nothing", nil), 404, "")
	dialect(t, "no such method", p.Do("PATCH", "/api/sync", nil), 404, "")
	dialect(t, "10,001 ids", p.Do("PUT", "/api/ciphers/delete", map[string]any{"ids": make([]string, 10_001)}), 400, "")

	req, err := http.NewRequestWithContext(t.Context(), "GET", n.URL+"/api/sync", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = []string{"Bearer " + p.Token, "Bearer " + p.Token}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("a header twice: %d", resp.StatusCode)
	}

	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	send := func(more ...any) map[string]any {
		m := map[string]any{"type": 0, "name": p.Enc("n"), "key": p.Enc("k"), "text": map[string]any{"text": p.Enc("t")}, "deletionDate": soon, "disabled": false}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	for field, m := range map[string]map[string]any{"deletionDate": send("deletionDate", "2099-01-01T00:00:00Z"), "name": send("name", "plain"), "key": send("key", ""), "maxAccessCount": send("maxAccessCount", -1),
		"text.text": send("text", nil), "authType": send("authType", 7), "password": send("authType", 1), "type": send("type", 2)} {
		dialect(t, "a Send's "+field, p.Do("POST", "/api/sends", m), 400, field)
	}
	dialect(t, "a Send of the past", p.Do("POST", "/api/sends", send("deletionDate", "2020-01-01T00:00:00Z")), 400, "deletionDate")
	dialect(t, "a weak derivation", n.Do("POST", "/identity/accounts/register", map[string]any{"email": "bob@example.com", "masterPasswordHash": "x", "kdf": 0, "kdfIterations": 5000}), 400, "")
}

// TestSendsRunOut: count, expiry, disabling; of two who come for the last access one gets it.
func TestSendsRunOut(t *testing.T) {
	o := servertest.Options(t)
	now := time.Now()
	o.Now = func() time.Time { return now }
	n := servertest.Start(t, o)
	p := n.Join("alice@example.com")
	s := &bwStage{t: t, n: n, owner: p, caller: p}
	access := func(more ...any) (id, accessID string) {
		m := s.sendIn(0)
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		a := p.Do("POST", "/api/sends", m).Want(200).Map()
		return a["id"].(string), a["accessId"].(string)
	}
	_, one := access("maxAccessCount", 1)
	n.Do("POST", "/api/sends/access/"+one, map[string]any{}).Want(200)
	n.Do("POST", "/api/sends/access/"+one, map[string]any{}).Want(404)
	_, guarded := access("password", "derived")
	n.Do("POST", "/api/sends/access/"+guarded, map[string]any{}).Want(401)
	n.Do("POST", "/api/sends/access/"+guarded, map[string]any{"password": "wrong"}).Want(400)
	n.Do("POST", "/api/sends/access/"+guarded, map[string]any{"password": "derived"}).Want(200)
	id, _ := access("password", "derived")
	// Changed by a client that sends back what it was shown: the password stays.
	shown := p.Do("GET", "/api/sends/"+id, nil).Want(200).Map()
	change := s.sendIn(0)
	change["password"], change["authType"] = shown["password"], shown["authType"]
	p.Do("PUT", "/api/sends/"+id, change).Want(200)
	n.Do("POST", "/api/sends/access/"+shown["accessId"].(string), map[string]any{"password": "derived"}).Want(200)
	p.Do("PUT", "/api/sends/"+id+"/remove-password", nil).Want(200)
	n.Do("POST", "/api/sends/access/"+shown["accessId"].(string), map[string]any{}).Want(200)
	_, expiring := access("expirationDate", now.Add(time.Minute).UTC().Format(time.RFC3339))
	n.Do("POST", "/api/sends/access/"+expiring, map[string]any{}).Want(200)
	now = now.Add(2 * time.Minute)
	n.Do("POST", "/api/sends/access/"+expiring, map[string]any{}).Want(404)
	item := p.Add("x")["id"].(string)
	p.Do("PUT", "/api/ciphers/"+item+"/delete", nil).Want(200)
	now = now.Add(50 * time.Minute)
	p.SignIn()
	if err := n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.Sync(); len(got.Sends) != 4 || len(got.Ciphers) != 1 {
		t.Errorf("%d Sends, %d items", len(got.Sends), len(got.Ciphers))
	}
	now = now.Add(31 * 24 * time.Hour)
	if err := n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.SignIn()
	if got := p.Sync(); len(got.Sends) != 0 || len(got.Ciphers) != 0 {
		t.Errorf("after their time: %d Sends, %d items", len(got.Sends), len(got.Ciphers))
	}
}

// TestRefusalsNameTheirCode: our own web vault has words for a code in its
// person's language; what a refusal hides, its code does not tell either.
func TestRefusalsNameTheirCode(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	if c := p.Do("GET", "/api/ciphers/"+vault.NewID[string](), nil).Want(404).Header.Get("Error-Code"); c != "item-not-found" {
		t.Errorf("code %q", c)
	}
	hint := map[string]any{"email": p.Email}
	if c := n.Do("POST", "/api/accounts/password-hint", hint).Want(503).Header.Get("Error-Code"); c != "mail-off" {
		t.Errorf("code %q", c)
	}
	kdf := map[string]any{"kdfType": p.Account.KDF.Type, "iterations": p.Account.KDF.Iterations, "memory": p.Account.KDF.MemoryMiB, "parallelism": p.Account.KDF.Parallelism}
	salt := "bob@example.com"
	a := n.Do("POST", "/api/accounts/register", map[string]any{"email": salt, "setupCode": "wrong",
		"masterPasswordAuthentication": map[string]any{"kdf": kdf, "masterPasswordAuthenticationHash": p.Account.AuthHash, "salt": salt},
		"masterPasswordUnlock":         map[string]any{"kdf": kdf, "masterKeyWrappedUserKey": p.Account.ProtectedKey, "salt": salt},
		"userAsymmetricKeys":           map[string]any{"publicKey": p.Account.PublicKey, "encryptedPrivateKey": p.Account.ProtectedPrivateKey}}).Want(404)
	if c := a.Header.Get("Error-Code"); c != "" || a.Map()["message"] != "Resource not found." {
		t.Errorf("a hidden refusal has the code %q: %s", c, a.Body)
	}
}

package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// client is what another program has after signing in as alice: her opened key.
type otherClient struct {
	n    *servertest.Node
	c    vault.Caller
	user keyring.SymKey
}

func newOtherClient(t *testing.T, n *servertest.Node, token string) otherClient {
	t.Helper()
	c, err := n.SignIn.Caller(t.Context(), token, "")
	if err != nil {
		t.Fatal(err)
	}
	var u *vault.User
	if err := n.Store.Read(t.Context(), func(tx *store.Tx) (err error) { u, err = tx.User(t.Context(), c.User); return err }); err != nil {
		t.Fatal(err)
	}
	key, _, err := keyring.DefaultKDF.OpenUserKey(servertest.Password, u.Salt, u.ProtectedKey)
	if err != nil {
		t.Fatal(err)
	}
	return otherClient{n, c, key}
}

// add keeps an item with content of its own making.
func (o otherClient) add(t *testing.T, content map[string]any) vault.ItemID {
	t.Helper()
	data, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	i := &vault.Item{Type: vault.Login, Data: data}
	if err := o.n.Items.Add(t.Context(), o.c, i); err != nil {
		t.Fatal(err)
	}
	return i.ID
}

func (o otherClient) content(t *testing.T, id vault.ItemID) (m map[string]any) {
	t.Helper()
	i, err := o.n.Items.Get(t.Context(), o.c, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(i.Data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// passkey is one as clients keep it.
func passkey(e func(string) string) map[string]any {
	return map[string]any{"credentialId": e("id"), "keyType": e("public-key"), "keyAlgorithm": e("ECDSA"), "keyCurve": e("P-256"), "keyValue": e("k"),
		"rpId": e("x"), "counter": e("0"), "discoverable": e("true"), "creationDate": "2026-01-31T12:00:00.000Z"}
}

// TestPutKeepsWhatItDoesNotKnow: an item of another client, with its own key,
// keeps what this API does not show, and can be read by that client afterwards.
func TestPutKeepsWhatItDoesNotKnow(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	o := newOtherClient(t, n, c.Token)
	own := keyring.NewSymKey()
	e := own.EncryptString
	id := o.add(t, map[string]any{
		"key": o.user.WrapKey(own), "name": e("old name"), "notes": nil, "futureMember": map[string]any{"a": []any{1.0, "x"}},
		"login": map[string]any{"username": e("al"), "password": e("old pw"), "autofillOnPageLoad": true, "fido2Credentials": []any{passkey(e)},
			"uris": []any{map[string]any{"uri": e("https://a"), "match": 3.0, "uriChecksum": e(keyring.URIChecksum("https://a"))}, map[string]any{"uri": e("https://b"), "match": nil}}},
		"fields": []any{map[string]any{"type": 1.0, "name": e("PIN"), "value": e("1234"), "linkedId": nil}, map[string]any{"type": 3.0, "name": e("linked"), "value": nil, "linkedId": 100.0}},
	})
	before := o.content(t, id)
	got := c.Do("GET", "/api/v1/passwords/"+string(id), nil).Want(200).Map()
	if got["service"] != "old name" || got["url"] != "https://a" || got["password"] != "old pw" || len(got["fields"].([]any)) != 1 {
		t.Errorf("read as %v", got)
	}
	c.Do("PUT", "/api/v1/passwords/"+string(id), map[string]any{"service": "new name", "url": "https://c", "username": "al", "password": "new pw"}).Want(200)
	after := o.content(t, id)
	login, oldLogin := after["login"].(map[string]any), before["login"].(map[string]any)
	same := func(what string, a, b any) {
		t.Helper()
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("%s was %s and is %s", what, y, x)
		}
	}
	same("key", after["key"], before["key"])
	same("futureMember", after["futureMember"], before["futureMember"])
	same("fido2Credentials", login["fido2Credentials"], oldLogin["fido2Credentials"])
	same("autofillOnPageLoad", login["autofillOnPageLoad"], true)
	same("username, which did not change", login["username"], oldLogin["username"])
	uris, oldURIs := login["uris"].([]any), oldLogin["uris"].([]any)
	same("second address", uris[1], oldURIs[1])
	same("match of the first address", uris[0].(map[string]any)["match"], 3.0)
	same("linked field", after["fields"].([]any)[0], before["fields"].([]any)[1])
	open := func(v any) string {
		t.Helper()
		b, err := own.Decrypt(v.(string))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	if open(after["name"]) != "new name" || open(login["password"]) != "new pw" || open(uris[0].(map[string]any)["uri"]) != "https://c" ||
		open(uris[0].(map[string]any)["uriChecksum"]) != keyring.URIChecksum("https://c") {
		t.Errorf("the other client reads %v", after)
	}
	if h := after["passwordHistory"].([]any); len(h) != 1 || open(h[0].(map[string]any)["password"]) != "old pw" {
		t.Errorf("history %v", h)
	}
}

// TestHistory: replaced passwords come back, latest first, and restoring one
// loses none.
func TestHistory(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	id := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "one"}).Want(201).Map()["id"].(string)
	for _, pw := range []string{"two", "two", "three"} {
		c.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": pw}).Want(200)
	}
	history := func() (pws []string) {
		var es []struct {
			N        int
			Password string
			Until    time.Time
		}
		c.Do("GET", "/api/v1/passwords/"+id+"/history", nil).Want(200).JSON(&es)
		for i, e := range es {
			if e.N != i+1 || time.Since(e.Until) > time.Minute {
				t.Errorf("%+v", e)
			}
			pws = append(pws, e.Password)
		}
		return pws
	}
	if got := strings.Join(history(), " "); got != "two one" {
		t.Errorf("history %s", got)
	}
	if m := c.Do("POST", "/api/v1/passwords/"+id+"/history/2/restore", nil).Want(200).Map(); m["password"] != "one" {
		t.Errorf("restored %v", m)
	}
	if got := strings.Join(history(), " "); got != "three two one" {
		t.Errorf("history %s", got)
	}
	c.Do("POST", "/api/v1/passwords/"+id+"/history/9/restore", nil).Want(404)
}

func TestTrashAndRestore(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	path := "/api/v1/passwords/" + c.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201).Map()["id"].(string)
	count := func(query string) int {
		var list []any
		c.Do("GET", "/api/v1/passwords"+query, nil).Want(200).JSON(&list)
		return len(list)
	}
	c.Do("DELETE", path, nil).Want(200)
	c.Do("GET", path, nil).Want(404)
	c.Do("DELETE", path, nil).Want(404)
	if count("") != 0 || count("?trash=true") != 1 {
		t.Error("it is not in the trash alone")
	}
	c.Do("POST", path+"/restore", nil).Want(200)
	c.Do("POST", path+"/restore", nil).Want(404)
	c.Do("GET", path, nil).Want(200)
	c.Do("DELETE", path, nil).Want(200)
	c.Do("DELETE", path+"?permanent=true", nil).Want(200)
	if count("?trash=true") != 0 {
		t.Error("it is still in the trash")
	}
}

func TestTOTP(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	for secret, period := range map[string]float64{"JBSW Y3DP EHPK 3PXP": 30, "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60": 60} {
		id := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p", "totp": secret}).Want(201).Map()["id"].(string)
		m := c.Do("GET", "/api/v1/passwords/"+id+"/totp", nil).Want(200).Map()
		ok, err := totp.ValidateCustom(m["code"].(string), "JBSWY3DPEHPK3PXP", time.Now(), totp.ValidateOpts{Period: uint(period), Skew: 1, Digits: 6})
		if !ok || err != nil || m["period"] != period || m["seconds_left"].(float64) < 1 || m["seconds_left"].(float64) > period {
			t.Errorf("%s: %v %v", secret, m, err)
		}
	}
	id := c.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201).Map()["id"].(string)
	c.Do("GET", "/api/v1/passwords/"+id+"/totp", nil).Want(404)
}

// TestOneOddItemDoesNotTakeTheListDown: what another client made unreadable for
// this API is shown as such, and stays as it is.
func TestOneOddItemDoesNotTakeTheListDown(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	o := newOtherClient(t, n, c.Token)
	c.Do("POST", "/api/v1/passwords", map[string]string{"service": "fine", "password": "p"}).Want(201)
	id := o.add(t, map[string]any{"name": "7.c29tZXRoaW5nIG5ldw==", "login": map[string]any{}})
	o.add(t, map[string]any{"name": keyring.NewSymKey().EncryptString("another key"), "login": map[string]any{"username": nil}})
	before := o.content(t, id)
	var list []map[string]any
	c.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
	if len(list) != 3 || list[0]["service"] != "fine" || list[1]["unreadable"] != true || list[2]["unreadable"] != true {
		t.Errorf("%v", list)
	}
	c.Do("PUT", "/api/v1/passwords/"+string(id), map[string]string{"service": "x", "password": "p"}).Want(409)
	if after := o.content(t, id); after["name"] != before["name"] {
		t.Error("an unreadable item was changed")
	}
}

func TestSearchFoldersAndFavourites(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	c := n.User("alice")
	work := c.Do("POST", "/api/v1/folders", map[string]string{"name": "Wörk"}).Want(201).Map()["id"].(string)
	for _, b := range []map[string]any{{"service": "Mail", "password": "p", "folder": "Wörk"}, {"service": "shop", "url": "https://MAIL.example", "password": "p", "folder": work, "favorite": true},
		{"service": "bank", "username": "mailer", "password": "p"}, {"service": "none", "notes": "mail", "password": "mail"}} {
		c.Do("POST", "/api/v1/passwords", b).Want(201)
	}
	for query, want := range map[string]string{"?q=mail": "Mail shop bank", "?folder=" + work: "Mail shop", "?folder=W%C3%B6rk&favorite=true": "shop", "?favorite=false": "Mail bank none", "?q=mail&limit=2": "Mail shop"} {
		var list []map[string]any
		a := c.Do("GET", "/api/v1/passwords"+query, nil).Want(200).JSON(&list)
		var got []string
		for _, i := range list {
			got = append(got, i["service"].(string))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
		if strings.Contains(query, "limit") {
			c.Do("GET", servertest.Next(a), nil).Want(200).JSON(&list)
			if len(list) != 1 || list[0]["service"] != "bank" {
				t.Errorf("the next page of %s: %v", query, list)
			}
		}
	}
	c.Do("PATCH", "/api/v1/folders/"+work, map[string]string{"name": "Home"}).Want(200)
	c.Do("DELETE", "/api/v1/folders/"+work, nil).Want(200)
	var list []map[string]any
	c.Do("GET", "/api/v1/passwords?q=shop", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["folder"] != nil {
		t.Errorf("after its folder went: %v", list)
	}
}

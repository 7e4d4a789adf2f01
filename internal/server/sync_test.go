package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"strongroom/internal/server/servertest"
)

// TestSyncIsNeverOld syncs twice after each kind of change, from two devices, and
// holds every item of the answers to what its own route says of it.
func TestSyncIsNeverOld(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	other := p.On(n.Client, "0a7bb1a6-6d2c-4a53-9b1c-1d9e0f7b2a11")
	other.SignIn()
	rest, _ := n.LogIn("alice@example.com")
	var ids []string
	for i := range 70 { // more than a batch
		ids = append(ids, p.Add(fmt.Sprint(i))["id"].(string))
	}
	want := len(ids)
	check := func(step string, add int) {
		t.Helper()
		want += add
		for range 2 {
			for _, q := range []*servertest.Person{p, other} {
				s := q.Sync()
				if len(s.Ciphers) != want {
					t.Fatalf("%s: %d items, not %d", step, len(s.Ciphers), want)
				}
				for _, c := range s.Ciphers {
					a, _ := json.Marshal(c)
					b, _ := json.Marshal(p.Do("GET", "/api/ciphers/"+c["id"].(string), nil).Want(200).Map())
					if !bytes.Equal(a, b) {
						t.Fatalf("%s: the sync has\n%s\nthe item is\n%s", step, a, b)
					}
				}
				if list := p.Do("GET", "/api/ciphers", nil).Want(200).Map()["data"].([]any); len(list) != want {
					t.Fatalf("%s: the list has %d items", step, len(list))
				}
			}
		}
	}
	check("as it was made", 0)
	p.Do("PUT", "/api/ciphers/"+ids[0], p.Login("changed")).Want(200)
	check("an item changed", 0)
	other.Do("PUT", "/api/ciphers/"+ids[1]+"/delete", nil).Want(200)
	check("an item in the trash", 0)
	p.Do("DELETE", "/api/ciphers/"+ids[2], nil).Want(200)
	check("an item deleted", -1)
	folder := p.Do("POST", "/api/folders", map[string]any{"name": p.Enc("f")}).Want(200).Map()["id"]
	p.Do("PUT", "/api/ciphers/move", map[string]any{"ids": ids[3:6], "folderId": folder}).Want(200)
	check("items moved", 0)
	p.Do("DELETE", "/api/folders/"+folder.(string), nil).Want(200)
	check("their folder deleted", 0)
	rest.Do("POST", "/api/v1/passwords", map[string]any{"service": "rest", "password": "x"}).Want(201)
	check("an item made through the other door", 1)
	file := p.Do("POST", "/api/ciphers/"+ids[7]+"/attachment/v2", map[string]any{"key": p.Enc("k"), "fileName": p.Enc("f"), "fileSize": 100}).Want(200).Map()["attachmentId"].(string)
	check("a file announced", 0)
	upload(p.Client, "/api/ciphers/"+ids[7]+"/attachment/"+file, make([]byte, 100)).Want(200)
	check("a file attached", 0)
	p.Do("DELETE", "/api/ciphers/"+ids[7]+"/attachment/"+file, nil).Want(200)
	check("and deleted", 0)
	p.Do("PUT", "/api/ciphers/archive", map[string]any{"ids": ids[8:10]}).Want(200)
	check("items archived", 0)
	p.Do("POST", "/api/ciphers/import", map[string]any{"ciphers": []any{p.Login("i"), p.Login("j")}, "folders": []any{}, "folderRelationships": []any{}}).Want(200)
	check("an import", 2)
	p.Do("POST", "/api/ciphers/purge", map[string]any{"masterPasswordHash": p.Account.AuthHash}).Want(200)
	check("an empty vault", -want)
}

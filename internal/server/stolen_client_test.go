package server_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
)

// enc is an encrypted string whose ciphertext is a marker: what a client sends lies
// sealed as well.
func (m *markers) enc(field string) string {
	ct := []byte(m.new(field))
	ct = append(ct, bytes.Repeat([]byte("p"), 16-len(ct)%16)...)
	b64 := base64.StdEncoding.EncodeToString
	return "2." + b64(make([]byte, 16)) + "|" + b64(ct) + "|" + b64(make([]byte, 32))
}

// plantClient puts a marker into every field of the Bitwarden door that keeps anything.
func plantClient(t *testing.T, n *servertest.Node, m *markers) {
	t.Helper()
	p := n.Join(strings.ToLower(m.new("bwuser")) + "@" + strings.ToLower(m.new("bwdomain")) + ".example")
	m.all = append(m.all, p.Account.AuthHash[:30], p.Account.PublicKey[40:90], p.Device, p.Token[:60], p.Refresh[4:40])
	p.Device = m.new("identifier")
	p.As("").Do("POST", "/identity/connect/token", p.Form("deviceName", m.new("devicename"), "devicePushToken", m.new("push")), "X-Forwarded-For", "203.0.113.99").Want(200)
	m.all = append(m.all, "203.0.113.99")
	p.Do("PUT", "/api/accounts/profile", map[string]string{"name": m.new("name"), "masterPasswordHint": m.new("hint")}).Want(200)
	p.Do("PUT", "/api/settings/domains", map[string]any{"equivalentDomains": [][]string{{m.new("domaina"), m.new("domainb")}}}).Want(200)
	p.Do("POST", "/api/accounts/key-management/user-key-id", map[string]string{"userKeyId": p.Account.UserKey.KeyID()}).Want(200)
	key := p.Do("POST", "/api/accounts/api-key", map[string]string{"masterPasswordHash": p.Account.AuthHash}).Want(200).Map()["apiKey"].(string)
	m.all = append(m.all, p.Account.UserKey.KeyID(), key)
	p.Do("PUT", "/api/devices/"+p.Device+"/keys", map[string]string{"encryptedUserKey": m.enc("dku"), "encryptedPublicKey": m.enc("dkp"), "encryptedPrivateKey": m.enc("dks")}).Want(200)

	folder := p.Do("POST", "/api/folders", map[string]string{"name": m.enc("bwfolder")}).Want(200).Map()["id"].(string)
	login := map[string]any{"username": m.enc("u"), "password": m.enc("pw"), "totp": m.enc("totp"), "uris": []any{map[string]any{"uri": m.enc("uri"), "uriChecksum": m.enc("sum"), "match": nil}},
		"fido2Credentials": []any{passkey(m.enc)}}
	item := map[string]any{"type": 1, "name": m.enc("itemname"), "notes": m.enc("itemnotes"), "folderId": folder, "key": m.enc("itemkey"), "login": login, "data": m.new("data"), "future": m.new("future"),
		"fields": []any{map[string]any{"type": 0, "name": m.enc("fn"), "value": m.enc("fv")}}, "passwordHistory": []any{map[string]any{"password": m.enc("older"), "lastUsedDate": "2026-01-31T12:00:00Z"}}}
	id := p.Do("POST", "/api/ciphers", item).Want(200).Map()["id"].(string)
	p.Do("POST", "/api/ciphers/import", map[string]any{"folders": []any{map[string]any{"name": m.enc("impfolder")}}, "ciphers": []any{map[string]any{"type": 3, "name": m.enc("impname"),
		"card": map[string]any{"number": m.enc("card"), "code": m.enc("code")}}}, "folderRelationships": []any{map[string]any{"key": 0, "value": 0}}}).Want(200)
	file := p.Do("POST", "/api/ciphers/"+id+"/attachment/v2", map[string]any{"key": m.enc("filekey"), "fileName": m.enc("filename"), "fileSize": 10}).Want(200).Map()["attachmentId"].(string)
	upload(p.Client, "/api/ciphers/"+id+"/attachment/"+file, make([]byte, 10)).Want(200)
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	send := map[string]any{"type": 0, "name": m.enc("sendname"), "notes": m.enc("sendnotes"), "key": m.enc("sendkey"), "text": map[string]any{"text": m.enc("sendtext"), "hidden": false},
		"deletionDate": soon, "disabled": false, "password": m.new("sendpassword")}
	p.Do("POST", "/api/sends", send).Want(200)
	send["password"], send["emails"] = nil, m.new("sendmail")+"@example.com"
	p.Do("POST", "/api/sends", send).Want(200)
	delete(send, "emails")
	send["type"], send["text"], send["file"], send["fileLength"] = 1, nil, map[string]any{"fileName": m.enc("sendfile")}, 10
	p.Do("POST", "/api/sends/file/v2", send).Want(200)

	_, pub, err := keyring.NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	code := m.new("accesscode")
	m.all = append(m.all, pub[40:90])
	asked := n.Do("POST", "/api/auth-requests", map[string]any{"email": p.Email, "publicKey": pub, "deviceIdentifier": p.Device, "accessCode": code, "type": 0}, "Device-Type", "8").Want(200).Map()["id"].(string)
	p.Do("PUT", "/api/auth-requests/"+asked, map[string]any{"requestApproved": true, "key": m.enc("answerkey"), "masterPasswordHash": m.new("answerproof"), "deviceIdentifier": p.Device}).Want(200)
	p.Do("POST", "/events/collect", []any{map[string]any{"type": 1007, "cipherId": id, "date": soon}}).Want(200)
}

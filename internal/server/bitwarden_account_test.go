package server_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

const rotatePath = servertest.RotatePath

// furnish fills a vault: items, folders, a Send, attachments.
func furnish(t *testing.T, s *bwStage, items int) {
	t.Helper()
	p := s.owner
	var ciphers, folders, relations []any
	for n := range 5 {
		folders = append(folders, map[string]any{"name": p.Enc(fmt.Sprint("folder ", n))})
	}
	for n := range items {
		ciphers = append(ciphers, p.Login(fmt.Sprint("item ", n)))
		relations = append(relations, map[string]any{"key": n, "value": n % 5})
	}
	p.Do("POST", "/api/ciphers/import", map[string]any{"folders": folders, "ciphers": ciphers, "folderRelationships": relations}).Want(200)
	s.file()
	p.Do("POST", "/api/sends", s.sendIn(0)).Want(200)
}

// TestKeyRotation: 1,000 items with folders, a Send and an attachment; what is
// missing from the request leaves everything as it was.
func TestKeyRotation(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	s := &bwStage{t: t, n: n, owner: p, caller: p}
	furnish(t, s, 1000)
	rest, _ := n.LogIn(p.Email)
	before := p.Do("GET", "/api/sync", nil).Want(200).Body

	for _, part := range []string{"ciphers", "folders", "sends"} {
		body, _ := p.Rotation()
		data := body["accountData"].(map[string]any)
		data[part] = data[part].([]any)[1:]
		p.Do("POST", rotatePath, body).Want(400)
	}
	body, _ := p.Rotation()
	body["accountData"].(map[string]any)["ciphers"].([]any)[1000].(map[string]any)["attachments2"] = map[string]any{}
	p.Do("POST", rotatePath, body).Want(400)
	body, _ = p.Rotation()
	body["oldMasterKeyAuthenticationHash"] = "wrong"
	p.Do("POST", rotatePath, body).Want(400)
	if after := p.Do("GET", "/api/sync", nil).Want(200).Body; !bytes.Equal(before, after) {
		t.Error("a refused rotation changed something")
	}

	body, to := p.Rotation()
	p.Do("POST", rotatePath, body).Want(200)
	p.Do("GET", "/api/sync", nil).Want(401)
	rest.Do("GET", "/api/v1/passwords", nil).Want(401)
	p.Account = p.Rotated(body, to)
	p.SignIn()
	after := p.Sync()
	if len(after.Ciphers) != 1001 || len(after.Folders) != 5 || len(after.Sends) != 1 || after.All["userDecryption"].(map[string]any)["userKeyId"] != to.KeyID() {
		t.Fatalf("%d items, %d folders, %d Sends", len(after.Ciphers), len(after.Folders), len(after.Sends))
	}
	for n, c := range after.Ciphers[:1000] {
		if p.Dec(c["name"]) != fmt.Sprint("item ", n) {
			t.Fatalf("item %d is %v", n, c)
		}
	}
	// A client that still encrypts under the old key is refused.
	p.Do("POST", "/api/ciphers", p.Login("x", "encryptedByKeyId", "00000000000000000000000000000000")).Want(400)
	// REST opens the new key by itself.
	again, _ := n.LogIn(p.Email)
	var items []map[string]any
	again.Do("GET", "/api/v1/passwords?limit=1000", nil).Want(200).JSON(&items)
	if len(items) != 1000 || items[7]["service"] != "item 7" {
		t.Errorf("%d items through REST", len(items))
	}
}

// TestPasswordAndKDFChange: the same key under another password; the old password,
// sessions and access tokens are dead.
func TestPasswordAndKDFChange(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	p.Add("kept")
	old := p.Account.AuthHash
	kdf := keyring.KDF{Type: keyring.PBKDF2, Iterations: 600_000}
	hash, protected, err := keyring.ChangePassword(p.Account.UserKey, p.Email, "another long password 17", kdf)
	if err != nil {
		t.Fatal(err)
	}
	wireKDF := map[string]any{"kdfType": 0, "iterations": 600_000, "memory": nil, "parallelism": nil}
	body := func(proof string) map[string]any {
		return map[string]any{"masterPasswordHash": proof, "authenticationData": map[string]any{"kdf": wireKDF, "masterPasswordAuthenticationHash": hash, "salt": p.Email},
			"unlockData": map[string]any{"kdf": wireKDF, "masterKeyWrappedUserKey": protected, "salt": p.Email}}
	}
	p.Do("POST", "/api/accounts/password", body("wrong")).Want(400)
	odd := body(old)
	odd["unlockData"].(map[string]any)["salt"] = "eve@example.com"
	p.Do("POST", "/api/accounts/password", odd).Want(400)
	stamp := p.Sync().Profile["securityStamp"]
	p.Do("POST", "/api/accounts/password", body(old)).Want(200)
	p.Do("GET", "/api/sync", nil).Want(401)
	p.As("").Do("POST", "/identity/connect/token", p.Form()).Want(400)
	p.Account.AuthHash = hash
	p.SignIn()
	s := p.Sync()
	if s.Profile["securityStamp"] == stamp || p.Dec(s.Ciphers[0]["name"]) != "kept" {
		t.Errorf("%v", s.Profile)
	}
	pre := n.Do("POST", "/identity/accounts/prelogin/password", map[string]string{"email": p.Email}).Want(200).Map()
	if pre["kdf"] != 0.0 || pre["kdfIterations"] != 600_000.0 || pre["salt"] != p.Email {
		t.Errorf("%v", pre)
	}
	// The old form of the request, one derivation below the floor.
	p.Do("POST", "/api/accounts/kdf", map[string]any{"masterPasswordHash": hash, "newMasterPasswordHash": hash, "key": protected, "kdf": 0, "kdfIterations": 100_000}).Want(400)
	p.Do("POST", "/api/accounts/kdf", map[string]any{"masterPasswordHash": hash, "newMasterPasswordHash": hash, "key": protected, "kdf": 0, "kdfIterations": 700_000}).Want(200)
}

// TestDeletedAccountLeavesNothing: no row, no file.
func TestDeletedAccountLeavesNothing(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, kind)
			n := servertest.Start(t, o)
			p := n.Join("alice@example.com")
			s := &bwStage{t: t, n: n, owner: p, caller: p}
			furnish(t, s, 10)
			x := p.Do("POST", "/api/sends/file/v2", s.sendIn(1)).Want(200).Map()["sendResponse"].(map[string]any)["id"].(string)
			upload(p.Client, "/api/sends/"+x+"/file/"+x, bytes.Repeat([]byte("y"), 100)).Want(200)
			n.LogIn(p.Email)
			if got := files(t, o.Files); got != 2 {
				t.Fatalf("%d files before", got)
			}
			p.Do("DELETE", "/api/accounts", map[string]string{"masterPasswordHash": p.Account.AuthHash}).Want(200)
			if err := n.Jobs.All(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := files(t, o.Files); got != 0 {
				t.Errorf("%d files are left", got)
			}
			for _, table := range []string{"users", "items", "folders", "attachments", "sends", "devices", "sessions", "refresh_tokens", "access_tokens", "auth_requests", "blob_deletions"} {
				if got := testdb.Cell(t, o.Store.Source, "SELECT COUNT(*) FROM "+table); got != "0" {
					t.Errorf("%s rows are left in %s", got, table)
				}
			}
			if got := testdb.Cell(t, o.Store.Source, "SELECT COUNT(*) FROM data_keys WHERE owner_id = '"+p.ID+"'"); got != "0" {
				t.Error("the data key is left")
			}
		})
	}
}

// files counts what lies in the folder of attachments.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUploads: what is longer, shorter or breaks off leaves nothing behind.
func TestUploads(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "FILE_QUOTA=4")
	n := servertest.Start(t, o)
	p := n.Join("alice@example.com")
	item := p.Add("x")["id"].(string)
	announce := func(size int) *servertest.Answer {
		return p.Do("POST", "/api/ciphers/"+item+"/attachment/v2", map[string]any{"key": p.Enc("k"), "fileName": p.Enc("n"), "fileSize": size})
	}
	for _, bad := range []int{-1, 0, 600 << 20, 5 << 20} {
		announce(bad).Want(400)
	}
	for name, c := range map[string]struct{ announced, came int }{"longer": {1000, 1000 + 2<<20}, "shorter": {2 << 20, 10}, "empty": {100, 0}} {
		id := announce(c.announced).Want(200).Map()["attachmentId"].(string)
		upload(p.Client, "/api/ciphers/"+item+"/attachment/"+id, make([]byte, c.came)).Want(400)
		if files(t, o.Files) != 0 || testdb.Cell(t, o.Store.Source, "SELECT COUNT(*) FROM attachments") != "0" {
			t.Errorf("%s: something is left", name)
		}
	}
	// The body ends in the middle of the part.
	id := announce(100_000).Want(200).Map()["attachmentId"].(string)
	p.Do("POST", "/api/ciphers/"+item+"/attachment/"+id, "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"x\"\r\n\r\nhalf of it", "Content-Type", "multipart/form-data; boundary=b").Want(400)
	if files(t, o.Files) != 0 || testdb.Cell(t, o.Store.Source, "SELECT COUNT(*) FROM attachments") != "0" {
		t.Error("a broken upload left something")
	}
	// Old clients send it in one step, and its encrypted name as the part's.
	name := p.Enc("n")
	for !strings.Contains(name, "/") {
		name = p.Enc("n")
	}
	old := p.Do("POST", "/api/ciphers/"+item+"/attachment", "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"+p.Enc("k")+
		"\r\n--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\""+name+"\"\r\n\r\nold\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b").Want(200).Map()
	kept, _ := old["attachments"].([]any)[0].(map[string]any)
	if kept["fileName"] != name {
		t.Errorf("the name that was kept is %v, want %s", kept["fileName"], name)
	}
	p.Do("DELETE", "/api/ciphers/"+item+"/attachment/"+kept["id"].(string), nil).Want(200)
	// One that is right, and its link.
	id = announce(100).Want(200).Map()["attachmentId"].(string)
	upload(p.Client, "/api/ciphers/"+item+"/attachment/"+id, bytes.Repeat([]byte("z"), 100)).Want(200)
	a := p.Do("GET", "/api/ciphers/"+item+"/attachment/"+id, nil).Want(200).Map()
	link := a["url"].(string)
	if got := n.Do("GET", link, nil).Want(200); string(got.Body) != string(bytes.Repeat([]byte("z"), 100)) || got.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%q", got.Body)
	}
	n.Do("GET", link[:len(link)-2], nil).Want(404)
	n.Do("GET", "/api/ciphers/attachment/download?token="+p.Token, nil).Want(404)
	if c := p.Do("DELETE", "/api/ciphers/"+item+"/attachment/"+id, nil).Want(200).Map()["cipher"].(map[string]any); c["attachments"] != nil || files(t, o.Files) != 0 {
		t.Errorf("%v", c)
	}
	n.Do("GET", link, nil).Want(404)
}

// TestSecondKindAccounts: what an account of the second kind of encryption has is
// kept and given back whole; half of it is refused.
func TestSecondKindAccounts(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	a, err := keyring.NewAccount("alice@example.com", servertest.Password, servertest.CheapKDF)
	if err != nil {
		t.Fatal(err)
	}
	var token string
	n.Do("POST", "/identity/accounts/register/send-verification-email", map[string]any{"email": a.Email}).Want(200).JSON(&token)
	kdf := map[string]any{"kdfType": 1, "iterations": 2, "memory": 16, "parallelism": 1}
	keys := map[string]any{"userKeyEncryptedAccountPrivateKey": a.ProtectedPrivateKey, "accountPublicKey": a.PublicKey,
		"publicKeyEncryptionKeyPair": map[string]any{"wrappedPrivateKey": a.ProtectedPrivateKey, "publicKey": a.PublicKey, "signedPublicKey": "c2lnbmVk"},
		"signatureKeyPair":           map[string]any{"wrappedSigningKey": "7.c2lnbmluZw==", "verifyingKey": "dmVyaWZ5"},
		"securityState":              map[string]any{"securityState": "c3RhdGU=", "securityVersion": 2}}
	body := map[string]any{"email": a.Email, "emailVerificationToken": token, "accountKeys": keys,
		"masterPasswordAuthentication": map[string]any{"kdf": kdf, "masterPasswordAuthenticationHash": a.AuthHash, "salt": a.Salt},
		"masterPasswordUnlock":         map[string]any{"kdf": kdf, "masterKeyWrappedUserKey": a.ProtectedKey, "salt": a.Salt}}
	state := keys["securityState"]
	delete(keys, "securityState")
	n.Do("POST", "/identity/accounts/register/finish", body).Want(400)
	keys["securityState"] = state
	n.Do("POST", "/identity/accounts/register/finish", body).Want(200)
	p := &servertest.Person{Client: n.Client, Email: a.Email, Device: "device", Account: a}
	m := p.Do("POST", "/identity/connect/token", p.Form()).Want(200).Map()
	p.SignIn()
	for _, got := range []map[string]any{m["AccountKeys"].(map[string]any), p.Sync().Profile["accountKeys"].(map[string]any)} {
		pair, sign, sec := got["publicKeyEncryptionKeyPair"].(map[string]any), got["signatureKeyPair"].(map[string]any), got["securityState"].(map[string]any)
		if pair["signedPublicKey"] != "c2lnbmVk" || sign["wrappedSigningKey"] != "7.c2lnbmluZw==" || sign["verifyingKey"] != "dmVyaWZ5" || sec["securityState"] != "c3RhdGU=" || sec["securityVersion"] != 2.0 {
			t.Errorf("%v", got)
		}
	}
}

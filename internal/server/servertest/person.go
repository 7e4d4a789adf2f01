package servertest

import (
	"encoding/json"
	"net/url"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Person is somebody with an official client: an account whose keys only the
// client has, and a session of the Bitwarden door.
type Person struct {
	Client
	Email, Device, Refresh string
	Account                keyring.Account
	ID                     string
}

// CheapKDF is the quickest derivation that an account may have.
var CheapKDF = keyring.KDF{Type: keyring.Argon2id, Iterations: 2, MemoryMiB: 16, Parallelism: 1}

// Join makes an account as a client does, and signs in.
func (c Client) Join(email string) *Person {
	c.t.Helper()
	a, err := keyring.NewAccount(email, Password, CheapKDF)
	if err != nil {
		c.t.Fatal(err)
	}
	p := &Person{Client: c, Email: email, Device: vault.NewID[string](), Account: a}
	var token string
	path := "/identity/accounts/register/finish"
	if start := c.Do("POST", "/identity/accounts/register/send-verification-email", map[string]any{"email": email, "name": "Test"}).Want(200, 204); start.Status == 200 {
		start.JSON(&token)
	} else { // the token went by mail; older clients need none
		path = "/identity/accounts/register"
	}
	kdf := map[string]any{"kdfType": a.KDF.Type, "iterations": a.KDF.Iterations, "memory": a.KDF.MemoryMiB, "parallelism": a.KDF.Parallelism}
	c.Do("POST", path, map[string]any{"email": email, "emailVerificationToken": token, "masterPasswordHint": "a hint",
		"masterPasswordAuthentication": map[string]any{"kdf": kdf, "masterPasswordAuthenticationHash": a.AuthHash, "salt": a.Salt},
		"masterPasswordUnlock":         map[string]any{"kdf": kdf, "masterKeyWrappedUserKey": a.ProtectedKey, "salt": a.Salt},
		"userAsymmetricKeys":           map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}}).Want(200)
	p.SignIn()
	return p
}

// Again makes an account of another name with the same keys, which cost nothing anew.
func (p *Person) Again(email string) *Person {
	p.t.Helper()
	q := &Person{Client: p.As(""), Email: email, Device: vault.NewID[string](), Account: p.Account}
	a := p.Account
	kdf := map[string]any{"kdfType": a.KDF.Type, "iterations": a.KDF.Iterations, "memory": a.KDF.MemoryMiB, "parallelism": a.KDF.Parallelism}
	q.Do("POST", "/identity/accounts/register", map[string]any{"email": email,
		"masterPasswordAuthentication": map[string]any{"kdf": kdf, "masterPasswordAuthenticationHash": a.AuthHash, "salt": email},
		"masterPasswordUnlock":         map[string]any{"kdf": kdf, "masterKeyWrappedUserKey": a.ProtectedKey, "salt": email},
		"userAsymmetricKeys":           map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}}).Want(200)
	q.SignIn()
	return q
}

// On is the same person at another server or on another device.
func (p *Person) On(c Client, device string) *Person {
	q := *p
	q.Client, q.Device = c, device
	return &q
}

// Form is what the person's client sends to sign in; more are pairs.
func (p *Person) Form(more ...string) url.Values {
	f := url.Values{"grant_type": {"password"}, "username": {p.Email}, "password": {p.Account.AuthHash}, "scope": {"api offline_access"}, "client_id": {"cli"},
		"deviceType": {"25"}, "deviceIdentifier": {p.Device}, "deviceName": {"linux"}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// SignIn opens a session.
func (p *Person) SignIn() {
	p.t.Helper()
	m := p.As("").Do("POST", "/identity/connect/token", p.Form()).Want(200).Map()
	p.Token, p.Refresh = m["access_token"].(string), m["refresh_token"].(string)
	p.ID = p.Do("GET", "/api/accounts/profile", nil).Want(200).Map()["id"].(string)
}

// Web signs an account that the REST door made in as the web vault does: the
// session carries no half of a key.
func (c Client) Web(name string) Client {
	c.t.Helper()
	var pre struct {
		KDF  struct{ KDFType, Iterations, Memory, Parallelism int } `json:"kdfSettings"`
		Salt string                                                 `json:"salt"`
	}
	c.Do("POST", "/identity/accounts/prelogin/password", map[string]string{"email": name}).Want(200).JSON(&pre)
	master, err := keyring.KDF{Type: keyring.KDFType(pre.KDF.KDFType), Iterations: pre.KDF.Iterations, MemoryMiB: pre.KDF.Memory, Parallelism: pre.KDF.Parallelism}.MasterKey(Password, pre.Salt)
	if err != nil {
		c.t.Fatal(err)
	}
	m := c.Do("POST", "/identity/connect/token", url.Values{"grant_type": {"password"}, "username": {name}, "password": {master.AuthHash(Password)}, "scope": {"api offline_access"},
		"client_id": {"web"}, "deviceType": {"9"}, "deviceIdentifier": {vault.NewID[string]()}, "deviceName": {"chrome"}}).Want(200).Map()
	return c.As(m["access_token"].(string))
}

// Enc encrypts under the person's user key.
func (p *Person) Enc(s string) string { return p.Account.UserKey.EncryptString(s) }

// Dec decrypts what Enc, or another client, encrypted.
func (p *Person) Dec(v any) string {
	p.t.Helper()
	s, _ := v.(string)
	b, err := p.Account.UserKey.Decrypt(s)
	if err != nil {
		p.t.Fatalf("%v: %.60s", err, s)
	}
	return string(b)
}

// Login is a login item as a client sends it; more are members to set.
func (p *Person) Login(name string, more ...any) map[string]any {
	m := map[string]any{"type": 1, "name": p.Enc(name), "notes": nil, "favorite": false, "reprompt": 0, "folderId": nil, "organizationId": nil, "fields": nil,
		"passwordHistory": nil, "lastKnownRevisionDate": nil, "encryptedFor": p.ID,
		"login": map[string]any{"username": p.Enc("user of " + name), "password": p.Enc("password of " + name), "totp": nil, "response": nil,
			"uris": []any{map[string]any{"uri": p.Enc("https://" + name), "match": nil, "uriChecksum": p.Enc(keyring.URIChecksum("https://" + name))}}}}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}

// Add saves a login item and returns the answer.
func (p *Person) Add(name string, more ...any) map[string]any {
	p.t.Helper()
	return p.Do("POST", "/api/ciphers", p.Login(name, more...)).Want(200).Map()
}

// Sync is the whole vault.
func (p *Person) Sync() (s Synced) {
	p.t.Helper()
	a := p.Do("GET", "/api/sync?excludeDomains=true", nil).Want(200).JSON(&s)
	if err := json.Unmarshal(a.Body, &s.All); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// Synced is what a sync answers, as far as tests look.
type Synced struct {
	Profile map[string]any   `json:"profile"`
	Ciphers []map[string]any `json:"ciphers"`
	Folders []map[string]any `json:"folders"`
	Sends   []map[string]any `json:"sends"`
	All     map[string]any   `json:"-"`
}

package server_test

import (
	"net/url"
	"slices"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// securityKey sets one up through the Bitwarden door.
func securityKey(t *testing.T, p *servertest.Person, k *servertest.Key, name string) map[string]any {
	t.Helper()
	ticket := p.Do("POST", "/api/two-factor/get-webauthn", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()["userVerificationToken"]
	options := p.Do("POST", "/api/two-factor/get-webauthn-challenge", body("userVerificationToken", ticket)).Want(200).Map()
	if options["options"].(map[string]any)["challenge"] != options["challenge"] {
		t.Errorf("two challenges in %v", options)
	}
	made := k.Create(options)
	k.Origin = "https://evil.example"
	p.Do("PUT", "/api/two-factor/webauthn", body("id", 1, "name", name, "deviceResponse", k.Create(options), "userVerificationToken", ticket)).Want(400)
	k.Origin = vaultOrigin
	added := p.Do("PUT", "/api/two-factor/webauthn", body("id", 1, "name", name, "deviceResponse", made, "userVerificationToken", ticket)).Want(200).Map()
	p.Do("PUT", "/api/two-factor/webauthn", body("id", 1, "name", name, "deviceResponse", made, "userVerificationToken", ticket)).Want(400) // used up
	return added["webAuthn"].(map[string]any)
}

// TestSecurityKey: a WebAuthn key is set up, asked for, and counts once each; one
// for another origin, of another person, or copied, does not.
func TestSecurityKey(t *testing.T) {
	for _, official := range []bool{false, true} {
		n, _, _ := factorNode(t)
		p := n.Join("alice@example.com")
		k := servertest.NewKey(t, vaultOrigin)
		k.Official, k.Verifies = official, false
		if list := securityKey(t, p, k, "blue")["keys"].([]any); len(list) != 1 || list[0].(map[string]any)["name"] != "blue" {
			t.Fatalf("%v", list)
		}
		options := func() any {
			return signIn(p).want(t, 400, "")["TwoFactorProviders2"].(map[string]any)["7"]
		}
		with := func(answer string) challenged {
			return signIn(p, "twoFactorProvider", "7", "twoFactorToken", answer)
		}
		answer := k.Text(k.Get(options(), false))
		with(answer).want(t, 200, "")
		with(answer).want(t, 400, wrongToken)
		k.Origin = "https://vault.example.com.evil.example"
		with(k.Text(k.Get(options(), false))).want(t, 400, wrongToken)
		k.Origin = vaultOrigin
		k.Counter -= 2
		with(k.Text(k.Get(options(), false))).want(t, 400, wrongToken) // its counter went back: there are two of it
		k.Counter += 10
		made := map[string]any{"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "rpId": "vault.example.com"}
		with(k.Text(k.Get(made, false))).want(t, 400, wrongToken) // a challenge of its own making
		bob := n.Join("bob@example.com")
		theirs := servertest.NewKey(t, vaultOrigin)
		securityKey(t, bob, theirs, "red")
		with(theirs.Text(theirs.Get(options(), false))).want(t, 400, wrongToken)
		bobs := signIn(bob).want(t, 400, "")["TwoFactorProviders2"].(map[string]any)["7"]
		with(k.Text(k.Get(bobs, false))).want(t, 400, wrongToken) // a challenge of another's
		with(k.Text(k.Get(options(), false))).want(t, 200, "")

		second := servertest.NewKey(t, vaultOrigin)
		securityKey(t, p, second, "spare")
		left := p.Do("DELETE", "/api/two-factor/webauthn", body("id", 1, "masterPasswordHash", p.Account.AuthHash)).Want(200).Map()["keys"].([]any)
		if len(left) != 1 || left[0].(map[string]any)["name"] != "spare" {
			t.Errorf("%v", left)
		}
		with(k.Text(k.Get(options(), false))).want(t, 400, wrongToken)
		with(second.Text(second.Get(options(), false))).want(t, 200, "")
		p.Do("DELETE", "/api/two-factor/webauthn/all", body("masterPasswordHash", p.Account.AuthHash)).Want(200)
		signIn(p).want(t, 200, "")
	}
}

// addPasskey sets one up that opens the vault, and returns its id.
func addPasskey(t *testing.T, p *servertest.Person, k *servertest.Key) string {
	t.Helper()
	p.Do("POST", "/api/webauthn/attestation-options", body("masterPasswordHash", "wrong")).Want(400)
	begun := p.Do("POST", "/api/webauthn/attestation-options", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()
	sel := begun["options"].(map[string]any)["authenticatorSelection"].(map[string]any)
	if sel["residentKey"] != "required" || sel["userVerification"] != "required" {
		t.Errorf("%v", sel)
	}
	made := p.Do("POST", "/api/webauthn", body("name", "phone", "token", begun["token"], "deviceResponse", k.Create(begun["options"]), "supportsPrf", true,
		"encryptedUserKey", p.Enc("user"), "encryptedPublicKey", p.Enc("public"), "encryptedPrivateKey", p.Enc("private"))).Want(200).Map()
	if made["prfStatus"] != 0.0 {
		t.Errorf("%v", made)
	}
	return made["id"].(string)
}

// TestPasskey: a passkey signs in by itself, once for each challenge, with the keys
// that open the vault; it counts as both factors and needs its person.
func TestPasskey(t *testing.T) {
	n, clock, _ := factorNode(t)
	p := n.Join("alice@example.com")
	k := servertest.NewKey(t, vaultOrigin)
	id := addPasskey(t, p, k)
	authenticator(t, p, clock) // which the passkey makes unneeded
	form := func(answer string) url.Values {
		return url.Values{"grant_type": {"webauthn"}, "token": {"x"}, "deviceResponse": {answer}, "scope": {"api offline_access"}, "client_id": {"web"}, "deviceType": {"9"},
			"deviceIdentifier": {vault.NewID[string]()}, "deviceName": {"chrome"}}
	}
	ask := func() any {
		return n.Do("GET", "/identity/accounts/webauthn/assertion-options", nil).Want(200).Map()["options"]
	}
	signIn := func(answer string, status int) map[string]any {
		t.Helper()
		return n.Do("POST", "/identity/connect/token", form(answer)).Want(status).Map()
	}
	answer := k.Text(k.Get(ask(), true))
	m := signIn(answer, 200)
	prf := m["UserDecryptionOptions"].(map[string]any)["WebAuthnPrfOption"].(map[string]any)
	if p.Dec(prf["EncryptedUserKey"]) != "user" || p.Dec(prf["EncryptedPrivateKey"]) != "private" || prf["CredentialId"] == "" {
		t.Errorf("%v", prf)
	}
	signIn(answer, 400)
	signIn(k.Text(k.Get(ask(), false)), 400) // it does not say whose it is
	k.Verifies = false
	signIn(k.Text(k.Get(ask(), true)), 400) // its person was not there
	k.Verifies = true
	k.Handle = make([]byte, 16)
	signIn(k.Text(k.Get(ask(), true)), 400)
	in := n.As(m["access_token"].(string))
	if list := in.Do("GET", "/api/webauthn", nil).Want(200).Map()["data"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != id {
		t.Errorf("%v", list)
	}
	p.Client = in
	if all := p.Sync().All["userDecryption"].(map[string]any)["webAuthnPrfOptions"].([]any); len(all) != 1 {
		t.Errorf("%v", all)
	}
	data := p.Do("GET", "/api/accounts/key-management/key-rotation-data", nil).Want(200).Map()["passkeyKeyData"].([]any)
	if len(data) != 1 || data[0].(map[string]any)["id"] != id {
		t.Errorf("%v", data)
	}

	asked := p.Do("POST", "/api/webauthn/assertion-options", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()
	p.Do("PUT", "/api/webauthn", body("token", asked["token"], "deviceResponse", k.Get(asked["options"], false),
		"encryptedUserKey", p.Enc("user 2"), "encryptedPublicKey", p.Enc("public 2"), "encryptedPrivateKey", p.Enc("private 2"))).Want(200)
	all := p.Sync().All["userDecryption"].(map[string]any)["webAuthnPrfOptions"].([]any)
	if p.Dec(all[0].(map[string]any)["encryptedUserKey"]) != "user 2" {
		t.Errorf("%v", all)
	}
	bob := n.Join("bob@example.com")
	bob.Do("POST", "/api/webauthn/"+id+"/delete", body("masterPasswordHash", bob.Account.AuthHash)).Want(404)
	p.Do("POST", "/api/webauthn/"+id+"/delete", body("masterPasswordHash", p.Account.AuthHash)).Want(200)
	k.Handle = nil
	signIn(k.Text(k.Get(ask(), true)), 400)
}

// TestRESTKeys: the same through /api/v1, where the web vault manages factors.
func TestRESTKeys(t *testing.T) {
	n, _, _ := factorNode(t)
	c := n.User("alice@example.com")
	k := servertest.NewKey(t, vaultOrigin)
	options := c.Do("POST", "/api/v1/users/me/factors/key", body("kind", "webauthn")).Want(200).Map()["options"]
	made := k.Create(options)
	n.User("bob@example.com").Do("POST", "/api/v1/users/me/factors/key/confirm", body("kind", "webauthn", "name", "blue", "credential", made)).Want(422)
	c.Do("POST", "/api/v1/users/me/factors/key/confirm", body("kind", "passkey", "name", "blue", "credential", made)).Want(422)
	c.Do("POST", "/api/v1/users/me/factors/key/confirm", body("kind", "webauthn", "name", "blue", "credential", made)).Want(201)
	form := url.Values{"username": {"alice@example.com"}, "password": {servertest.Password}}
	ps := n.Do("POST", "/api/v1/token", form).Want(401).Map()["providers"].([]any)
	n2 := slices.IndexFunc(ps, func(p any) bool { return p.(map[string]any)["provider"] == "webauthn" })
	form.Set("otp", k.Text(k.Get(ps[n2].(map[string]any)["options"], false)))
	n.Do("POST", "/api/v1/token", form).Want(200)
	n.Do("POST", "/api/v1/token", form).Want(401)
}

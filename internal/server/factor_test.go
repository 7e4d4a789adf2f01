package server_test

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strongroom/internal/mail"
	"strongroom/internal/mail/mailtest"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

const vaultOrigin = "https://vault.example.com"

// factorNode has a clock that the test moves, mail, and an address with a name.
func factorNode(t *testing.T) (*servertest.Node, *moving, *mailtest.Post) {
	t.Helper()
	var clock moving
	post := mailtest.Start(t, func(p *mailtest.Post) { p.Letters = make(chan string, 100) })
	o := servertest.Options(t)
	clock.of(&o)
	const step = 30 * time.Second
	clock.pass(step - clock.now().Sub(clock.now().Truncate(step))) // a code that was used is still that of now a moment later
	o.URL = vaultOrigin
	o.Mail = mail.Settings{From: "vault@example.com", Host: "localhost", Port: post.Port, Roots: post.Roots, Log: o.Log}
	return servertest.Start(t, o), &clock, post
}

// letterOf waits for a letter with such a subject and returns the subject's end.
func letterOf(t *testing.T, post *mailtest.Post, subject string) string {
	t.Helper()
	for {
		if _, s, _ := letter(t, post); strings.HasPrefix(s, subject) {
			return s[len(subject):]
		}
	}
}

const codeSubject = "Your code: "

func codeAt(t *testing.T, seed string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(seed, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// authenticator sets one up through the Bitwarden door and returns its seed.
func authenticator(t *testing.T, p *servertest.Person, clock *moving) string {
	t.Helper()
	got := p.Do("POST", "/api/two-factor/get-authenticator", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()
	seed := got["key"].(string)
	if nested := got["authenticator"].(map[string]any); nested["key"] != seed || nested["enabled"] != false {
		t.Errorf("nested %v beside %v", nested, got)
	}
	ticket := got["userVerificationToken"]
	p.Do("PUT", "/api/two-factor/authenticator", body("key", seed, "token", "000000", "userVerificationToken", ticket)).Want(400)
	p.Do("PUT", "/api/two-factor/authenticator", body("key", seed[:30]+"77", "token", codeAt(t, seed, clock.now()), "userVerificationToken", ticket)).Want(400)
	p.Do("PUT", "/api/two-factor/authenticator", body("key", seed, "token", codeAt(t, seed, clock.now()), "userVerificationToken", ticket)).Want(200)
	return seed
}

func (p challenged) want(t *testing.T, status int, message string) map[string]any {
	t.Helper()
	m := p.a.Want(status).Map()
	if model, _ := m["ErrorModel"].(map[string]any); message != "" && model["Message"] != message {
		t.Errorf("%v, want %q", m, message)
	}
	return m
}

type challenged struct{ a *servertest.Answer }

func signIn(p *servertest.Person, more ...string) challenged {
	return challenged{p.As("").Do("POST", "/identity/connect/token", p.Form(more...))}
}

const wrongToken = "Two-step token is invalid. Try again."

// TestAuthenticator: at the Bitwarden door a code is asked for, counts once, and
// neither an old nor a wrong one does.
func TestAuthenticator(t *testing.T) {
	n, clock, _ := factorNode(t)
	p := n.Join("alice@example.com")
	other := p.On(p.Client, vault.NewID[string]())
	other.SignIn()
	seed := authenticator(t, p, clock)
	p.Do("GET", "/api/accounts/revision-date", nil).Want(200) // the session that changed it lives on
	other.Do("GET", "/api/accounts/revision-date", nil).Want(401)
	if on := p.Sync().Profile["twoFactorEnabled"]; on != true {
		t.Errorf("twoFactorEnabled %v", on)
	}
	m := signIn(p).want(t, 400, "")
	if m["error"] != "invalid_grant" || !slices.Equal(m["TwoFactorProviders"].([]any), []any{"0"}) {
		t.Errorf("%v", m)
	}
	if v, ok := m["TwoFactorProviders2"].(map[string]any)["0"]; !ok || v != nil {
		t.Errorf("%v", m)
	}
	with := func(code string) challenged {
		return signIn(p, "twoFactorProvider", "0", "twoFactorToken", code, "twoFactorRemember", "0")
	}
	with(codeAt(t, seed, clock.now())).want(t, 400, wrongToken) // used up when it was set up
	clock.pass(90 * time.Second)
	for _, wrong := range []string{"000000", "", "12345", codeAt(t, seed, clock.now().Add(-2*time.Minute)), codeAt(t, seed, clock.now().Add(2*time.Minute))} {
		if wrong != "" {
			with(wrong).want(t, 400, wrongToken)
		}
	}
	code := codeAt(t, seed, clock.now())
	with(code).want(t, 200, "")
	with(code).want(t, 400, wrongToken)
	with(codeAt(t, seed, clock.now().Add(-30*time.Second))).want(t, 400, wrongToken)
	wrongPassword := p.Form("twoFactorProvider", "0", "twoFactorToken", codeAt(t, seed, clock.now().Add(30*time.Second)))
	wrongPassword.Set("password", "wrong")
	challenged{p.As("").Do("POST", "/identity/connect/token", wrongPassword)}.want(t, 400, "Username or password is incorrect. Try again.")
	p.Do("PUT", "/api/two-factor/disable", body("type", 0, "masterPasswordHash", "wrong")).Want(400)
	p.Do("PUT", "/api/two-factor/disable", body("type", 0, "masterPasswordHash", p.Account.AuthHash)).Want(200)
	signIn(p).want(t, 200, "")
}

// TestCodeCountsOnce: of many that come with the same code at once, one gets in.
func TestCodeCountsOnce(t *testing.T) {
	n, clock, _ := factorNode(t)
	p := n.Join("alice@example.com")
	seed := authenticator(t, p, clock)
	clock.pass(time.Minute)
	code := codeAt(t, seed, clock.now())
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 8 {
		wg.Go(func() {
			if signIn(p, "twoFactorProvider", "0", "twoFactorToken", code).a.Status == 200 {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("one code let %d in", in)
	}
}

// TestRecoveryCode: it works once, and what it stands in for is gone.
func TestRecoveryCode(t *testing.T) {
	n, clock, post := factorNode(t)
	p := n.Join("alice@example.com")
	authenticator(t, p, clock)
	letterOf(t, post, "A second factor was added")
	code := p.Do("POST", "/api/two-factor/get-recover", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()["code"].(string)
	with := func(code string) challenged { return signIn(p, "twoFactorProvider", "8", "twoFactorToken", code) }
	with(strings.Repeat("a", 32)).want(t, 400, wrongToken)
	m := with(strings.ToUpper(code[:8])+" "+code[8:]+" ").want(t, 200, "")
	letterOf(t, post, "A second factor was removed")
	p.Do("GET", "/api/accounts/revision-date", nil).Want(401)
	p.Token = m["access_token"].(string)
	if list := p.Do("GET", "/api/two-factor", nil).Want(200).Map()["data"].([]any); len(list) != 0 {
		t.Errorf("still there: %v", list)
	}
	signIn(p).want(t, 200, "")
	authenticator(t, p, clock)
	with(code).want(t, 400, wrongToken)
}

// TestMailedCode: a code by mail is set up, asked for with a ticket or a password,
// counts once, and bears five wrong tries.
func TestMailedCode(t *testing.T) {
	n, clock, post := factorNode(t)
	p := n.Join("alice@example.com")
	mailed := func() string {
		t.Helper()
		return letterOf(t, post, codeSubject)
	}
	got := p.Do("POST", "/api/two-factor/get-email", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()
	ticket := got["userVerificationToken"]
	p.Do("POST", "/api/two-factor/send-email", body("email", "codes@example.com", "userVerificationToken", ticket)).Want(200)
	code := mailed()
	p.Do("PUT", "/api/two-factor/email", body("email", "else@example.com", "token", code, "userVerificationToken", ticket)).Want(400)
	clock.pass(time.Minute)
	p.Do("POST", "/api/two-factor/send-email", body("email", "codes@example.com", "userVerificationToken", ticket)).Want(200)
	p.Do("PUT", "/api/two-factor/email", body("email", "codes@example.com", "token", mailed(), "userVerificationToken", ticket)).Want(200)
	m := signIn(p).want(t, 400, "")
	offer := m["TwoFactorProviders2"].(map[string]any)["1"].(map[string]any)
	if offer["Email"] != "co***@example.com" || m["Email"] != "alice@example.com" {
		t.Errorf("%v", m)
	}
	with := func(code string) challenged { return signIn(p, "twoFactorProvider", "1", "twoFactorToken", code) }
	with("123456").want(t, 400, wrongToken) // none was sent
	send := func(body map[string]any) *servertest.Answer {
		return n.Do("POST", "/api/two-factor/send-email-login", body)
	}
	send(body("email", p.Email, "masterPasswordHash", "wrong")).Want(400)
	send(body("email", "bob@example.com", "ssoEmail2FaSessionToken", m["SsoEmail2faSessionToken"])).Want(400)
	send(body("email", p.Email, "ssoEmail2FaSessionToken", m["SsoEmail2faSessionToken"])).Want(200)
	code = mailed()
	send(body("email", p.Email, "ssoEmail2FaSessionToken", m["SsoEmail2faSessionToken"])).Want(200) // no second letter so soon
	with(code).want(t, 200, "")
	with(code).want(t, 400, wrongToken)
	clock.pass(time.Minute)
	send(body("email", p.Email, "masterPasswordHash", p.Account.AuthHash)).Want(200)
	code = mailed()
	for range vault.CodeTries {
		with("000000").want(t, 400, wrongToken)
	}
	with(code).want(t, 400, wrongToken)
	clock.pass(time.Minute)
	send(body("email", p.Email, "masterPasswordHash", p.Account.AuthHash)).Want(200)
	code = mailed()
	clock.pass(vault.CodeLife)
	with(code).want(t, 400, wrongToken)
}

// TestRemember: a remembered device is not asked again until it is forgotten, and
// its token is no other device's.
func TestRemember(t *testing.T) {
	n, clock, _ := factorNode(t)
	p := n.Join("alice@example.com")
	seed := authenticator(t, p, clock)
	clock.pass(time.Minute)
	m := signIn(p, "twoFactorProvider", "0", "twoFactorToken", codeAt(t, seed, clock.now()), "twoFactorRemember", "1").want(t, 200, "")
	tok, _ := m["TwoFactorToken"].(string)
	p.Token = m["access_token"].(string)
	again := func(p *servertest.Person) challenged {
		return signIn(p, "twoFactorProvider", "5", "twoFactorToken", tok)
	}
	again(p).want(t, 200, "")
	if m := again(p.On(p.Client, vault.NewID[string]())).want(t, 400, ""); m["TwoFactorProviders2"] == nil {
		t.Errorf("another device: %v", m)
	}
	bob := n.Join("bob@example.com")
	authenticator(t, bob, clock)
	again(bob.On(bob.Client, p.Device)).want(t, 400, "")
	var list []map[string]any
	p.Do("GET", "/api/v1/users/me/remembered-devices", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["name"] != "linux" {
		t.Fatalf("%v", list)
	}
	p.Do("DELETE", "/api/v1/users/me/remembered-devices/"+list[0]["id"].(string), nil).Want(200)
	again(p).want(t, 400, "")
	clock.pass(time.Minute)
	tok = signIn(p, "twoFactorProvider", "0", "twoFactorToken", codeAt(t, seed, clock.now()), "twoFactorRemember", "1").want(t, 200, "")["TwoFactorToken"].(string)
	again(p).want(t, 200, "")
	clock.pass(vault.RememberLife)
	again(p).want(t, 400, "")
}

// TestRESTSecondFactor: POST /token without and with otp, and the whole life of a
// factor through /users/me/factors.
func TestRESTSecondFactor(t *testing.T) {
	n, clock, post := factorNode(t)
	c := n.User("alice@example.com")
	token := func(more ...string) *servertest.Answer {
		f := url.Values{"username": {"alice@example.com"}, "password": {servertest.Password}}
		for i := 0; i+1 < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return n.Do("POST", "/api/v1/token", f)
	}
	begun := c.Do("POST", "/api/v1/users/me/factors/authenticator", nil).Want(200).Map()
	seed := begun["secret"].(string)
	if uri := begun["uri"].(string); !strings.HasPrefix(uri, "otpauth://totp/Strongroom:alice@example.com?") || !strings.Contains(uri, "secret="+seed) {
		t.Errorf("%s", uri)
	}
	confirm := body("secret", seed, "code", codeAt(t, seed, clock.now()), "ticket", begun["ticket"])
	bob := n.User("bob@example.com")
	bob.Do("POST", "/api/v1/users/me/factors/authenticator/confirm", confirm).Want(422)
	id := c.Do("POST", "/api/v1/users/me/factors/authenticator/confirm", confirm).Want(201).Map()["id"].(string)
	list := c.Do("GET", "/api/v1/users/me/factors", nil).Want(200).Map()
	if list["enrolled"] != true || list["required"] != false || len(list["factors"].([]any)) != 1 {
		t.Errorf("%v", list)
	}
	recovery := c.Do("POST", "/api/v1/users/me/factors/recovery-code", nil).Want(200).Map()["code"].(string)

	m := token().Want(401).Map()
	if m["code"] != "second-factor-required" || m["error"] != "second_factor_required" || m["providers"].([]any)[0].(map[string]any)["provider"] != "authenticator" {
		t.Errorf("%v", m)
	}
	clock.pass(time.Minute)
	code := codeAt(t, seed, clock.now())
	if m := token("otp", "000000").Want(401).Map(); m["code"] != "second-factor-wrong" {
		t.Errorf("%v", m)
	}
	token("otp", code, "otp_provider", "magic").Want(422)
	m = token("otp", code, "remember", "true").Want(200).Map()
	token("otp", code).Want(401)
	token("otp", m["remember_token"].(string), "otp_provider", "remembered").Want(200)
	in := n.As(m["access_token"].(string))
	in.Do("GET", "/api/v1/passwords", nil).Want(200)
	clock.pass(vault.ProofLife)
	in.Do("DELETE", "/api/v1/users/me/factors/"+id, nil).Want(403)
	in.Do("POST", "/api/v1/step-up", body("otp", "000000")).Want(422)
	in.Do("POST", "/api/v1/step-up", body("otp", recovery)).Want(422) // no step-up is worth it
	in.Do("POST", "/api/v1/step-up", body("otp", codeAt(t, seed, clock.now()))).Want(200)

	begun = in.Do("POST", "/api/v1/users/me/factors/email", body("email", "alice@example.com")).Want(200).Map()
	code = letterOf(t, post, codeSubject)
	in.Do("POST", "/api/v1/users/me/factors/email/confirm", body("email", "alice@example.com", "code", code, "ticket", begun["ticket"])).Want(201)
	if m := token("otp_provider", "email").Want(401).Map(); len(m["providers"].([]any)) != 2 {
		t.Errorf("%v", m)
	}
	token("otp", letterOf(t, post, codeSubject), "otp_provider", "email").Want(200)
	bob.Do("POST", "/api/v1/step-up", body("password", servertest.Password)).Want(200)
	bob.Do("DELETE", "/api/v1/users/me/factors/"+id, nil).Want(404)
	in.Do("DELETE", "/api/v1/users/me/factors/"+id, nil).Want(200)
	in.Do("GET", "/api/v1/passwords", nil).Want(200)
	token("otp", recovery).Want(200)
	token().Want(200)
}

// TestSecondFactorRequired: where the policy asks for it, an account without a
// second factor can set one up, sign out, and nothing else.
func TestSecondFactorRequired(t *testing.T) {
	var clock moving
	o := servertest.Options(t)
	clock.of(&o)
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "OUTBOUND=off", "SECOND_FACTOR=required")
	n := servertest.Start(t, o)
	c := n.User("alice")
	for route := range permissions {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasPrefix(path, "/users/me/factors") || strings.HasPrefix(path, "/users/me/remembered") || path == "/step-up" || path == "/logout" || permissions[route].cells[anonymous] == 200 {
			continue
		}
		if m := c.Do(method, "/api/v1"+strings.NewReplacer("{id}", vault.NewID[string](), "{n}", "1").Replace(path), permissions[route].body).Want(403).Map(); m["code"] != "second-factor-missing" {
			t.Errorf("%s: %v", route, m)
		}
	}
	if list := c.Do("GET", "/api/v1/users/me/factors", nil).Want(200).Map(); list["required"] != true || list["enrolled"] != false {
		t.Errorf("%v", list)
	}
	p := n.Web("alice")
	if m := p.Do("GET", "/api/sync", nil).Want(400).Map(); !strings.Contains(m["message"].(string), "second factor") {
		t.Errorf("%v", m)
	}
	begun := c.Do("POST", "/api/v1/users/me/factors/authenticator", nil).Want(200).Map()
	seed := begun["secret"].(string)
	c.Do("POST", "/api/v1/users/me/factors/authenticator/confirm", body("secret", seed, "code", codeAt(t, seed, clock.now()), "ticket", begun["ticket"])).Want(201)
	c.Do("GET", "/api/v1/passwords", nil).Want(200)
}

// plantFactors sets up every kind of factor that needs no other server, with
// markers in what is named.
func plantFactors(t *testing.T, n *servertest.Node, m *markers) {
	t.Helper()
	var clock moving
	p := n.Join(strings.ToLower(m.new("factors")) + "@example.com")
	seed := authenticator(t, p, &clock)
	code := p.Do("POST", "/api/two-factor/get-recover", body("masterPasswordHash", p.Account.AuthHash)).Want(200).Map()["code"].(string)
	k := servertest.NewKey(t, vaultOrigin)
	securityKey(t, p, k, m.new("keyname"))
	addPasskey(t, p, servertest.NewKey(t, vaultOrigin))
	options := signIn(p).want(t, 400, "")["TwoFactorProviders2"].(map[string]any)["7"]
	in := signIn(p, "twoFactorProvider", "7", "twoFactorToken", k.Text(k.Get(options, false)), "twoFactorRemember", "1", "deviceName", m.new("factordevice")).want(t, 200, "")
	m.all = append(m.all, seed, code, in["TwoFactorToken"].(string)[4:], base64.RawURLEncoding.EncodeToString(k.ID))
}

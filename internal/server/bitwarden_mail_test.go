package server_test

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/mail"
	"strongroom/internal/mail/mailtest"
	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// letter waits for one and returns its address, subject and text.
func letter(t *testing.T, p *mailtest.Post) (to, subject, text string) {
	t.Helper()
	select {
	case raw := <-p.Letters:
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
		part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		return m.Header.Get("To"), subject, string(b)
	case <-time.After(10 * time.Second):
		t.Fatal("no letter came")
	}
	return "", "", ""
}

func mailNode(t *testing.T, change ...func(*server.Options)) (*servertest.Node, *mailtest.Post) {
	t.Helper()
	p := mailtest.Start(t, nil)
	o := servertest.Options(t)
	o.URL = "https://vault.example.com"
	o.Mail = mail.Settings{From: "vault@example.com", Host: "localhost", Port: p.Port, Roots: p.Roots, Log: o.Log}
	for _, c := range change {
		c(&o)
	}
	return servertest.Start(t, o), p
}

// query reads the values after the last question mark of a link in a letter.
func query(t *testing.T, text string) url.Values {
	t.Helper()
	link := regexp.MustCompile(`https://vault\.example\.com\S+`).FindString(text)
	q, err := url.ParseQuery(link[strings.LastIndex(link, "?")+1:])
	if err != nil || link == "" {
		t.Fatalf("%v in %q", err, text)
	}
	return q
}

// TestSignUpByMail: the token comes by letter only, for one address only, and a
// taken address gets the same answer and no letter.
func TestSignUpByMail(t *testing.T) {
	n, post := mailNode(t)
	start := func(email string) {
		n.Do("POST", "/identity/accounts/register/send-verification-email", map[string]any{"email": email}).Want(204)
	}
	start("alice@example.com")
	to, _, text := letter(t, post)
	q := query(t, text)
	if !strings.Contains(to, "alice@example.com") || q.Get("email") != "alice@example.com" {
		t.Fatalf("%s %v", to, q)
	}
	a, err := keyring.NewAccount("alice@example.com", servertest.Password, servertest.CheapKDF)
	if err != nil {
		t.Fatal(err)
	}
	finish := map[string]any{"email": "eve@example.com", "emailVerificationToken": q.Get("token"), "masterPasswordHash": a.AuthHash, "userSymmetricKey": a.ProtectedKey,
		"userAsymmetricKeys": map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}, "kdf": 1, "kdfIterations": 2, "kdfMemory": 16, "kdfParallelism": 1}
	n.Do("POST", "/identity/accounts/register/finish", finish).Want(400)
	finish["email"] = "alice@example.com"
	n.Do("POST", "/identity/accounts/register/verification-email-clicked", map[string]any{"email": "alice@example.com", "emailVerificationToken": q.Get("token")}).Want(200)
	n.Do("POST", "/identity/accounts/register/finish", finish).Want(200)
	n.Do("POST", "/identity/accounts/register/finish", finish).Want(400)
	p := &servertest.Person{Client: n.Client, Email: "alice@example.com", Device: vault.NewID[string](), Account: a}
	p.SignIn()
	if s := p.Sync(); s.Profile["emailVerified"] != true {
		t.Errorf("%v", s.Profile)
	}
	start("alice@example.com") // taken: no letter
	// A second device is announced; a first is not.
	q2 := p.On(n.Client, vault.NewID[string]())
	q2.SignIn()
	if _, subject, text := letter(t, post); subject != "A new device signed in" || !strings.Contains(text, "linux") {
		t.Errorf("%s: %s", subject, text)
	}
}

// join makes an account past the letters.
func join(t *testing.T, n *servertest.Node, post *mailtest.Post, email string) *servertest.Person {
	t.Helper()
	a, err := keyring.NewAccount(email, servertest.Password, servertest.CheapKDF)
	if err != nil {
		t.Fatal(err)
	}
	n.Do("POST", "/identity/accounts/register", map[string]any{"email": email, "masterPasswordHash": a.AuthHash, "key": a.ProtectedKey, "masterPasswordHint": "the usual",
		"keys": map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}, "kdf": 1, "kdfIterations": 2, "kdfMemory": 16, "kdfParallelism": 1}).Want(200)
	p := &servertest.Person{Client: n.Client, Email: email, Device: vault.NewID[string](), Account: a}
	p.SignIn()
	return p
}

func TestLettersOfAnAccount(t *testing.T) {
	n, post := mailNode(t)
	p := join(t, n, post, "alice@example.com")
	p.Add("kept")
	n.Do("POST", "/api/accounts/password-hint", map[string]string{"email": "nobody@example.com"}).Want(200)
	n.Do("POST", "/api/accounts/password-hint", map[string]string{"email": p.Email}).Want(200)
	if to, _, text := letter(t, post); !strings.Contains(to, p.Email) || !strings.Contains(text, "the usual") {
		t.Errorf("%s %s", to, text)
	}
	p.Do("POST", "/api/accounts/verify-email", nil).Want(200)
	_, _, text := letter(t, post)
	q := query(t, text)
	n.Do("POST", "/api/accounts/verify-email-token", map[string]string{"userId": p.ID, "token": q.Get("token") + "x"}).Want(400)
	n.Do("POST", "/api/accounts/delete-recover-token", map[string]string{"userId": p.ID, "token": q.Get("token")}).Want(400) // another purpose
	n.Do("POST", "/api/accounts/verify-email-token", map[string]string{"userId": p.ID, "token": q.Get("token")}).Want(200)

	// Another address: the salt changes with it.
	p.Do("POST", "/api/accounts/email-token", map[string]string{"masterPasswordHash": "wrong", "newEmail": "new@example.com"}).Want(400)
	p.Do("POST", "/api/accounts/email-token", map[string]string{"masterPasswordHash": p.Account.AuthHash, "newEmail": "new@example.com"}).Want(200)
	to, subject, _ := letter(t, post)
	code := strings.TrimPrefix(subject, "Your code: ")
	hash, protected, err := keyring.ChangePassword(p.Account.UserKey, "new@example.com", servertest.Password, p.Account.KDF)
	if err != nil || !strings.Contains(to, "new@example.com") {
		t.Fatal(to, err)
	}
	change := map[string]any{"masterPasswordHash": p.Account.AuthHash, "newEmail": "new@example.com", "token": "000000", "newMasterPasswordHash": hash, "key": protected}
	if code != "000000" {
		p.Do("POST", "/api/accounts/email", change).Want(400)
	}
	change["token"] = code
	p.Do("POST", "/api/accounts/email", change).Want(200)
	p.Do("GET", "/api/sync", nil).Want(401)
	p.Email, p.Account.AuthHash = "new@example.com", hash
	p.SignIn()
	if s := p.Sync(); s.Profile["email"] != "new@example.com" || p.Dec(s.Ciphers[0]["name"]) != "kept" {
		t.Errorf("%v", s.Profile)
	}

	// Somebody who cannot sign in any more deletes the account by a letter.
	n.Do("POST", "/api/accounts/delete-recover", map[string]string{"email": p.Email}).Want(200)
	_, _, text = letter(t, post)
	q = query(t, text)
	n.Do("POST", "/api/accounts/delete-recover-token", map[string]string{"userId": q.Get("userId"), "token": q.Get("token")}).Want(200)
	p.Do("GET", "/api/sync", nil).Want(401)
}

// TestSendByMail: the receiver's address and the code that was mailed there.
func TestSendByMail(t *testing.T) {
	n, post := mailNode(t)
	p := join(t, n, post, "alice@example.com")
	s := &bwStage{t: t, n: n, owner: p, caller: p}
	in := s.sendIn(0)
	in["emails"], in["authType"] = "bob@example.com, carol@example.com", 0
	access := p.Do("POST", "/api/sends", in).Want(200).Map()["accessId"].(string)
	ask := func(more ...string) map[string]any {
		f := url.Values{"grant_type": {"send_access"}, "client_id": {"send"}, "scope": {"api.send.access"}, "send_id": {access}}
		for i := 0; i+1 < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return n.Do("POST", "/identity/connect/token", f).Want(200, 400).Map()
	}
	kind := func(m map[string]any) any { return m["send_access_error_type"] }
	if k := kind(ask()); k != "email_required" {
		t.Errorf("%v", k)
	}
	if k := kind(ask("email", "eve@example.com")); k != "email_and_otp_required" {
		t.Errorf("%v", k)
	}
	if k := kind(ask("email", "Bob@example.com")); k != "email_and_otp_required" {
		t.Errorf("%v", k)
	}
	to, subject, _ := letter(t, post)
	code := strings.TrimPrefix(subject, "Your code: ")
	if !strings.Contains(to, "bob@example.com") {
		t.Errorf("the code went to %s", to)
	}
	for _, wrong := range [][]string{{"email", "carol@example.com", "otp", code}, {"email", "bob@example.com", "otp", "0" + code}} {
		if k := kind(ask(wrong...)); k != "email_and_otp_required" {
			t.Errorf("%v: %v", wrong, k)
		}
	}
	tok, _ := ask("email", "bob@example.com", "otp", code)["access_token"].(string)
	got := n.As(tok).Do("POST", "/api/sends/access", nil).Want(200).Map()
	if got["id"] != access || got["creatorIdentifier"] != p.Email {
		t.Errorf("%v", got)
	}
	if k := kind(ask("email", "bob@example.com", "otp", code)); k != "email_and_otp_required" {
		t.Errorf("a code let in twice: %v", k)
	}
}

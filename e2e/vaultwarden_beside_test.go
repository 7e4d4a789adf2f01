package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strongroom/internal/keyring"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

const (
	wardenSeed     = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	wardenRecovery = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// factor adds what somebody shows besides the password.
func (w *warden) factor(t *testing.T, user string, kind int, data string) {
	t.Helper()
	w.exec(t, `INSERT INTO twofactor VALUES (?, ?, ?, 1, ?, 0)`, vault.NewID[string](), user, kind, data)
}

// send adds a Send of a text, or of a file whose bytes are text, and returns its id.
func (w *warden) send(t *testing.T, a keyring.Account, user, text, password string, file bool) string {
	t.Helper()
	enc, id, kind, data := a.UserKey.EncryptString, vault.NewID[string](), 0, ""
	if data = fmt.Sprintf(`{"text":%q,"hidden":true}`, enc(text)); file {
		kind, data = 1, fmt.Sprintf(`{"id":"f0f0","fileName":%q,"size":"%d","sizeName":"x"}`, enc("notes.txt"), len(text))
		dir := filepath.Join(w.dir, "sends", id)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "f0f0"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var hash, salt, rounds any
	if password != "" {
		hash, salt = kept(t, password)
		rounds = 600_000
	}
	at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format("2006-01-02 15:04:05.999999") }
	w.exec(t, `INSERT INTO sends VALUES (?, ?, NULL, ?, NULL, ?, ?, ?, ?, ?, ?, 3, 1, ?, ?, NULL, ?, 0, 0)`,
		id, user, enc("of "+text), kind, data, enc("the seed"), hash, salt, rounds, at(-time.Hour), at(-time.Hour), at(24*time.Hour))
	return id
}

// link is the id of a Send as a link of that server may have it.
func link(t *testing.T, send string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(send, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// TestImportOfVaultwardenBeside: second factors are asked for, links of Sends go
// on, devices are known, and what cannot come is named.
func TestImportOfVaultwardenBeside(t *testing.T) {
	w := newWarden(t)
	ann, annID := w.user(t, "ann@example.com", servertest.CheapKDF)
	bob, bobID := w.user(t, "bob@example.com", servertest.CheapKDF)
	_, danID := w.user(t, "dan@example.com", servertest.CheapKDF)
	w.exec(t, `UPDATE users SET totp_recover = ? WHERE uuid = ?`, wardenRecovery, annID)
	w.factor(t, annID, 0, wardenSeed)
	w.factor(t, annID, 7, `[{"id":1,"name":"key","credential":{}}]`)
	w.factor(t, annID, 1001, `challenge`)
	w.factor(t, bobID, 1, `{"email":"codes@example.com"}`)
	w.factor(t, bobID, 3, `{"Keys":["cccccccccccb"],"Nfc":true}`)
	w.factor(t, danID, 0, "no seed")
	w.exec(t, `UPDATE twofactor SET enabled = 0 WHERE user_uuid = ? AND atype = 1`, danID)
	open, guarded := w.send(t, ann, annID, "open text", "", false), w.send(t, ann, annID, "guarded text", "derived", false)
	file := w.send(t, ann, annID, "the bytes of the file", "", true)
	gone := w.send(t, bob, bobID, "lost", "", true)
	if err := os.RemoveAll(filepath.Join(w.dir, "sends", gone)); err != nil {
		t.Fatal(err)
	}
	late := w.send(t, bob, bobID, "late", "", false)
	w.exec(t, `UPDATE sends SET deletion_date = '2024-01-02 03:04:05' WHERE uuid = ?`, late)
	phone := vault.NewID[string]()
	w.exec(t, `INSERT INTO devices VALUES (?, '2024-01-02 03:04:05', '2024-05-02 03:04:05', ?, 'My phone', 0, 'push', 'refresh', 'remember'), ('', '2024-01-02 03:04:05', '2024-05-02 03:04:05', ?, 'x', 0, '', '', '')`, phone, annID, annID)

	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	said := []string{" 2 of 3 accounts", "With them: 3 second factors, 3 Sends, 1 devices.", "Left behind: 0 items of organizations, 1 second factors, 0 recovery codes, 1 Sends (and 1 whose time is over), 1 devices",
		"left behind of ann@example.com: second factor security keys (WebAuthn)", "left behind of ann@example.com: device", "left behind of bob@example.com: Send " + gone + ": its file sends/" + gone + "/f0f0 is missing",
		"dan@example.com: it has a second factor, and none of its own can be taken over (authenticator)", "SMTP_HOST", "YUBICO_CLIENT_ID"}
	for _, dry := range [][]string{{"--dry-run"}, nil} {
		out, err := w.bring(t, data, dry...)
		for _, want := range said {
			if err == nil || !strings.Contains(out, want) {
				t.Errorf("no %q in %v:\n%s", want, err, out)
			}
		}
	}
	if out, err := w.bring(t, data, "--without-second-factors"); err != nil || !strings.Contains(out, "Took over 1 of 3") || !strings.Contains(out, "2 were there already") {
		t.Errorf("%v:\n%s", err, out)
	}
	if out, err := w.bring(t, data); err != nil || !strings.Contains(out, "Took over 0 of 3") || !strings.Contains(out, "3 were there already") {
		t.Errorf("the last run: %v:\n%s", err, out)
	}
	p := serve(t, data)
	c := p.client(t)
	broughtSends(t, c, link(t, open), link(t, guarded), link(t, file), file)
	broughtFactors(t, &servertest.Person{Client: c, Email: "ann@example.com", Device: phone, Account: ann})
	m := c.Do("POST", "/identity/connect/token", (&servertest.Person{Email: "bob@example.com", Device: phone, Account: bob}).Form()).Want(400).Map()
	if offers, _ := m["TwoFactorProviders2"].(map[string]any); len(offers) != 2 || fmt.Sprint(offers["1"]) != "map[Email:co***@example.com]" || fmt.Sprint(offers["3"]) != "map[Nfc:true]" {
		t.Errorf("bob is asked for %v", m)
	}
}

// broughtSends receives what another server's links lead to.
func broughtSends(t *testing.T, c servertest.Client, open, guarded, file, fileID string) {
	t.Helper()
	receive := func(id, password string, status int) *servertest.Answer {
		t.Helper()
		return c.Do("POST", "/api/sends/access/"+id, map[string]string{"password": password}).Want(status)
	}
	if m := receive(open, "", 200).Map(); m["text"] == nil || m["creatorIdentifier"] != "ann@example.com" {
		t.Errorf("%v", m)
	}
	receive(open, "", 200)
	receive(open, "", 404) // it was received once before it came
	receive(guarded, "", 401)
	receive(guarded, "wrong", 400)
	receive(guarded, "derived", 200) // by the hash that came
	receive(guarded, "derived", 200) // and by our own
	got := c.Do("POST", "/api/sends/"+file+"/access/file/"+fileID, map[string]string{}).Want(200).Map()["url"].(string)
	if body := c.Do("GET", strings.TrimPrefix(got, c.URL), nil).Want(200); string(body.Body) != "the bytes of the file" {
		t.Errorf("the file holds %q", body.Body)
	}
}

// broughtFactors signs in with what was set up at another server.
func broughtFactors(t *testing.T, p *servertest.Person) {
	t.Helper()
	signIn := func(status int, more ...string) map[string]any {
		t.Helper()
		return p.As("").Do("POST", "/identity/connect/token", p.Form(more...)).Want(status).Map()
	}
	if m := signIn(400); fmt.Sprint(m["TwoFactorProviders"]) != "[0]" {
		t.Errorf("ann is asked for %v", m)
	}
	signIn(400, "twoFactorProvider", "0", "twoFactorToken", "000000")
	code, err := totp.GenerateCode(wardenSeed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	known := p.As("").Do("GET", "/api/devices/knowndevice", nil, "X-Device-Identifier", p.Device, "X-Request-Email", base64.RawURLEncoding.EncodeToString([]byte(p.Email))).Want(200)
	if string(known.Body) != "true" {
		t.Errorf("the phone is known: %s", known.Body)
	}
	p.Token = signIn(200, "twoFactorProvider", "0", "twoFactorToken", code)["access_token"].(string)
	signIn(400, "twoFactorProvider", "0", "twoFactorToken", code)
	list, _ := p.Do("GET", "/api/devices", nil).Want(200).Map()["data"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["identifier"] != p.Device || !strings.HasPrefix(list[0].(map[string]any)["creationDate"].(string), "2024-01-02T03:04:05") {
		t.Errorf("devices: %v", list)
	}
	signIn(400, "twoFactorProvider", "8", "twoFactorToken", strings.Repeat("A", 32))
	p.Token = signIn(200, "twoFactorProvider", "8", "twoFactorToken", wardenRecovery)["access_token"].(string)
	if on := p.Do("GET", "/api/two-factor", nil).Want(200).Map()["data"].([]any); len(on) != 0 {
		t.Errorf("after a recovery there is %v", on)
	}
	again := p.Do("POST", "/api/two-factor/get-authenticator", map[string]any{"masterPasswordHash": p.Account.AuthHash}).Want(200).Map()
	if code, err = totp.GenerateCode(again["key"].(string), time.Now()); err != nil {
		t.Fatal(err)
	}
	p.Do("PUT", "/api/two-factor/authenticator", map[string]any{"key": again["key"], "token": code, "userVerificationToken": again["userVerificationToken"]}).Want(200)
	signIn(400, "twoFactorProvider", "8", "twoFactorToken", wardenRecovery)
}

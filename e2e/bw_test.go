package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// versions are the official command line clients that must work, newest first.
var versions = []string{"2026.9.0", "2026.5.0", "2025.12.1", "2025.4.0"}

// bwPath is the script of a version, which scripts/prepare installs from npm. The quick
// loop has no time for four clients.
func bwPath(t testing.TB, version string) string {
	t.Helper()
	onlyFull(t, "runs the official clients")
	p, err := filepath.Abs(filepath.Join("..", ".tools", "bw", version, "node_modules", "@bitwarden", "cli", "build", "bw.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("the client is not installed; run scripts/prepare: %v", err)
	}
	return p
}

// trusting is an HTTP client that trusts a server's own certificate authority.
func trusting(t testing.TB, ca string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
}

// site is a server that official clients reach over TLS. Mail is where its letters
// go, nil for nowhere.
type site struct {
	URL, CA string
	Client  servertest.Client
	Mail    *mailbox
	end     func() // of the proxy before it
}

func newSite(t testing.TB, settings ...string) *site {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, data, append([]string{"TLS=self-signed", "SIGNUPS=open"}, settings...)...)
	s := &site{URL: p.URL, CA: filepath.Join(data, "tls", "ca.pem")}
	s.Client = servertest.NewClient(t, s.URL)
	s.Client.HTTP = trusting(t, s.CA)
	return s
}

// TestOfficialClient runs every script with every version.
func TestOfficialClient(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			bw := bwPath(t, v)
			b := newMailbox(t)
			s := newSite(t, b.settings()...)
			s.Mail = b
			runScripts(t, v, bw, s)
		})
	}
}

// runScripts runs all scripts, or those named, as a new person each.
func runScripts(t *testing.T, version, bw string, s *site, names ...string) {
	t.Helper()
	params := testscript.Params{
		Dir: "bw",
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "bwdata")
			email := vault.NewID[string]()[:8] + "@example.com"
			p := s.Client.Join(email)
			e.Values["person"] = p
			e.Vars = append(e.Vars, "NODE_EXTRA_CA_CERTS="+s.CA, "BITWARDENCLI_APPDATA_DIR="+home, "BW_NOINTERACTION=true", "URL="+s.URL, "EMAIL="+email,
				"PASSWORD="+servertest.Password, "BWJS="+bw, "VERSION="+version, "ID="+p.ID, "HOME="+e.WorkDir, "NODE_NO_WARNINGS=1")
			return nil
		},
		Condition: func(c string) (bool, error) { return condition(c, version, s), nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"bw": bwCommand, "session": sessionCommand, "value": valueCommand, "is": isCommand, "count": countCommand, "base64": base64Command,
			"rest": restCommand, "bytes": bytesCommand, "export": exportCommand, "apikey": apikeyCommand, "restuser": restuserCommand,
			"factor": factorCommand(s.Mail), "totp": totpCommand, "letter": letterCommand(s.Mail), "recover": recoverCommand, "mailcode": mailcodeCommand,
		},
	}
	for _, name := range names {
		params.Dir, params.Files = "", append(params.Files, filepath.Join("bw", name))
	}
	testscript.Run(t, params)
}

// condition is what a script asks in brackets: a version, mail (there is a mailbox),
// full (everything is to be run).
func condition(c, version string, s *site) bool {
	switch c {
	case "mail":
		return s.Mail != nil
	case "full":
		return full()
	}
	return strings.HasPrefix(version, c)
}

// bw ARG...: runs the client.
func bwCommand(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("node", append([]string{ts.Getenv("BWJS")}, args...)...)
	if neg && err == nil {
		ts.Fatalf("bw %v succeeded", args)
	}
	if !neg && err != nil {
		ts.Fatalf("bw %v: %v", args, err)
	}
}

// session: keeps what the last command printed as the session's key.
func sessionCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("BW_SESSION", strings.TrimSpace(ts.ReadFile("stdout")))
}

// at follows a path such as login.uris.0.uri.
func at(ts *testscript.TestScript, v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		if n, err := strconv.Atoi(step); err == nil {
			l, ok := v.([]any)
			if !ok || n >= len(l) {
				return nil
			}
			v = l[n]
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[step]
	}
	return v
}

func printed(ts *testscript.TestScript) (v any) {
	text := ts.ReadFile("stdout")
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("not JSON: %v: %.300s", err, text)
	}
	return v
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// value NAME PATH: keeps a part of the JSON that was printed.
func valueCommand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], text(at(ts, printed(ts), args[1])))
}

// is PATH VALUE: a part of the JSON that was printed has a value.
func isCommand(ts *testscript.TestScript, neg bool, args []string) {
	if got := text(at(ts, printed(ts), args[0])); (got == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// count N: the list that was printed has N entries.
func countCommand(ts *testscript.TestScript, _ bool, args []string) {
	l, ok := printed(ts).([]any)
	if want, _ := strconv.Atoi(args[0]); !ok || len(l) != want {
		ts.Fatalf("%d entries, want %s", len(l), args[0])
	}
}

// base64 NAME FILE: what bw encode would print of a file with variables in it.
func base64Command(ts *testscript.TestScript, _ bool, args []string) {
	content := os.Expand(ts.ReadFile(args[1]), func(name string) string {
		if name == "SOON" {
			return time.Now().Add(7 * 24 * time.Hour).UTC().Format(time.RFC3339)
		}
		return ts.Getenv(name)
	})
	ts.Setenv(args[0], base64.StdEncoding.EncodeToString([]byte(content)))
}

// bytes FILE N: makes a file of N bytes that do not repeat soon.
func bytesCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, _ := strconv.Atoi(args[1])
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// rest METHOD PATH [BODY]: calls the REST door as the same person and prints the answer.
func restCommand(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value("person").(*servertest.Person)
	in, _ := p.LogIn(p.Email)
	var body any
	if len(args) > 2 {
		body = args[2]
	}
	a := in.Do(args[0], "/api/v1"+args[1], body).Want(200, 201)
	ts.Check(os.WriteFile(ts.MkAbs("answer.json"), a.Body, 0o600))
	ts.Check(ts.Exec("cat", "answer.json"))
}

// export FILE N: writes an unencrypted export of N items in folders, as people have them.
func exportCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, _ := strconv.Atoi(args[1])
	type m = map[string]any
	folders, items := []m{}, []m{}
	for f := range 7 {
		folders = append(folders, m{"id": vault.NewID[string](), "name": "Folder " + strconv.Itoa(f)})
	}
	for i := range n {
		it := m{"id": vault.NewID[string](), "folderId": folders[i%7]["id"], "type": 1, "reprompt": 0, "name": "item " + strconv.Itoa(i), "notes": nil, "favorite": i%10 == 0,
			"login": m{"username": "user" + strconv.Itoa(i), "password": "pw-" + strconv.Itoa(i), "totp": nil, "uris": []m{{"match": nil, "uri": "https://host" + strconv.Itoa(i) + ".example"}}}}
		switch i % 5 {
		case 1:
			it["fields"] = []m{{"name": "PIN", "value": "1234", "type": 1}}
		case 2:
			delete(it, "login")
			it["type"], it["secureNote"], it["notes"] = 2, m{"type": 0}, "a note über "+strconv.Itoa(i)
		case 3:
			it["passwordHistory"] = []m{{"lastUsedDate": "2026-01-31T12:00:00.000Z", "password": "older"}}
		}
		items = append(items, it)
	}
	b, err := json.MarshalIndent(m{"encrypted": false, "folders": folders, "items": items}, "", " ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// apikey: puts the account's API key where the client looks for it.
func apikeyCommand(ts *testscript.TestScript, _ bool, _ []string) {
	p := ts.Value("person").(*servertest.Person)
	m := p.Do("POST", "/api/accounts/api-key", map[string]string{"masterPasswordHash": p.Account.AuthHash}).Want(200).Map()
	ts.Setenv("BW_CLIENTID", "user."+p.ID)
	ts.Setenv("BW_CLIENTSECRET", m["apiKey"].(string))
}

// restuser: makes another account through the REST door, with one password in it.
func restuserCommand(ts *testscript.TestScript, _ bool, _ []string) {
	c := ts.Value("person").(*servertest.Person).As("")
	email := vault.NewID[string]()[:8] + "@example.com"
	in := c.User(email)
	in.Do("POST", "/api/v1/passwords", map[string]string{"service": "Made by REST", "password": "rp"}).Want(201)
	ts.Setenv("EMAIL", email)
}

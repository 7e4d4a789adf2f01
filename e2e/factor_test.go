package e2e

import (
	"bufio"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/testscript"

	"strongroom/internal/mail/mailtest"
	"strongroom/internal/server/servertest"
)

// mailbox keeps the codes that were mailed, by address.
type mailbox struct {
	mu    sync.Mutex
	codes map[string]chan string
	post  *mailtest.Post
}

func newMailbox(t testing.TB) *mailbox {
	t.Helper()
	b := &mailbox{codes: map[string]chan string{}, post: mailtest.Start(t, func(p *mailtest.Post) { p.Conf = nil })}
	go func() {
		for {
			select {
			case l := <-b.post.Letters:
				b.sort(l)
			case <-t.Context().Done():
				return
			}
		}
	}()
	return b
}

// settings have a server hand its letters in here.
func (b *mailbox) settings() []string {
	return []string{"SMTP_HOST=localhost", "SMTP_PORT=" + strconv.Itoa(b.post.Port), "SMTP_SECURITY=off", "MAIL_FROM=vault@example.com"}
}

func (b *mailbox) of(to string) chan string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.codes[to] == nil {
		b.codes[to] = make(chan string, 100)
	}
	return b.codes[to]
}

func (b *mailbox) sort(letter string) {
	var to, code string
	for s := bufio.NewScanner(strings.NewReader(letter)); s.Scan() && s.Text() != ""; {
		if v, ok := strings.CutPrefix(s.Text(), "To: "); ok {
			to = strings.Trim(v, "<>")
		}
		if v, ok := strings.CutPrefix(s.Text(), "Subject: Your code: "); ok {
			code = v
		}
	}
	if code != "" {
		b.of(to) <- code
	}
}

// factor authenticator|email: gives the person a second factor. An authenticator's
// seed is kept as SEED, its step before this one used up; its recovery code as RECOVERY.
func factorCommand(b *mailbox) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		p := ts.Value("person").(*servertest.Person)
		proof := map[string]any{"masterPasswordHash": p.Account.AuthHash}
		m := p.Do("POST", "/api/two-factor/get-"+args[0], proof).Want(200).Map()
		in := map[string]any{"userVerificationToken": m["userVerificationToken"]}
		if args[0] == "email" {
			in["email"] = p.Email
			p.Do("POST", "/api/two-factor/send-email", in).Want(200)
			in["token"] = <-b.of(p.Email)
		} else {
			seed := m["key"].(string)
			ts.Setenv("SEED", seed)
			in["key"], in["token"] = seed, code(ts, seed, -1)
		}
		p.Do("PUT", "/api/two-factor/"+args[0], in).Want(200)
		ts.Setenv("RECOVERY", p.Do("POST", "/api/two-factor/get-recover", proof).Want(200).Map()["code"].(string))
	}
}

func code(ts *testscript.TestScript, seed string, step int) string {
	c, err := totp.GenerateCode(seed, time.Now().Add(time.Duration(step)*30*time.Second))
	ts.Check(err)
	return c
}

// totp NAME STEP: keeps what the authenticator shows STEP steps from now.
func totpCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv(args[0], code(ts, ts.Getenv("SEED"), n))
}

// letter NAME: waits for a code by mail and keeps it.
func letterCommand(b *mailbox) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		select {
		case c := <-b.of(ts.Getenv("EMAIL")):
			ts.Setenv(args[0], c)
		case <-time.After(30 * time.Second):
			ts.Fatalf("no code came by mail")
		}
	}
}

// recover: signs in with the recovery code, which works once, and takes the other
// factors with it.
func recoverCommand(ts *testscript.TestScript, _ bool, _ []string) {
	p := ts.Value("person").(*servertest.Person)
	sign := func(status int) {
		p.As("").Do("POST", "/identity/connect/token", p.Form("twoFactorProvider", "8", "twoFactorToken", ts.Getenv("RECOVERY"))).Want(status)
	}
	sign(200)
	p.SignIn()
}

// mailcode: asks for a code to sign in with, as clients do.
func mailcodeCommand(ts *testscript.TestScript, _ bool, _ []string) {
	p := ts.Value("person").(*servertest.Person)
	p.As("").Do("POST", "/api/two-factor/send-email-login", map[string]any{"email": p.Email, "masterPasswordHash": p.Account.AuthHash, "deviceIdentifier": p.Device}).Want(200)
}

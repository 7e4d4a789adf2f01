package server_test

import (
	"testing"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/mail/mailtest"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

// eventually waits until a condition holds: for what another goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(until) {
			t.Fatalf("%s: not within 20 s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func setting(t *testing.T, c servertest.Client, name string) map[string]any {
	t.Helper()
	var all []map[string]any
	c.Do("GET", "/api/v1/admin/settings", nil).Want(200).JSON(&all)
	for _, s := range all {
		if s["name"] == name {
			return s
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// TestSettingsReachAllNodes: what an administrator sets at one node counts there
// at once and at the other soon, without a restart, until it is taken back.
func TestSettingsReachAllNodes(t *testing.T) {
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Settings = servertest.Settings(t)
			o.Store.Source = testdb.New(t, kind)
			a, b := servertest.Start(t, o), servertest.Start(t, o)
			admin := a.Admin("root")
			body := func(name string) map[string]string {
				return map[string]string{"username": name, "password": servertest.Password}
			}
			for _, n := range []*servertest.Node{a, b} {
				n.Do("POST", "/api/v1/register", body("early")).Want(403)
			}
			admin.Do("PUT", "/api/v1/admin/settings/SIGNUPS", map[string]string{"value": "open"}).Want(200)
			a.Do("POST", "/api/v1/register", body("first")).Want(201)
			eventually(t, "the other node opens", func() bool { return b.Do("POST", "/api/v1/register", body("second")).Status == 201 })
			if s := setting(t, b.As(admin.Token), "SIGNUPS"); s["value"] != "open" || s["from"] != "administrator" || s["open"] != true {
				t.Errorf("the other node shows %v", s)
			}
			admin.Do("DELETE", "/api/v1/admin/settings/SIGNUPS", nil).Want(200)
			a.Do("POST", "/api/v1/register", body("late")).Want(403)
			eventually(t, "the other node closes", func() bool {
				return b.Do("POST", "/api/v1/register", body("third"+time.Now().Format("150405.000"))).Status == 403
			})
		})
	}
}

// TestEnvironmentGoesFirst: a value that an administrator kept counts only where
// nothing else sets it, says so, and counts again after that is gone.
func TestEnvironmentGoesFirst(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t)
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	admin.Do("PUT", "/api/v1/admin/settings/FILE_QUOTA", map[string]string{"value": "7"}).Want(200)
	n.Close()
	o.Settings = servertest.Settings(t, "FILE_QUOTA=9")
	n = servertest.Start(t, o)
	admin = n.As(admin.Token)
	if s := setting(t, admin, "FILE_QUOTA"); s["value"] != "9" || s["from"] != "environment" || s["open"] != false || s["kept"] != "7" || s["default"] != "1024" {
		t.Errorf("with the environment: %v", s)
	}
	if m := admin.Do("PUT", "/api/v1/admin/settings/FILE_QUOTA", map[string]string{"value": "8"}).Want(409).Map(); m["code"] != "setting-fixed" {
		t.Errorf("refused with %v", m)
	}
	n.Close()
	o.Settings = servertest.Settings(t)
	n = servertest.Start(t, o)
	if s := setting(t, n.As(admin.Token), "FILE_QUOTA"); s["value"] != "7" || s["from"] != "administrator" {
		t.Errorf("without it: %v", s)
	}
}

// TestSettingsThatMayNotBeSet: bad values name the field, what belongs to the
// machine's owner is refused, and no secret is shown.
func TestSettingsThatMayNotBeSet(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SECRET_KEY="+servertest.Secret, "SMTP_PASSWORD=planted-smtp-password")
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	for name, value := range map[string]string{"FILE_QUOTA": "-1", "SIGNUPS": "everybody", "OUTBOUND": "perhaps", "INVITATION_DAYS": "0", "LOG_LEVEL": "loud"} {
		m := admin.Do("PUT", "/api/v1/admin/settings/"+name, map[string]string{"value": value}).Want(422).Map()
		if errs, _ := m["errors"].([]any); len(errs) != 1 || errs[0].(map[string]any)["location"] != "body.value" {
			t.Errorf("%s=%s: %v", name, value, m)
		}
	}
	for _, name := range []string{"SECRET_KEY", "DATABASE_URL", "LISTEN", "DATA_DIR", "SMTP_HOST", "TRUSTED_PROXIES", "PUBLIC_URL"} {
		admin.Do("PUT", "/api/v1/admin/settings/"+name, map[string]string{"value": "x"}).Want(409)
	}
	admin.Do("PUT", "/api/v1/admin/settings/NONE", map[string]string{"value": "x"}).Want(404)
	if got := setting(t, admin, "OUTBOUND")["choices"].([]any); len(got) != 2 {
		t.Errorf("OUTBOUND offers %v", got)
	}
	for _, s := range n.Node.Admin.Settings.List() {
		for _, choice := range s.Choices {
			if err := n.Node.Admin.Settings.Check(s.Name, choice); s.Open && err != nil {
				t.Errorf("%s offers %s and refuses it: %v", s.Name, choice, err)
			}
		}
	}
	for _, name := range []string{"SECRET_KEY", "SMTP_PASSWORD"} {
		if s := setting(t, admin, name); s["value"] != "[redacted]" {
			t.Errorf("%s shows as %v", name, s["value"])
		}
	}
}

// TestMailTest: the letter comes; where it does not, the answer says why.
func TestMailTest(t *testing.T) {
	n, post := mailNode(t)
	admin := n.Admin("root")
	admin.Do("POST", "/api/v1/admin/mail-test", map[string]string{"to": "alice@example.com"}).Want(200)
	if to, subject, _ := letter(t, post); to != "<alice@example.com>" || subject != "Mail works" {
		t.Errorf("%q to %s", subject, to)
	}
	admin.Do("POST", "/api/v1/admin/mail-test", map[string]string{"to": "not an address"}).Want(422)
	o := servertest.Options(t)
	wrong := mailtest.Start(t, func(p *mailtest.Post) { p.Password = "right" })
	o.Mail = mail.Settings{From: "vault@example.com", Host: "localhost", Port: wrong.Port, Roots: wrong.Roots, User: "u", Password: "planted-wrong", Log: o.Log}
	n = servertest.Start(t, o)
	m := n.Admin("root").Do("POST", "/api/v1/admin/mail-test", map[string]string{"to": "alice@example.com"}).Want(503).Map()
	if errs, _ := m["errors"].([]any); m["code"] != "mail-failed" || len(errs) != 1 {
		t.Errorf("refused sign-in to the mail server: %v", m)
	}
	none := servertest.Start(t, servertest.Options(t))
	if m := none.Admin("root").Do("POST", "/api/v1/admin/mail-test", map[string]string{"to": "alice@example.com"}).Want(503).Map(); m["code"] != "mail-off" {
		t.Errorf("without mail: %v", m)
	}
}

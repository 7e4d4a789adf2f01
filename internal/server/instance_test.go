package server_test

import (
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
)

func findings(t *testing.T, c servertest.Client) map[string]string {
	t.Helper()
	var all []map[string]string
	c.Do("GET", "/api/v1/admin/health", nil).Want(200).JSON(&all)
	m := map[string]string{}
	for _, f := range all {
		m[f["check"]] = f["level"] + ": " + f["says"]
	}
	return m
}

// TestHealth finds what a test breaks, and what is better once it is mended.
func TestHealth(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "FERNET_KEY="+strings.Repeat("A", 43)+"=", "SECRET_KEY="+servertest.Secret)
	o.Name = "vault-1"
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	if err := n.Member.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := findings(t, admin)
	for check, want := range map[string]string{"people": "advice: there is one administrator", "sign-ups": "advice: SIGNUPS=open", "nodes": "good: 1 up", "jobs": "good: ", "mail": "advice: there is no mail",
		"keys": "good: ", "disk": "good: ", "clock": "good: ", "address": "advice: PUBLIC_URL is not set"} {
		if !strings.HasPrefix(f[check], want) {
			t.Errorf("%s: %q, want %q", check, f[check], want)
		}
	}
	second := n.Register("second")
	admin.Do("PATCH", "/api/v1/admin/users/"+second, body("role", "admin")).Want(200)
	testdb.Exec(t, o.Store.Source, "UPDATE nodes SET seen_at = seen_at - 120000000")
	testdb.Exec(t, o.Store.Source, "UPDATE jobs SET state = 3 WHERE id = 'trash'")
	testdb.Exec(t, o.Store.Source, "UPDATE events SET at = at + 3600000000")
	f = findings(t, admin)
	for check, want := range map[string]string{"people": "advice: 2 of 2 administrators have no second factor", "nodes": "fault: vault-1 fell silent", "jobs": "fault: the last run of trash failed", "clock": "fault: this machine's clock"} {
		if !strings.HasPrefix(f[check], want) {
			t.Errorf("%s: %q, want %q", check, f[check], want)
		}
	}
	testdb.Exec(t, o.Store.Source, "ALTER TABLE nodes RENAME TO hidden")
	if f = findings(t, admin); f["nodes"] != "fault: this could not be checked; the node's log has the reason" {
		t.Errorf("a check that cannot look says %q", f["nodes"])
	}
}

// TestSealsJob finds a seal that broke, and health shows that it did.
func TestSealsJob(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	n.User("alice")
	if err := n.RunJob(t.Context(), "seals"); err != nil {
		t.Fatal(err)
	}
	if f := findings(t, admin)["jobs"]; !strings.HasPrefix(f, "good: ") {
		t.Errorf("jobs: %s", f)
	}
	testdb.Exec(t, o.Store.Source, "UPDATE sessions SET sealed = (SELECT sealed FROM users WHERE id = user_id)")
	if err := n.RunJob(t.Context(), "seals"); err == nil {
		t.Error("a seal that was put elsewhere opens")
	}
	n.Register("late")
	in, _ := n.LogIn("root")
	if f := findings(t, in)["jobs"]; f != "fault: the last run of seals failed: the node's log says why" {
		t.Errorf("jobs: %s", f)
	}
}

// TestStorage counts what is there, on every database.
func TestStorage(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, kind)
			n := servertest.Start(t, o)
			admin := n.Admin("root")
			p := n.Join("alice@example.com")
			for _, name := range []string{"a", "b"} {
				p.Add(name)
			}
			item := p.Add("c")["id"].(string)
			p.Do("POST", "/api/ciphers/"+item+"/attachment/v2", body("key", p.Enc("key"), "fileName", p.Enc("name"), "fileSize", 5000, "adminRequest", false)).Want(200)
			var s struct {
				Tables []struct {
					Name        string
					Rows, Bytes int64
				}
				Items       map[string]int64
				Attachments int64
				Bytes       int64 `json:"attachment_bytes"`
				Largest     []struct {
					Username     string
					Items, Bytes int64
				}
			}
			admin.Do("GET", "/api/v1/admin/storage", nil).Want(200).JSON(&s)
			rows := map[string]int64{}
			for _, x := range s.Tables {
				if rows[x.Name] = x.Rows; x.Bytes <= 0 {
					t.Errorf("%s takes %d bytes", x.Name, x.Bytes)
				}
			}
			if rows["users"] != 2 || rows["items"] != 3 || rows["attachments"] != 1 || len(s.Tables) < 15 {
				t.Errorf("rows %v", rows)
			}
			if s.Items["1"] != 3 || s.Attachments != 1 || s.Bytes != 5000 {
				t.Errorf("%+v", s)
			}
			if len(s.Largest) != 1 || s.Largest[0].Username != "alice@example.com" || s.Largest[0].Items != 3 || s.Largest[0].Bytes != 5000 {
				t.Errorf("largest %+v", s.Largest)
			}
		})
	}
}

// TestNodesAndJobs: a node that beats is listed; a job runs because it was asked for.
func TestNodesAndJobs(t *testing.T) {
	o := servertest.Options(t)
	o.Name, o.Commit = "vault-1", "abc"
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	if err := n.Member.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	admin.Do("GET", "/api/v1/admin/nodes", nil).Want(200).JSON(&list)
	if len(list) != 1 || list[0]["name"] != "vault-1" || list[0]["version"] != "test" || list[0]["alive"] != true {
		t.Errorf("nodes %v", list)
	}
	if err := n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := func() (m map[string]any) {
		var list []map[string]any
		admin.Do("GET", "/api/v1/admin/jobs", nil).Want(200).JSON(&list)
		for _, j := range list {
			if j["name"] == "trash" {
				m = j
			}
		}
		return m
	}
	before := last()
	if err := n.Jobs.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last()["ended_at"] != before["ended_at"] {
		t.Error("a job ran that was not due")
	}
	admin.Do("POST", "/api/v1/admin/jobs/none/run", nil).Want(404)
	admin.Do("POST", "/api/v1/admin/jobs/trash/run", nil).Want(202)
	if last()["next_at"] != nil {
		t.Errorf("asked for, it is due %v", last()["next_at"])
	}
	if err := n.Jobs.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := last(); after["ended_at"] == before["ended_at"] || after["state"] != "done" || after["about"] == "" {
		t.Errorf("asked for, it went %v", after)
	}
}

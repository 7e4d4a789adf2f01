package server_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	coreadmin "strongroom/internal/core/admin"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// lines reads pages of the audit log, newest first, to the last.
func lines(t *testing.T, c servertest.Client, path string) (all []vault.EventLine) {
	t.Helper()
	for path != "" {
		var page []vault.EventLine
		a := c.Do("GET", path, nil).Want(200).JSON(&page)
		all = append(all, page...)
		path, _, _ = strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">")
	}
	return all
}

func kinds(ls []vault.EventLine) (ks []string) {
	for _, l := range ls {
		ks = append(ks, l.Kind)
	}
	return ks
}

// TestWhatIsWrittenDown: each thing that SECURITY-DESIGN names has its line, with who,
// from where and on what device, in the log of whom it is about.
func TestWhatIsWrittenDown(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source, o.Trusted = testdb.New(t, kind), loopback
			n := servertest.Start(t, o)
			admin := n.Admin("admin")
			n.Register("alice")
			n.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {"wrong"}}, "X-Forwarded-For", "203.0.113.9").Want(401)
			alice, _ := n.LogIn("alice")
			id := alice.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "s3cret"}).Want(201).Map()["id"].(string)
			alice.Do("GET", "/api/v1/passwords/"+id, nil).Want(200)
			alice.Do("GET", "/api/v1/passwords", nil).Want(200)
			alice.Do("GET", "/api/v1/admin/users", nil).Want(403)
			tok := alice.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "t"}).Want(201).Map()
			machine := n.As(tok["token"].(string))
			machine.Do("GET", "/api/v1/passwords/"+id, nil).Want(200)
			machine.Do("DELETE", "/api/v1/passwords/"+id, nil).Want(403)
			got := lines(t, alice, "/api/v1/events?limit=3")
			want := []string{"denied", "secret-read", "token-made", "denied", "secret-read", "secret-read", "item-added", "signed-in", "sign-in-failed", "user-registered"}
			if !slices.Equal(kinds(got), want) {
				t.Fatalf("alice's log has %v, want %v", kinds(got), want)
			}
			read, denied, failed := got[1], got[0], got[8]
			if read.Subject != id || read.Detail != "password" || read.Device != tok["id"] || read.Door != "access-token" || read.Actor != read.User || read.Actor == "" {
				t.Errorf("a secret read by a machine: %+v", read)
			}
			if !strings.Contains(denied.Detail, "token-read-only") || got[3].Detail != "admin-list-users: forbidden" {
				t.Errorf("denials: %+v %+v", denied, got[3])
			}
			if failed.Address != "203.0.113.9" || failed.Actor != "" || failed.User == "" {
				t.Errorf("a failed sign-in: %+v", failed)
			}
			suspend := map[string]string{"state": "suspended"}
			admin.Do("PATCH", "/api/v1/admin/users/"+read.User, suspend).Want(200)
			all := lines(t, admin, "/api/v1/admin/events?limit=4&user="+read.User)
			if len(all) != len(got)+1 || all[0].Kind != "state-changed" || all[0].Actor == read.User || all[0].Actor == "" || !strings.Contains(all[0].Detail, "suspended") {
				t.Errorf("an administrator's act: %+v", all[0])
			}
			admin.Do("DELETE", "/api/v1/admin/users/"+read.User, nil).Want(200)
			gone := lines(t, admin, "/api/v1/admin/events?limit=4&user="+read.User)
			if len(gone) != len(all)+1 || gone[0].Kind != "user-deleted" || gone[0].Actor != all[0].Actor {
				t.Errorf("the log of a deleted account: %v", kinds(gone))
			}
			r, err := n.Audit.Verify(t.Context(), coreadmin.Machine)
			if err != nil || r.Bad != 0 || r.Lines < 13 {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

// TestClientsLog: what official clients do and report is in it, with their device.
func TestClientsLog(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	p := n.Join("alice@example.com")
	item := p.Add("x")["id"].(string)
	p.Do("POST", "/events/collect", []any{map[string]any{"type": 1111, "cipherId": item, "date": "2026-11-25T08:00:00.000Z"}}).Want(200)
	p.Do("PUT", "/api/ciphers/"+item+"/delete", nil).Want(200)
	got := lines(t, p.Client, "/api/v1/events")
	want := []string{"item-trashed", "client", "item-added", "signed-in", "user-registered"}
	if !slices.Equal(kinds(got), want) {
		t.Fatalf("%v, want %v", kinds(got), want)
	}
	for _, l := range got[:4] {
		if l.Device != p.Device || l.Door != "bitwarden" || l.Address == "" {
			t.Errorf("%+v", l)
		}
	}
	if got[1].Subject != item || got[1].Detail != "1111" {
		t.Errorf("what a client reported: %+v", got[1])
	}
}

// TestLogIsFilteredAndExported by the same query; a page of CSV and of JSON Lines is
// a page of the list.
func TestLogIsFilteredAndExported(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	auditor, admin := n.User("auditor"), n.Admin("admin")
	var me map[string]any
	auditor.Do("GET", "/api/v1/users/me", nil).JSON(&me)
	admin.Do("PATCH", "/api/v1/admin/users/"+me["id"].(string), map[string]string{"role": "auditor"}).Want(200)
	for range 5 {
		n.Do("POST", "/api/v1/token", url.Values{"username": {"auditor"}, "password": {"wrong"}}).Want(401)
	}
	got := lines(t, auditor, "/api/v1/admin/events?kind=sign-in-failed,role-changed&limit=2")
	if len(got) != 6 || got[5].Kind != "role-changed" {
		t.Fatalf("%v", kinds(got))
	}
	at := url.QueryEscape(got[3].At.Format("2006-01-02T15:04:05.999999999Z07:00"))
	if between := lines(t, auditor, "/api/v1/events?kind=sign-in-failed&from="+at); len(between) != 4 {
		t.Errorf("from the second on: %v", kinds(between))
	}
	if before := lines(t, auditor, "/api/v1/events?kind=sign-in-failed&until="+at); len(before) != 1 {
		t.Errorf("before the second: %v", kinds(before))
	}
	for _, bad := range []string{"kind=nothing", "from=yesterday", "limit=0", "limit=1001", "cursor=x", "from=2026-02-02T00:00:00Z&until=2026-02-01T00:00:00Z", "until=2026-13-01T00:00:00Z", "colour=red"} {
		auditor.Do("GET", "/api/v1/events?"+bad, nil).Want(422)
	}
	auditor.Do("GET", "/api/v1/admin/events?user=nobody", nil).Want(404)
	export := func(format string) *servertest.Answer {
		return auditor.Do("GET", "/api/v1/admin/events/export?kind=sign-in-failed&limit=3&format="+format, nil).Want(200)
	}
	a := export("csv")
	rows, err := csv.NewReader(bytes.NewReader(a.Body)).ReadAll()
	if err != nil || len(rows) != 4 || fmt.Sprint(rows[0]) != fmt.Sprint(vault.EventColumns) || rows[1][0] != got[0].ID || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%v %v", rows, err)
	}
	if !strings.Contains(a.Header.Get("Link"), "format=csv") || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("headers %v", a.Header)
	}
	n3 := 0
	for line := range bytes.Lines(export("jsonl").Body) {
		var l vault.EventLine
		if err := json.Unmarshal(line, &l); err != nil || l.ID != got[n3].ID {
			t.Errorf("%s %v", line, err)
		}
		n3++
	}
	if made := lines(t, admin, "/api/v1/admin/events?kind=audit-exported"); n3 != 3 || len(made) != 2 || made[0].Actor != me["id"] {
		t.Errorf("%d lines; exports are written down: %+v", n3, made)
	}
}

package server_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	coreadmin "strongroom/internal/core/admin"
	"strongroom/internal/keyring"
	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/vault"
)

// byInvitation is a node that nobody may join without being asked.
func byInvitation(t *testing.T) func(o *server.Options) {
	return func(o *server.Options) { o.Settings = servertest.Settings(t) }
}

func linkToken(t *testing.T, link string) url.Values {
	t.Helper()
	_, frag, ok := strings.Cut(link, "/#/finish-signup?")
	q, err := url.ParseQuery(frag)
	if !ok || err != nil || !strings.HasPrefix(q.Get("token"), "sri_") {
		t.Fatalf("link %q (%v)", link, err)
	}
	return q
}

// TestInvitationByLink: it opens the closed door once, for one address, with the
// role that was chosen; however many come with it at once.
func TestInvitationByLink(t *testing.T) {
	o := servertest.Options(t)
	byInvitation(t)(&o)
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	made := admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com", "by", "link", "role", "auditor")).Want(201).Map()
	q := linkToken(t, made["link"].(string))
	if q.Get("email") != "bob@example.com" || made["mailed"] != false {
		t.Errorf("made %v", made)
	}
	register := func(name, invitation string) *servertest.Answer {
		return n.Do("POST", "/api/v1/register", body("username", name, "password", servertest.Password, "invitation", invitation))
	}
	if m := register("eve@example.com", q.Get("token")).Want(422).Map(); m["code"] != "invitation-invalid" {
		t.Errorf("another address: %v", m)
	}
	register("bob@example.com", "sri_"+strings.Repeat("A", 43)).Want(422)
	n.Do("POST", "/api/v1/register", body("username", "bob@example.com", "password", servertest.Password)).Want(403)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if register("bob@example.com", q.Get("token")).Status == 201 {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d accounts were made of one invitation", won.Load())
	}
	bob, _ := n.LogIn("bob@example.com")
	if me := bob.Do("GET", "/api/v1/users/me", nil).Want(200).Map(); me["role"] != "auditor" {
		t.Errorf("invited as auditor, is %v", me)
	}
	var left []any
	admin.Do("GET", "/api/v1/admin/invitations", nil).Want(200).JSON(&left)
	if len(left) != 0 {
		t.Errorf("a used invitation is listed: %v", left)
	}
	admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com", "by", "link")).Want(409)
}

// TestInvitationByMail: through the letter's link, by the route that clients use;
// a new link kills the old one, and using it proves the address.
func TestInvitationByMail(t *testing.T) {
	var clock moving
	n, post := mailNode(t, byInvitation(t), clock.of)
	admin := n.Admin("root")
	fresh := func() { admin.Do("POST", "/api/v1/step-up", body("password", servertest.Password)).Want(200) }
	made := admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com")).Want(201).Map()
	id := made["id"].(string)
	if made["link"] != "" {
		t.Error("who invites by mail sees the link")
	}
	if m := admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com")).Want(409).Map(); m["code"] != "invited-already" {
		t.Errorf("twice: %v", m)
	}
	to, _, text := letter(t, post)
	first := query(t, text)
	if to != "<bob@example.com>" {
		t.Errorf("the letter went to %s", to)
	}
	clock.pass(7*24*time.Hour - time.Minute)
	check := func(tok string) int {
		return n.Do("POST", "/identity/accounts/register/verification-email-clicked", body("email", "bob@example.com", "emailVerificationToken", tok)).Status
	}
	if got := check(first.Get("token")); got != 200 {
		t.Errorf("a minute before its end: %d", got)
	}
	clock.pass(2 * time.Minute)
	if got := check(first.Get("token")); got != 400 {
		t.Errorf("after its end: %d", got)
	}
	admin, _ = n.LogIn("root") // a week later
	fresh()
	admin.Do("POST", "/api/v1/admin/invitations/"+id+"/resend", body()).Want(200)
	_, _, text = letter(t, post)
	second := query(t, text)
	if check(first.Get("token")) != 400 || check(second.Get("token")) != 200 || first.Get("token") == second.Get("token") {
		t.Error("the old link works, or the new one does not")
	}
	a, err := keyring.NewAccount("bob@example.com", servertest.Password, servertest.CheapKDF)
	if err != nil {
		t.Fatal(err)
	}
	finish := body("email", "bob@example.com", "emailVerificationToken", second.Get("token"), "masterPasswordHash", a.AuthHash, "userSymmetricKey", a.ProtectedKey,
		"userAsymmetricKeys", body("publicKey", a.PublicKey, "encryptedPrivateKey", a.ProtectedPrivateKey), "kdf", 1, "kdfIterations", 2, "kdfMemory", 16, "kdfParallelism", 1)
	n.Do("POST", "/identity/accounts/register/finish", finish).Want(200)
	n.Do("POST", "/identity/accounts/register/finish", finish).Want(400)
	p := &servertest.Person{Client: n.Client, Email: "bob@example.com", Device: vault.NewID[string](), Account: a}
	p.SignIn()
	if profile := p.Do("GET", "/api/accounts/profile", nil).Want(200).Map(); profile["emailVerified"] != true {
		t.Error("the address was not proved")
	}

	gone := admin.Do("POST", "/api/v1/admin/invitations", body("email", "cy@example.com", "by", "link")).Want(201).Map()
	admin.Do("DELETE", "/api/v1/admin/invitations/"+gone["id"].(string), nil).Want(200)
	admin.Do("DELETE", "/api/v1/admin/invitations/"+gone["id"].(string), nil).Want(404)
	n.Do("POST", "/api/v1/register", body("username", "cy@example.com", "password", servertest.Password, "invitation", linkToken(t, gone["link"].(string)).Get("token"))).Want(422)
}

// TestInvitationWithoutMail says so before anything is made.
func TestInvitationWithoutMail(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	admin := n.Admin("root")
	admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com")).Want(503)
	admin.Do("POST", "/api/v1/admin/invitations", body("email", "bob@example.com", "by", "link")).Want(201)
}

// TestInvitationsArePaged walks all pages of three.
func TestInvitationsArePaged(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	admin := n.Admin("root")
	for _, name := range []string{"a", "b", "c"} {
		admin.Do("POST", "/api/v1/admin/invitations", body("email", name, "by", "link")).Want(201)
	}
	var seen []string
	for path := "/api/v1/admin/invitations?limit=2"; path != ""; {
		a := admin.Do("GET", path, nil).Want(200)
		var page []map[string]any
		a.JSON(&page)
		for _, i := range page {
			seen = append(seen, i["email"].(string))
		}
		path = servertest.Next(a)
	}
	if strings.Join(seen, " ") != "a@strongroom.localhost b@strongroom.localhost c@strongroom.localhost" {
		t.Errorf("seen %v", seen)
	}
}

// TestPeople: found by exact name only; signed out everywhere; limited; deleted for good.
func TestPeople(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	admin := n.Admin("root")
	id := n.Register("alice")
	n.Register("bob")
	find := func(query string) (names []string) {
		var us []map[string]any
		admin.Do("GET", "/api/v1/admin/users?"+query, nil).Want(200).JSON(&us)
		for _, u := range us {
			names = append(names, u["username"].(string))
		}
		return names
	}
	for q, want := range map[string]string{"name=alice": "alice", "name=Alice@strongroom.localhost": "alice", "name=ali": "", "name=%22": "", "role=admin": "root", "state=suspended": "", "role=user": "alice bob"} {
		if got := strings.Join(find(q), " "); got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
	in, refresh := n.LogIn("alice")
	tok := in.Do("POST", "/api/v1/access-tokens", body("name", "t")).Want(201).Map()["token"].(string)
	in.Do("POST", "/api/v1/passwords", body("service", "x", "password", "y")).Want(201)
	if p := admin.Do("GET", "/api/v1/admin/users/"+id, nil).Want(200).Map(); p["items"] != 1.0 || p["sessions"] != 1.0 || p["access_tokens"] != 1.0 || p["file_quota"] != nil {
		t.Errorf("shown %v", p)
	}
	admin.Do("POST", "/api/v1/admin/users/"+id+"/sign-out", nil).Want(200)
	deadEverywhere(t, in.Token, refresh, n)
	n.As(tok).Do("GET", "/api/v1/passwords", nil).Want(401)
	in, _ = n.LogIn("alice")
	admin.Do("PUT", "/api/v1/admin/users/"+id+"/quota", body("mib", 3)).Want(200)
	if p := admin.Do("GET", "/api/v1/admin/users/"+id, nil).Want(200).Map(); p["file_quota"] != 3.0 {
		t.Errorf("quota %v", p["file_quota"])
	}
	admin.Do("DELETE", "/api/v1/admin/users/"+id, nil).Want(200)
	in.Do("GET", "/api/v1/passwords", nil).Want(401)
	n.Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {servertest.Password}}).Want(401)
	admin.Do("GET", "/api/v1/admin/users/"+id, nil).Want(404)
	n.Register("alice") // the name is free again
}

// TestQuotaOfOnePerson goes before the instance's, either way.
func TestQuotaOfOnePerson(t *testing.T) {
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "FILE_QUOTA=1")
	n := servertest.Start(t, o)
	admin := n.Admin("root")
	p := n.Join("alice@example.com")
	item := p.Add("x")["id"].(string)
	announce := func(size int) int {
		return p.Do("POST", "/api/ciphers/"+item+"/attachment/v2", body("key", p.Enc("key"), "fileName", p.Enc("name"), "fileSize", size, "adminRequest", false)).Status
	}
	if got := announce(2 << 20); got != 400 {
		t.Errorf("over the instance's quota: %d", got)
	}
	admin.Do("PUT", "/api/v1/admin/users/"+p.ID+"/quota", body("mib", 4)).Want(200)
	if got := announce(2 << 20); got != 200 {
		t.Errorf("within one's own: %d", got)
	}
	if got := announce(3 << 20); got != 400 {
		t.Errorf("over one's own: %d", got)
	}
	admin.Do("PUT", "/api/v1/admin/users/"+p.ID+"/quota", body("mib", 0)).Want(200)
	if got := announce(3 << 20); got != 200 {
		t.Errorf("without limit: %d", got)
	}
	admin.Do("DELETE", "/api/v1/admin/users/"+p.ID+"/quota", nil).Want(200)
	if got := announce(1); got != 400 {
		t.Errorf("the instance's again: %d", got)
	}
}

// TestLastAdministratorStays: by no route, and not by two that go at once.
func TestLastAdministratorStays(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	admin := n.Admin("root")
	rootID := admin.Do("GET", "/api/v1/users/me", nil).Want(200).Map()["id"].(string)
	for _, try := range []func() *servertest.Answer{
		func() *servertest.Answer { return admin.Do("DELETE", "/api/v1/admin/users/"+rootID, nil) },
		func() *servertest.Answer {
			return admin.Do("PATCH", "/api/v1/admin/users/"+rootID, body("role", "auditor"))
		},
		func() *servertest.Answer {
			return admin.Do("PATCH", "/api/v1/admin/users/"+rootID, body("state", "suspended"))
		},
	} {
		if m := try().Want(409).Map(); m["code"] != "last-admin" {
			t.Errorf("refused with %v", m)
		}
	}
	second := n.Register("second")
	admin.Do("PATCH", "/api/v1/admin/users/"+second, body("role", "admin")).Want(200)
	other, _ := n.LogIn("second")
	var wg sync.WaitGroup
	wg.Go(func() { admin.Do("DELETE", "/api/v1/admin/users/"+second, nil) })
	wg.Go(func() { other.Do("DELETE", "/api/v1/admin/users/"+rootID, nil) })
	wg.Wait()
	a, b := admin.Do("GET", "/api/v1/admin/users", nil).Status, other.Do("GET", "/api/v1/admin/users", nil).Status
	if (a == 200) == (b == 200) {
		t.Errorf("of two who deleted each other, the routes answer %d and %d", a, b)
	}
}

// TestResetFactors: who lost theirs gets in by password alone again, is told, and
// is signed out; the vault opens as it did before, for them alone.
func TestResetFactors(t *testing.T) {
	n, clock, post := factorNode(t)
	admin := n.Admin("root")
	p := n.Join("alice@example.com")
	p.Add("kept")
	reset := func() *servertest.Answer {
		return admin.Do("POST", "/api/v1/admin/users/"+p.ID+"/reset-factors", nil)
	}
	reset().Want(404)
	authenticator(t, p, clock)
	signIn(p).want(t, 400, "")
	if m := admin.Do("GET", "/api/v1/admin/users/"+p.ID, nil).Want(200).Map(); m["second_factor"] != true {
		t.Errorf("shown %v", m)
	}
	reset().Want(200)
	letterOf(t, post, "Your second factors were reset")
	p.Do("GET", "/api/accounts/revision-date", nil).Want(401)
	signIn(p).want(t, 200, "")
	p.SignIn()
	if c := p.Sync().Ciphers; len(c) != 1 || p.Dec(c[0]["name"]) != "kept" {
		t.Errorf("the vault has %v", c)
	}
}

// TestAdministratorsOpenNothing: an administrator asks every route of theirs about
// people whose vaults are full of markers, and sees addresses and counts only;
// what they may do to an account opens nothing either.
func TestAdministratorsOpenNothing(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	var m markers
	plant(t, n, &m)
	plantClient(t, n, &m)
	second := n.Register("watcher")
	if _, err := n.Node.Admin.ChangeUser(t.Context(), coreadmin.Machine, vault.UserID(second), coreadmin.Change{Role: new(vault.RoleAdmin)}); err != nil {
		t.Fatal(err)
	}
	admin, _ := n.LogIn("watcher")
	var people []map[string]any
	answers := map[string][]byte{}
	answers["/admin/users"] = admin.Do("GET", "/api/v1/admin/users", nil).Want(200).JSON(&people).Body
	ids := []string{}
	for _, p := range people {
		ids = append(ids, p["id"].(string))
	}
	asked := 0
	for route := range operations(n.REST.OpenAPI()) {
		method, path, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(path, "/admin/") || method == "DELETE" {
			continue
		}
		for _, id := range ids {
			a := admin.Do(method, "/api/v1"+strings.NewReplacer("{id}", id, "{name}", "trash").Replace(path), nil)
			answers[route+" "+id] = a.Body
			asked++
		}
	}
	if asked < 60 || len(m.all) < 100 {
		t.Fatalf("%d answers and %d markers: the test looks at nothing", asked, len(m.all))
	}
	for _, hit := range search(answers, m.all) {
		if deviceInLog.MatchString(hit) {
			continue
		}
		if marker, _, _ := strings.Cut(hit, " ("); !slices.Contains(addressMarkers, strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(marker, "Zq7Marker"), "xK9"))) {
			t.Errorf("an administrator reads %s", hit)
		}
	}
}

// deviceInLog is a device's random identifier in a line of the audit log.
var deviceInLog = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} .* in GET /admin/events`)

// addressMarkers are of what administrators may see: who has an account or is
// invited, what nodes are called, what they set, and in the audit log which
// device did something.
var addressMarkers = []string{"identifier", "admin", "domain", "username", "bwuser", "bwdomain", "invited", "nodename", "signups"}

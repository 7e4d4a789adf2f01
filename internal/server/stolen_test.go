package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// markers makes values that occur nowhere by chance, and remembers them.
type markers struct{ all []string }

func (m *markers) new(field string) string {
	s := "Zq7Marker" + strings.ReplaceAll(field, "_", "") + "xK9"
	m.all = append(m.all, s)
	return s
}

// forms are the ways in which a value may lie on a disk.
func forms(s string) map[string][]byte {
	u16 := utf16.Encode([]rune(s))
	le, be := make([]byte, 0, 2*len(u16)), make([]byte, 0, 2*len(u16))
	for _, u := range u16 {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	f := map[string][]byte{"raw": []byte(s), "lower case": []byte(strings.ToLower(s)), "hex": []byte(hex.EncodeToString([]byte(s))),
		"HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))), "UTF-16LE": le, "UTF-16BE": be}
	for shift := range 3 { // base64 looks different at each of three offsets; its ends depend on neighbours
		b := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		f["base64 +"+string(rune('0'+shift))] = []byte(b[(shift*8+5)/6 : len(b)-2])
	}
	return f
}

// plant puts a marker into every field of every route that keeps anything.
func plant(t *testing.T, n *servertest.Node, m *markers) {
	t.Helper()
	admin := n.Admin(m.new("admin") + "@" + strings.ToLower(m.new("domain")) + ".example")
	name, pw := m.new("username"), m.new("loginpassword")+" correct horse"
	n.Do("POST", "/api/v1/register", map[string]string{"username": name, "password": pw}).Want(201)
	agent := m.new("useragent")
	tok := n.Do("POST", "/api/v1/token", url.Values{"username": {name}, "password": {pw}}, "User-Agent", agent, "X-Forwarded-For", "203.0.113.77").Want(200).Map()
	m.all = append(m.all, "203.0.113.77", tok["access_token"].(string)[:60], tok["refresh_token"].(string)[4:40])
	c := n.As(tok["access_token"].(string))
	folder := c.Do("POST", "/api/v1/folders", map[string]string{"name": m.new("folder")}).Want(201).Map()["id"].(string)
	full := func(p string) map[string]any {
		return map[string]any{"service": m.new(p + "service"), "url": "https://" + m.new(p+"url"), "username": m.new(p + "user"), "password": m.new(p + "pw"),
			"notes": m.new(p + "notes"), "totp": "JBSWY3DPEHPK3PXP", "folder": folder, "favorite": true,
			"fields": []map[string]string{{"name": m.new(p + "fieldname"), "value": m.new(p + "fieldvalue"), "type": "hidden"}}}
	}
	m.all = append(m.all, "JBSWY3DPEHPK3PXP")
	id := c.Do("POST", "/api/v1/passwords", full("post")).Want(201).Map()["id"].(string)
	c.Do("PUT", "/api/v1/passwords/"+id, full("put")).Want(200)
	c.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": m.new("patchpw"), "notes": m.new("patchnotes")}).Want(200)
	c.Do("POST", "/api/v1/passwords/import", []any{full("import")}).Want(200)
	c.Do("POST", "/api/v1/passwords/import", "service,url,username,password,notes,folder\n"+m.new("csvservice")+",,"+m.new("csvuser")+","+m.new("csvpw")+",,"+m.new("csvfolder")+"\n",
		"Content-Type", "text/csv").Want(200)
	c.Do("PATCH", "/api/v1/folders/"+folder, map[string]string{"name": m.new("renamed")}).Want(200)
	made := c.Do("POST", "/api/v1/access-tokens", map[string]string{"name": m.new("tokenname"), "scope": "write"}).Want(201).Map()["token"].(string)
	m.all = append(m.all, made[4:40])
	machine := n.As(made)
	machine.Do("GET", "/api/v1/passwords", nil).Want(200)
	machine.Do("DELETE", "/api/v1/passwords/"+id, nil).Want(200)
	n.Do("POST", "/api/v1/token", url.Values{"username": {m.new("nobody")}, "password": {m.new("wrongpw")}}).Want(401)
	admin.Do("GET", "/api/v1/admin/users", nil).Want(200)
	link := admin.Do("POST", "/api/v1/admin/invitations", map[string]string{"email": m.new("invited") + "@example.com", "by": "link"}).Want(201).Map()["link"].(string)
	m.all = append(m.all, link[strings.Index(link, "sri_")+4:][:39])
	// SIGNUPS is set for tests; what an administrator keeps lies in the database all the same.
	err := n.Store.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.Keep(t.Context(), "SIGNUPS", m.new("signups")+".example", "machine")
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Member.Node.Name = m.new("nodename")
	if err := n.Member.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// dump is the whole database as its own tool writes it.
func dump(t *testing.T, src store.Source) []byte {
	t.Helper()
	var cmd *exec.Cmd
	host, port, _ := strings.Cut(src.Host, ":")
	switch src.Kind {
	case "mysql":
		cmd = exec.CommandContext(t.Context(), os.Getenv("STRONGROOM_TEST_MYSQLDUMP"), "--no-defaults", "-h", host, "-P", port, "-u", src.User, "-p"+src.Password, src.Name)
	case "postgres":
		cmd = exec.CommandContext(t.Context(), os.Getenv("STRONGROOM_TEST_PGDUMP"), "-h", host, "-p", port, "-U", src.User, src.Name)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+src.Password)
	default:
		return nil
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lying is all that a thief of the disk has.
func lying(t *testing.T, src store.Source) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	if d := dump(t, src); d != nil {
		found["dump"] = d
		return found
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(src.Path), "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(f)] = b
	}
	return found
}

// search returns where any marker lies in any form.
func search(where map[string][]byte, all []string) (hits []string) {
	for _, s := range all {
		for form, b := range forms(s) {
			for name, content := range where {
				if bytes.Contains(content, b) {
					hits = append(hits, s+" ("+form+") in "+name)
				}
			}
		}
	}
	return hits
}

// encString is the beginning of what clients encrypt: sealed, it cannot be seen either.
var encString = regexp.MustCompile(`2\.[A-Za-z0-9+/]{22}==\|`)

// TestStolenDatabaseTellsNothing plants a marker in every field of every route
// and searches what a thief of the database would have.
func TestStolenDatabaseTellsNothing(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, kind)
			o.Trusted, o.URL = loopback, vaultOrigin
			n := servertest.Start(t, o)
			var m markers
			plant(t, n, &m)
			plantClient(t, n, &m)
			plantFactors(t, n, &m)
			where := lying(t, o.Store.Source)
			size := 0
			for _, b := range where {
				size += len(b)
			}
			if size < 20_000 || len(m.all) < 40 {
				t.Fatalf("%d bytes and %d markers: the test looks at nothing", size, len(m.all))
			}
			for name, b := range where {
				if at := encString.Find(b); at != nil {
					t.Errorf("a thief reads what a client encrypted in %s: %s", name, at)
				}
			}
			if hits := search(where, m.all); len(hits) > 0 {
				t.Errorf("a thief reads:\n%s", strings.Join(hits, "\n"))
			}
		})
	}
}

// TestSearchFinds shows that the search would see each form, were it there.
func TestSearchFinds(t *testing.T) {
	var m markers
	s := m.new("x")
	for form, b := range forms(s) {
		if form != "lower case" && len(search(map[string][]byte{"f": append([]byte("..."), b...)}, m.all)) == 0 {
			t.Errorf("%s is not found", form)
		}
	}
	for shift := range 3 {
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", shift+3) + s + "tail"))
		if len(search(map[string][]byte{"f": []byte(b)}, m.all)) == 0 {
			t.Errorf("base64 behind %d bytes is not found", shift)
		}
	}
}

// visible are the columns that are not sealed; each is an id, a key to another
// table, a revision, a time, a type, a state or a keyed index.
var visible = []string{"id", "owner_id", "user_id", "session_id", "folder_id", "key_id", "email_index", "token_index", "name", "kind",
	"role", "state", "epoch", "changed_at", "created_at", "updated_at", "deleted_at", "archived_at", "last_used_at", "expires_at", "used_at", "proven_at", "counter", "purpose", "tries", "at",
	"device_id", "identifier_index", "answered_at", "item_id", "size", "auth", "max_accesses", "accesses", "deletes_at",
	"node_id", "lease_until", "started_at", "ended_at", "next_at", "seen_at",
	"full_at", "wait", "seq", "link", "fails", "door", "can_write", "type", "favorite", "reprompt", "revision"}

// TestEveryColumnIsSealedOrListed walks the schema: a text column that is
// neither sealed nor listed fails.
func TestEveryColumnIsSealedOrListed(t *testing.T) {
	o := servertest.Options(t)
	o.URL = vaultOrigin
	n := servertest.Start(t, o)
	var m markers
	plant(t, n, &m)
	plantClient(t, n, &m)
	plantFactors(t, n, &m)
	if c, err := n.Store.CheckSeals(t.Context()); err != nil || len(c.Broken) > 0 || c.Rows < 20 {
		t.Errorf("of %d sealed values %v do not open (%v)", c.Rows, c.Broken, err)
	}
	db := testdb.DB(t, o.Store.Source)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'schema_version'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var sealed [][2]string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		switch {
		case column == "sealed" || table == "data_keys" && column == "token":
			sealed = append(sealed, [2]string{table, column})
		case table == "settings" && column == "value":
		case !contains(visible, column):
			t.Errorf("%s.%s is neither sealed nor on the list of what may be seen", table, column)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(sealed) < 11 {
		t.Fatalf("only %v are sealed", sealed)
	}
	for _, s := range sealed {
		var bad int
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+s[0]+` WHERE `+s[1]+` NOT LIKE 'gAAAAA%'`).Scan(&bad); err != nil || bad > 0 {
			t.Errorf("%s.%s has %d values that are no Fernet tokens (%v)", s[0], s[1], bad, err)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

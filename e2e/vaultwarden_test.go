package e2e

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// wardenTables are a Vaultwarden's, with the columns that docs/import-vaultwarden.md
// names and the types that SQLite needs.
var wardenTables = []string{
	`CREATE TABLE users (uuid TEXT PRIMARY KEY, enabled BOOLEAN, created_at DATETIME, updated_at DATETIME, verified_at DATETIME, email TEXT, name TEXT, password_hash BLOB, salt BLOB,
		password_iterations INTEGER, password_hint TEXT, akey TEXT, private_key TEXT, public_key TEXT, security_stamp TEXT, equivalent_domains TEXT, excluded_globals TEXT,
		client_kdf_type INTEGER, client_kdf_iter INTEGER, api_key TEXT, client_kdf_memory INTEGER, client_kdf_parallelism INTEGER, totp_recover TEXT)`,
	`CREATE TABLE ciphers (uuid TEXT PRIMARY KEY, created_at DATETIME, updated_at DATETIME, user_uuid TEXT, organization_uuid TEXT, atype INTEGER, name TEXT, notes TEXT, fields TEXT, data TEXT,
		password_history TEXT, deleted_at DATETIME, reprompt INTEGER, key TEXT)`,
	`CREATE TABLE folders (uuid TEXT PRIMARY KEY, user_uuid TEXT, name TEXT)`,
	`CREATE TABLE folders_ciphers (cipher_uuid TEXT, folder_uuid TEXT)`,
	`CREATE TABLE favorites (user_uuid TEXT, cipher_uuid TEXT)`,
	`CREATE TABLE attachments (id TEXT PRIMARY KEY, cipher_uuid TEXT, file_name TEXT, file_size INTEGER, akey TEXT)`,
	`CREATE TABLE twofactor (uuid TEXT PRIMARY KEY, user_uuid TEXT, atype INTEGER, enabled BOOLEAN, data TEXT, last_used INTEGER)`,
	`CREATE TABLE sends (uuid TEXT PRIMARY KEY, user_uuid TEXT, organization_uuid TEXT, name TEXT, notes TEXT, atype INTEGER, data TEXT, akey TEXT, password_hash BLOB, password_salt BLOB,
		password_iter INTEGER, max_access_count INTEGER, access_count INTEGER, creation_date DATETIME, revision_date DATETIME, expiration_date DATETIME, deletion_date DATETIME,
		disabled BOOLEAN, hide_email BOOLEAN)`,
	`CREATE TABLE devices (uuid TEXT, created_at DATETIME, updated_at DATETIME, user_uuid TEXT, name TEXT, atype INTEGER, push_token TEXT, refresh_token TEXT, twofactor_remember TEXT,
		PRIMARY KEY (uuid, user_uuid))`,
}

const wardenPassword = "correct horse battery staple"

// warden is a folder as a Vaultwarden left it.
type warden struct {
	dir string
	db  *sql.DB
}

func newWarden(t *testing.T) *warden {
	t.Helper()
	w := &warden{dir: t.TempDir()}
	var err error
	if w.db, err = sql.Open("sqlite", filepath.Join(w.dir, "db.sqlite3")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	for _, q := range wardenTables {
		w.exec(t, q)
	}
	return w
}

func (w *warden) exec(t *testing.T, q string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// user adds an account as a client makes it, with the hash of its proof as that server keeps it.
func (w *warden) user(t *testing.T, email string, kdf keyring.KDF) (keyring.Account, string) {
	t.Helper()
	a, err := keyring.NewAccount(email, wardenPassword, kdf)
	if err != nil {
		t.Fatal(err)
	}
	id := vault.NewID[string]()
	hash, salt := kept(t, a.AuthHash)
	w.exec(t, `INSERT INTO users VALUES (?, 1, '2024-01-02 03:04:05.678', '2024-01-02 03:04:05', '2024-01-02 03:04:05', ?, 'Some Body', ?, ?, 600000, 'a hint', ?, ?, ?, 'stamp',
		'[["example.com","example.org"]]', '[2]', ?, ?, 'anapikeyof30charactersorsothere', ?, ?, NULL)`, id, email, hash, salt, a.ProtectedKey, a.ProtectedPrivateKey, a.PublicKey,
		kdf.Type, kdf.Iterations, kdf.MemoryMiB, kdf.Parallelism)
	return a, id
}

// kept is a proof as that server keeps it.
func kept(t *testing.T, proof string) (hash, salt []byte) {
	t.Helper()
	salt = []byte(strings.Repeat(proof, 64)[:64])
	hash, err := pbkdf2.Key(sha256.New, proof, salt, 600_000, 32)
	if err != nil {
		t.Fatal(err)
	}
	return hash, salt
}

// item adds a login; capitals stands for what an old client wrote.
func (w *warden) item(t *testing.T, a keyring.Account, user, folder, name, password string, capitals bool) string {
	t.Helper()
	enc := a.UserKey.EncryptString
	login := map[string]any{"username": enc("me"), "password": enc(password), "uris": []any{map[string]any{"uri": enc("https://example.com"), "match": nil}}}
	if capitals {
		login = map[string]any{"Username": enc("me"), "Password": enc(password), "Uris": []any{map[string]any{"Uri": enc("https://example.com"), "Match": nil}}, "Name": enc(name)}
	}
	data, err := json.Marshal(login)
	if err != nil {
		t.Fatal(err)
	}
	id := vault.NewRowID[string]() // items of one time are listed by their ids
	fields := `[{"type":0,"name":"` + enc("field") + `","value":"` + enc("value of "+name) + `"}]`
	w.exec(t, `INSERT INTO ciphers (uuid, created_at, updated_at, user_uuid, atype, name, notes, fields, data, password_history, reprompt) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, NULL, 0)`,
		id, "2024-01-02 03:04:05.678", "2024-01-02 03:04:05", user, enc(name), enc("notes of "+name), fields, string(data))
	if folder != "" {
		w.exec(t, `INSERT INTO folders_ciphers VALUES (?, ?)`, id, folder)
		w.exec(t, `INSERT INTO favorites VALUES (?, ?)`, user, id)
	}
	return id
}

// attach adds a file, and returns its path.
func (w *warden) attach(t *testing.T, a keyring.Account, item, name, text string) string {
	t.Helper()
	key := keyring.NewSymKey()
	sealed := key.EncryptFile([]byte(text))
	id := strings.ReplaceAll(vault.NewID[string](), "-", "")[:20]
	path := filepath.Join(w.dir, "attachments", item, id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	w.exec(t, `INSERT INTO attachments VALUES (?, ?, ?, ?, ?)`, id, item, a.UserKey.EncryptString(name), len(sealed), a.UserKey.WrapKey(key))
	return path
}

// bring runs the import into data.
func (w *warden) bring(t *testing.T, data string, more ...string) (string, error) {
	t.Helper()
	return run(t, w.dir, "", placed(t, data, []string{"DATA_DIR=" + data}), append([]string{"import", "vaultwarden"}, more...)...)
}

var pbkdf2KDF = keyring.KDF{Type: 0, Iterations: 100_000}

// TestImportOfVaultwarden: people sign in with the password they had, by the
// official client too, and find what they had.
func TestImportOfVaultwarden(t *testing.T) {
	w := newWarden(t)
	ann, annID := w.user(t, "ann@example.com", pbkdf2KDF)
	bob, bobID := w.user(t, "bob@example.com", keyring.KDF{Type: 1, Iterations: 3, MemoryMiB: 64, Parallelism: 4})
	_, carolID := w.user(t, "carol@example.com", pbkdf2KDF)
	eve, eveID := w.user(t, "eve@example.com", pbkdf2KDF)
	folder := vault.NewID[string]()
	w.exec(t, `INSERT INTO folders VALUES (?, ?, ?)`, folder, annID, ann.UserKey.EncryptString("Work"))
	first := w.item(t, ann, annID, folder, "first", "gehéim 🔑", false)
	w.item(t, ann, annID, "", "second", "p2", true)
	w.attach(t, ann, first, "notes.txt", "what is in the file")
	w.item(t, bob, bobID, "", "of bob", "pb", false)
	w.factor(t, carolID, 7, `[{"id":1,"name":"key","credential":{}}]`)
	w.exec(t, `INSERT INTO ciphers (uuid, organization_uuid, atype, name, data) VALUES ('shared', 'org', 1, 'x', '{}')`)
	lost := w.attach(t, eve, w.item(t, eve, eveID, "", "of eve", "pe", false), "gone.txt", "x")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	w.exec(t, `INSERT INTO users (uuid, enabled, email, name, password_hash, salt, password_iterations, akey, client_kdf_type, client_kdf_iter) VALUES (?, 1, 'new@example.com', '', x'', x'', 0, '', 0, 0)`, vault.NewID[string]())

	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	const counts = " 2 of 5 accounts with 3 items, 1 folders and 1 attachments; 0 were there already, 1 were never set up."
	out, err := w.bring(t, data, "--dry-run")
	if err == nil || !strings.Contains(out, "Would take over"+counts) {
		t.Errorf("a dry run said %v:\n%s", err, out)
	}
	if out := mustRun(t, data, "", nil, "user", "list"); strings.TrimSpace(out) != "" {
		t.Errorf("a dry run made accounts:\n%s", out)
	}
	out, err = w.bring(t, data)
	for _, want := range []string{"Took over" + counts, "carol@example.com: it has a second factor", "(security keys (WebAuthn))", "eve@example.com: its file attachments/", "is missing", "ann@example.com derives its key in a way that is too weak",
		"1 items of organizations, 0 second factors", "2 accounts were not taken over"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if err == nil {
		t.Error("an import that left accounts out ended well")
	}
	if out, _ := w.bring(t, data); !strings.Contains(out, "Took over 0 of 5 accounts") || !strings.Contains(out, "2 were there already") {
		t.Errorf("the second run said:\n%s", out)
	}
	if out, err := w.bring(t, data, "--without-second-factors"); err == nil || !strings.Contains(out, "Took over 1 of 5") {
		t.Errorf("without second factors: %v\n%s", err, out)
	}
	p := serve(t, data)
	c := p.client(t)
	c.Do("POST", "/api/v1/token", url.Values{"username": {"ann@example.com"}, "password": {"not her password"}}).Want(401)
	for range 2 { // by the hash that came, and by our own in its place
		m := c.Do("POST", "/api/v1/token", url.Values{"username": {"ann@example.com"}, "password": {wardenPassword}}).Want(200).Map()
		var list []map[string]any
		c.As(m["access_token"].(string)).Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&list)
		if len(list) != 2 || list[0]["id"] != first || list[0]["service"] != "first" || list[0]["password"] != "gehéim 🔑" || list[0]["url"] != "https://example.com" || list[1]["password"] != "p2" {
			t.Errorf("ann has %v", list)
		}
	}
	c.Do("POST", "/api/v1/token", url.Values{"username": {"bob@example.com"}, "password": {wardenPassword}}).Want(200)
}

// TestImportOfVaultwardenByTheClient: `bw login` with the old password shows
// items, folder and file.
func TestImportOfVaultwardenByTheClient(t *testing.T) {
	bw := bwPath(t, versions[0])
	w := newWarden(t)
	ann, annID := w.user(t, "ann@example.com", pbkdf2KDF)
	folder := vault.NewID[string]()
	w.exec(t, `INSERT INTO folders VALUES (?, ?, ?)`, folder, annID, ann.UserKey.EncryptString("Work"))
	first := w.item(t, ann, annID, folder, "first", "gehéim 🔑", false)
	w.item(t, ann, annID, "", "second", "p2", true)
	w.attach(t, ann, first, "notes.txt", "what is in the file")
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	if out, err := w.bring(t, data); err != nil {
		t.Fatal(err, out)
	}
	p := serve(t, data, "TLS=self-signed")
	home := t.TempDir()
	client := func(args ...string) string {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "node", append([]string{bw}, args...)...)
		cmd.Dir = home
		cmd.Env = append(environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(data, "tls", "ca.pem"), "BITWARDENCLI_APPDATA_DIR="+home, "BW_NOINTERACTION=true", "NODE_NO_WARNINGS=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("bw %s: %v\n%s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	client("config", "server", p.URL)
	key := client("login", "ann@example.com", wardenPassword, "--raw")
	var items []struct {
		ID, Name, Notes, FolderID string
		Favorite                  bool
		Login                     struct{ Username, Password string }
		Fields                    []struct{ Name, Value string }
		Attachments               []struct{ FileName string }
	}
	if err := json.Unmarshal([]byte(client("list", "items", "--session", key)), &items); err != nil || len(items) != 2 {
		t.Fatal(err, items)
	}
	for _, i := range items {
		want := map[string]string{"first": "gehéim 🔑", "second": "p2"}[i.Name]
		if i.Login.Password != want || i.Login.Username != "me" || i.Notes != "notes of "+i.Name || len(i.Fields) != 1 || i.Fields[0].Value != "value of "+i.Name {
			t.Errorf("%+v", i)
		}
		if is := i.ID == first; is != (i.FolderID == folder) || is != i.Favorite || is != (len(i.Attachments) == 1) {
			t.Errorf("%+v", i)
		}
	}
	if out := client("list", "folders", "--session", key); !strings.Contains(out, `"name":"Work"`) {
		t.Error(out)
	}
	if out := client("get", "attachment", "notes.txt", "--itemid", first, "--raw", "--session", key); out != "what is in the file" {
		t.Errorf("the file holds %q", out)
	}
}

// TestImportOfVaultwardenAgain: an account that came before keeps its files when its
// address at the other server is not the one it has here, and a file that is none does not come.
func TestImportOfVaultwardenAgain(t *testing.T) {
	w := newWarden(t)
	ann, annID := w.user(t, "ann@example.com", pbkdf2KDF)
	w.attach(t, ann, w.item(t, ann, annID, "", "first", "p", false), "notes.txt", "what is in the file")
	dan, danID := w.user(t, "dan@example.com", pbkdf2KDF)
	link := w.attach(t, dan, w.item(t, dan, danID, "", "first", "p", false), "notes.txt", "x")
	if err := errors.Join(os.Remove(link), os.Symlink(filepath.Join("..", "..", "db.sqlite3"), link)); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	if out, err := w.bring(t, data); err == nil || !strings.Contains(out, "Took over 1 of 2 accounts") || !strings.Contains(out, "is no regular file") {
		t.Fatal(err, out)
	}
	files := func() (found []string) {
		err := filepath.WalkDir(filepath.Join(data, "files"), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				found = append(found, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	before := files()
	w.exec(t, `UPDATE users SET email = 'anna@example.com' WHERE uuid = ?`, annID)
	if out, _ := w.bring(t, data); !strings.Contains(out, "Took over 0 of 2 accounts") || !strings.Contains(out, "1 were there already") {
		t.Error(out)
	}
	if after := files(); len(before) != 1 || !slices.Equal(before, after) {
		t.Errorf("files before: %v, after: %v", before, after)
	}
}

// TestImportOfVaultwardenRefusals: what is wrong with the folder is said before
// anything is made.
func TestImportOfVaultwardenRefusals(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, data, "", nil, "init")
	empty := &warden{dir: t.TempDir()}
	other := newWarden(t)
	other.exec(t, `ALTER TABLE ciphers DROP COLUMN reprompt`)
	none := newWarden(t)
	none.exec(t, `DROP TABLE favorites`)
	sends, devices := newWarden(t), newWarden(t)
	sends.exec(t, `ALTER TABLE sends DROP COLUMN akey`)
	devices.exec(t, `ALTER TABLE devices DROP COLUMN atype`)
	garbage := &warden{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(garbage.dir, "db.sqlite3"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, w := range map[string]*warden{"no such file": empty, "table ciphers has no column reprompt": other, "no table favorites": none, "not a database": garbage,
		"table sends has no column akey": sends, "table devices has no column atype": devices} {
		if out, err := w.bring(t, data); err == nil || !strings.Contains(out, want) {
			t.Errorf("no %q in %v:\n%s", want, err, out)
		}
	}
	if out := mustRun(t, data, "", nil, "user", "list"); strings.TrimSpace(out) != "" {
		t.Errorf("accounts were made:\n%s", out)
	}
}

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// upgrades has a folder a released version, with what that version left of one
// instance on each database: see upgrade/README.md.
const upgrades = "upgrade"

var (
	writeUpgrade = flag.String("write-upgrade", "", "write what the program of -upgrade-from leaves into this folder below upgrade/")
	upgradeFrom  = flag.String("upgrade-from", "", "the program of a released version")
)

// left is what an instance must still have after an upgrade.
type left struct {
	Passwords map[string][]leftPassword `json:"passwords"` // by person
	Token     string                    `json:"token"`     // a machine's, which reads alice's
	File      leftFile                  `json:"file"`      // bob's
	Sync      map[string]int            `json:"sync"`      // how many ciphers and folders bob has
}

type leftPassword struct {
	Service, URL, Username, Password, Notes string
	Favorite                                bool
}

type leftFile struct{ Cipher, Attachment, SHA256 string }

// look is what an instance has now, as its doors show it.
func (l left) look(t *testing.T, c servertest.Client) (now left) {
	t.Helper()
	now = left{Passwords: map[string][]leftPassword{}, Token: l.Token, File: l.File, Sync: map[string]int{}}
	for name := range l.Passwords {
		in, _ := c.LogIn(name)
		var all []leftPassword
		in.Do("GET", "/api/v1/passwords", nil).Want(200).JSON(&all)
		now.Passwords[name] = all
	}
	c.As(l.Token).Do("GET", "/api/v1/passwords", nil).Want(200)
	bob := c.Web("bob@example.com")
	var sync struct{ Ciphers, Folders []map[string]any }
	bob.Do("GET", "/api/sync?excludeDomains=true", nil).Want(200).JSON(&sync)
	now.Sync["ciphers"], now.Sync["folders"] = len(sync.Ciphers), len(sync.Folders)
	link, _ := bob.Do("GET", "/api/ciphers/"+l.File.Cipher+"/attachment/"+l.File.Attachment, nil).Want(200).Map()["url"].(string)
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp.Status, err)
	}
	sum := sha256.Sum256(b)
	now.File.SHA256 = hex.EncodeToString(sum[:])
	return now
}

func (l left) text(t *testing.T) string {
	t.Helper()
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

// inDatabase gives a database of a kind and what moves a dump of it out and in.
func inDatabase(t *testing.T, kind, data string) (settings []string, dump, load func(file string)) {
	t.Helper()
	if kind == "sqlite" {
		db := filepath.Join(data, "strongroom.db")
		return []string{"DATABASE_URL=sqlite://" + db}, func(file string) { copyFile(t, db, file) }, func(file string) { copyFile(t, file, db) }
	}
	settings = granted(t, kind)
	src := source(t, settings[1])
	if kind == "mysql" { // its dumps lock tables, which only an administrator may
		admin := testdb.Administrator(t, kind)
		src.User, src.Password = admin.User, admin.Password
	}
	client := func(out io.Writer, in io.Reader, dumping bool) {
		cmd := databaseClient(t, src, dumping)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stdin, cmd.Stderr = out, in, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, errs.String())
		}
	}
	dump = func(file string) {
		var b bytes.Buffer
		client(&b, nil, true)
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load = func(file string) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		client(io.Discard, bytes.NewReader(b), false)
	}
	return settings, dump, load
}

// databaseClient is the database's own program to dump src, or to run SQL in it.
func databaseClient(t *testing.T, src store.Source, dumping bool) *exec.Cmd {
	host, port, _ := strings.Cut(src.Host, ":")
	program := os.Getenv(map[string]string{"mysql": "STRONGROOM_TEST_MYSQLDUMP", "postgres": "STRONGROOM_TEST_PGDUMP"}[src.Kind])
	if src.Kind == "mysql" {
		args := []string{"--no-defaults", "-h", host, "-P", port, "-u", src.User, "-p" + src.Password}
		if !dumping {
			return exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(program), "mariadb"), append(args, src.Name)...)
		}
		return exec.CommandContext(t.Context(), program, append(args, "--skip-comments", "--single-transaction", src.Name)...)
	}
	args := []string{"-h", host, "-p", port, "-U", src.User, "-d", src.Name}
	cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(program), "psql"), append(args, "-q", "-v", "ON_ERROR_STOP=1")...)
	if dumping {
		cmd = exec.CommandContext(t.Context(), program, append(args, "--no-owner", "--no-privileges", "--inserts", "--no-comments")...)
	}
	cmd.Env = append(os.Environ(), "PGPASSWORD="+src.Password)
	return cmd
}

// TestUpgrade starts this program on what each released version left in each
// database: everything is there, and goes on.
func TestUpgrade(t *testing.T) {
	entries, err := os.ReadDir(upgrades)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		for _, kind := range testdb.Kinds {
			from := filepath.Join(upgrades, e.Name(), kind)
			t.Run(e.Name()+"/"+kind, func(t *testing.T) {
				data := filepath.Join(t.TempDir(), "data")
				if err := os.CopyFS(filepath.Join(data, "files"), os.DirFS(filepath.Join(from, "files"))); err != nil {
					t.Fatal(err)
				}
				copyFile(t, filepath.Join(from, "env"), filepath.Join(data, ".env"))
				settings, _, load := inDatabase(t, kind, data)
				load(filepath.Join(from, "dump"))
				want, err := os.ReadFile(filepath.Join(from, "left.json"))
				if err != nil {
					t.Fatal(err)
				}
				var l left
				if err := json.Unmarshal(want, &l); err != nil {
					t.Fatal(err)
				}
				p := serve(t, data, settings...)
				c := p.client(t)
				if now := l.look(t, c).text(t); now != string(want) {
					t.Errorf("after the upgrade there is\n%s, before there was\n%s", now, want)
				}
				in, _ := c.LogIn("alice")
				in.Do("POST", "/api/v1/passwords", map[string]string{"service": "new", "password": "p"}).Want(201)
				if out := mustRun(t, data, "", settings, "key", "check"); !strings.Contains(out, "sealed values open") {
					t.Error(out)
				}
				mustRun(t, data, "", settings, "key", "rotate")
			})
		}
	}
}

// TestEveryReleaseHasUpgradeData: a tag without a folder was released without a
// test of the way from it.
func TestEveryReleaseHasUpgradeData(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "tag", "--list", "v*").Output()
	if err != nil {
		t.Log("this is no git repository; its folders are tested all the same")
	}
	for _, tag := range strings.Fields(string(out)) {
		if _, err := os.Stat(filepath.Join(upgrades, tag, "sqlite", "left.json")); err != nil {
			t.Errorf("%s has no data in e2e/%s/%s: see README.md there", tag, upgrades, tag)
		}
	}
}

// TestWriteUpgrade writes what a released version leaves; it is run by hand.
func TestWriteUpgrade(t *testing.T) {
	if *writeUpgrade == "" {
		return
	}
	newest := binary
	for _, kind := range testdb.Kinds {
		to := filepath.Join(upgrades, *writeUpgrade, kind)
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(t.TempDir(), "data")
		binary = newest // an old program may not print grants
		settings, dump, _ := inDatabase(t, kind, data)
		binary = *upgradeFrom
		p := serve(t, data, append(settings, "SIGNUPS=open")...)
		l := plantLeft(t, p.client(t))
		p.stop(t)
		dump(filepath.Join(to, "dump"))
		copyFile(t, filepath.Join(data, ".env"), filepath.Join(to, "env"))
		if err := os.CopyFS(filepath.Join(to, "files"), os.DirFS(filepath.Join(data, "files"))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, "left.json"), []byte(l.text(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// plantLeft makes what an upgrade must keep, through both doors.
func plantLeft(t *testing.T, c servertest.Client) left {
	t.Helper()
	l := left{Passwords: map[string][]leftPassword{"alice": nil, "bob@example.com": nil}}
	alice := c.User("alice")
	folder := alice.Do("POST", "/api/v1/folders", map[string]string{"name": "Work"}).Want(201).Map()["id"]
	alice.Do("POST", "/api/v1/passwords", map[string]any{"service": "Mail", "url": "https://mail.example.com", "username": "alice", "password": "gehéim 🔑", "notes": "n", "folder": folder, "favorite": true}).Want(201)
	id := alice.Do("POST", "/api/v1/passwords", map[string]string{"service": "Bank", "password": "old"}).Want(201).Map()["id"].(string)
	alice.Do("PATCH", "/api/v1/passwords/"+id, map[string]string{"password": "new"}).Want(200)
	l.Token = alice.Do("POST", "/api/v1/access-tokens", map[string]string{"name": "script", "scope": "read"}).Want(201).Map()["token"].(string)
	bob := c.Join("bob@example.com")
	f := bob.Do("POST", "/api/folders", map[string]string{"name": bob.Enc("Private")}).Want(200).Map()["id"]
	item := bob.Add("shop.example", "folderId", f)["id"].(string)
	bob.Add("other.example")
	content := bytes.Repeat([]byte("attached "), 400)
	file := bob.Do("POST", "/api/ciphers/"+item+"/attachment/v2", map[string]any{"key": bob.Enc("key"), "fileName": bob.Enc("name"), "fileSize": len(content)}).Want(200).Map()["attachmentId"].(string)
	bob.Do("POST", "/api/ciphers/"+item+"/attachment/"+file, "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"x\"\r\n\r\n"+string(content)+"\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b").Want(200)
	l.File = leftFile{Cipher: item, Attachment: file}
	return l.look(t, c)
}

package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"strongroom/internal/backup"
	"strongroom/internal/blob"
	"strongroom/internal/seal"
	"strongroom/internal/server"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
)

// lock makes guessing cheap: these tests are not about it.
var lock = backup.Lock{Passphrase: "a passphrase of a test", Work: 4}

func identities(t *testing.T) []age.Identity {
	t.Helper()
	ids, err := lock.Keys(nil)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func instanceOf(n *servertest.Node, o server.Options) backup.Instance {
	return backup.Instance{Store: n.Store, Blobs: blob.NewDisk(o.Files), Keys: o.Store.Keys, Version: "test", Now: time.Now}
}

func makeBackup(t *testing.T, n *servertest.Node, o server.Options) ([]byte, backup.Summary) {
	t.Helper()
	to, err := lock.To()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	sum, err := instanceOf(n, o).Write(t.Context(), &b, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), sum
}

func opens(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// filesIn are the bytes under each name in a folder.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[e.Name()] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// rows are all rows of a database, sealed, in an order of their own.
func rows(t *testing.T, s *store.Store) (all []string) {
	t.Helper()
	err := s.Snapshot(t.Context(), func(snap *store.Snapshot) error {
		for _, table := range snap.Tables {
			err := snap.Rows(t.Context(), table, func(row []store.Value) error {
				if table.Name == "settings" && row[0].Text == "files_held_until" {
					return nil
				}
				line := table.Name
				for n, v := range row {
					line += "|" + table.Columns[n].Name + "=" + v.Text
					if v.Null {
						line += "NULL"
					} else if table.Columns[n].Kind == store.Integer {
						line += time.UnixMicro(v.Int).String()
					}
				}
				all = append(all, line)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// TestBackupIntoEveryDatabase makes a backup of each database while clients
// write, and restores it into each: the same rows, files and items.
func TestBackupIntoEveryDatabase(t *testing.T) {
	for _, from := range testdb.Kinds {
		t.Run(from, func(t *testing.T) {
			o := servertest.Options(t)
			o.Store.Source = testdb.New(t, from)
			o.Trusted = loopback
			n := servertest.Start(t, o)
			var m markers
			plant(t, n, &m)
			plantClient(t, n, &m)
			alice := n.User("alice")
			for _, name := range []string{"one", "two ü 🔑", "three"} {
				alice.Do("POST", "/api/v1/passwords", map[string]string{"service": name, "password": "p"}).Want(201)
			}
			var stop atomic.Bool
			var wg sync.WaitGroup
			bob := n.User("bob")
			for range 4 {
				wg.Go(func() {
					for !stop.Load() {
						if a := bob.Do("POST", "/api/v1/passwords", map[string]string{"service": "s", "password": "p"}); a.Status != 201 {
							t.Errorf("a write during the backup was answered %d", a.Status)
						}
					}
				})
			}
			b, sum := makeBackup(t, n, o)
			stop.Store(true)
			wg.Wait()
			if bytes.Contains(b, []byte("gAAAAA")) || sum.Rows < 50 || sum.Files < 1 {
				t.Fatalf("the backup is not encrypted or holds nothing: %+v", sum)
			}
			want := passwords(alice)
			for _, kind := range testdb.Kinds {
				t.Run("into "+kind, func(t *testing.T) {
					r := o
					r.Store.Source, r.Files = testdb.New(t, kind), filepath.Join(t.TempDir(), "files")
					target := backup.Target{Source: r.Store.Source, Blobs: blob.NewDisk(r.Files), Keys: o.Store.Keys}
					got, err := target.Restore(t.Context(), opens(b), identities(t), nil)
					if err != nil {
						t.Fatal(err)
					}
					if got.Digest != sum.Digest || !got.Signed {
						t.Errorf("restored %+v of %+v", got, sum)
					}
					again := servertest.Start(t, r)
					in, _ := again.LogIn("alice")
					if have := passwords(in); have != want {
						t.Errorf("alice has\n%s, want\n%s", have, want)
					}
					if have, want := filesIn(t, r.Files), filesIn(t, o.Files); len(have) == 0 || !equalMaps(have, want) {
						t.Errorf("%d files, want %d", len(have), len(want))
					}
					c, err := again.Store.CheckSeals(t.Context())
					if err != nil || len(c.Broken) > 0 || c.Rows < 40 {
						t.Errorf("%d rows, broken %v (%v)", c.Rows, c.Broken, err)
					}
					in.Do("POST", "/api/v1/passwords", map[string]string{"service": "new", "password": "p"}).Want(201)
				})
			}
		})
	}
}

func equalMaps(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// passwords is everything a person has, as text.
func passwords(c servertest.Client) string {
	return string(c.Do("GET", "/api/v1/passwords", nil).Want(200).Body)
}

// TestQuietBackupIsTheSame: with nobody writing, every row comes out as it was,
// tables that nobody thought of included, and a copy is the same, too.
func TestQuietBackupIsTheSame(t *testing.T) {
	o := servertest.Options(t)
	o.Trusted = loopback
	n := servertest.Start(t, o)
	var m markers
	plant(t, n, &m)
	plantClient(t, n, &m)
	b, _ := makeBackup(t, n, o)
	want := rows(t, n.Store)
	for _, kind := range testdb.Kinds {
		for way, move := range map[string]func(to store.Source) error{
			"restore": func(to store.Source) error {
				target := backup.Target{Source: to, Blobs: blob.NewDisk(t.TempDir()), Keys: o.Store.Keys}
				_, err := target.Restore(t.Context(), opens(b), identities(t), nil)
				return err
			},
			"copy": func(to store.Source) error { _, err := backup.Copy(t.Context(), n.Store, to, nil); return err },
		} {
			t.Run(way+" "+kind, func(t *testing.T) {
				to := testdb.New(t, kind)
				if err := move(to); err != nil {
					t.Fatal(err)
				}
				st, err := store.Open(t.Context(), store.Options{Source: to, Keys: o.Store.Keys, Now: time.Now, Look: true})
				if err != nil {
					t.Fatal(err)
				}
				defer st.Close()
				if have := rows(t, st); !slices.Equal(have, want) {
					t.Errorf("%d rows, want %d, or they differ", len(have), len(want))
				}
			})
		}
	}
}

// TestNothingOfABadBackupIsRestored: a flipped bit anywhere, a cut anywhere, a
// wrong key or passphrase: refused, and the target stays as it was.
func TestNothingOfABadBackupIsRestored(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	alice := n.User("alice")
	alice.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201)
	b, _ := makeBackup(t, n, o)
	other, err := seal.ParseKeys(seal.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	to := store.Source{Kind: "sqlite", Path: filepath.Join(t.TempDir(), "new.db")}
	refused := func(what string, b []byte, l backup.Lock, keys seal.Keys, want string) {
		t.Helper()
		ids, err := l.Keys(nil)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "files")
		target := backup.Target{Source: to, Blobs: blob.NewDisk(dir), Keys: keys}
		if _, err = target.Restore(t.Context(), opens(b), ids, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(to.Path); err == nil {
			t.Errorf("%s: the database was touched", what)
		}
	}
	for at := 0; at < len(b); at += 1 + len(b)/97 {
		bad := slices.Clone(b)
		bad[at] ^= 1
		refused("a flipped bit", bad, lock, o.Store.Keys, "backup")
		refused("a cut", b[:at], lock, o.Store.Keys, "damaged")
	}
	refused("a byte too many", append(slices.Clone(b), 0), lock, o.Store.Keys, "damaged")
	refused("another passphrase", b, backup.Lock{Passphrase: "some other passphrase"}, o.Store.Keys, "does not open the backup")
	refused("another FERNET_KEY", b, lock, other, "FERNET_KEY is not the one")
	forger := instanceOf(n, o) // has the rows and can encrypt, but has another FERNET_KEY
	forger.Keys = other
	recipients, err := lock.To()
	if err != nil {
		t.Fatal(err)
	}
	var forged bytes.Buffer
	if _, err := forger.Write(t.Context(), &forged, recipients, nil); err != nil {
		t.Fatal(err)
	}
	refused("a forged backup", forged.Bytes(), lock, o.Store.Keys, "FERNET_KEY is not the one")
	own := backup.Target{Source: o.Store.Source, Blobs: blob.NewDisk(t.TempDir()), Keys: o.Store.Keys}
	if _, err := own.Restore(t.Context(), opens(b), identities(t), nil); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("restoring into its own database: %v", err)
	}
	alice.Do("GET", "/api/v1/passwords", nil).Want(200)
}

// TestCutRestoreStartsOver: a restore that ends in its middle leaves a database
// that no server opens, and the next one makes a whole one of it.
func TestCutRestoreStartsOver(t *testing.T) {
	for _, kind := range testdb.Kinds {
		t.Run(kind, func(t *testing.T) {
			o := servertest.Options(t)
			n := servertest.Start(t, o)
			alice := n.User("alice")
			for range 30 {
				alice.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(201)
			}
			p := n.Join("bob@example.com")
			item := p.Add("with a file")["id"].(string)
			file := p.Do("POST", "/api/ciphers/"+item+"/attachment/v2", map[string]any{"key": p.Enc("k"), "fileName": p.Enc("n"), "fileSize": 700_000}).Want(200).Map()["attachmentId"].(string)
			upload(p.Client, "/api/ciphers/"+item+"/attachment/"+file, make([]byte, 700_000)).Want(200)
			b, sum := makeBackup(t, n, o)
			r := o
			r.Store.Source, r.Files = testdb.New(t, kind), filepath.Join(t.TempDir(), "files")
			target := backup.Target{Source: r.Store.Source, Blobs: blob.NewDisk(r.Files), Keys: o.Store.Keys}
			for _, at := range []int{len(b) - 750_000, len(b) - 300_000, len(b) - 1} { // in the rows, in the file, at the end
				passes := 0
				cut := func() (io.ReadCloser, error) {
					if passes++; passes == 2 {
						return io.NopCloser(io.LimitReader(bytes.NewReader(b), int64(at))), nil
					}
					return opens(b)()
				}
				if _, err := target.Restore(t.Context(), cut, identities(t), nil); err == nil || !strings.Contains(err.Error(), "starts over") {
					t.Fatalf("cut: %v", err)
				}
				if _, err := server.Open(context.Background(), r); err == nil || !strings.Contains(err.Error(), "restore") {
					t.Errorf("a server opened half a database: %v", err)
				}
				for name := range filesIn(t, r.Files) {
					if strings.HasPrefix(name, ".") {
						t.Errorf("%s is left of a file that was cut", name)
					}
				}
			}
			got, err := target.Restore(t.Context(), opens(b), identities(t), nil)
			if err != nil || got.Rows != sum.Rows {
				t.Fatalf("%+v, %v", got, err)
			}
			again := servertest.Start(t, r)
			in, _ := again.LogIn("alice")
			if passwords(in) != passwords(alice) {
				t.Error("something is missing")
			}
		})
	}
}

// TestLostFilesAreTold: a file that is gone from the folder does not keep the
// rest from being backed up, and a folder without any file is the wrong one.
func TestLostFilesAreTold(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	p := n.Join("bob@example.com")
	item := p.Add("with files")["id"].(string)
	var ids []string
	for range 2 {
		id := p.Do("POST", "/api/ciphers/"+item+"/attachment/v2", map[string]any{"key": p.Enc("k"), "fileName": p.Enc("n"), "fileSize": 100}).Want(200).Map()["attachmentId"].(string)
		upload(p.Client, "/api/ciphers/"+item+"/attachment/"+id, make([]byte, 100)).Want(200)
		ids = append(ids, id)
	}
	blobs := blob.NewDisk(o.Files)
	if err := blobs.Delete(ids[0]); err != nil {
		t.Fatal(err)
	}
	b, sum := makeBackup(t, n, o)
	got, err := backup.Verify(t.Context(), bytes.NewReader(b), identities(t), &o.Store.Keys, nil)
	if err != nil || sum.Missing != 1 || got.Missing != 1 || got.Files != 1 {
		t.Errorf("%+v, %+v, %v", sum, got, err)
	}
	if err := blobs.Delete(ids[1]); err != nil {
		t.Fatal(err)
	}
	to, err := lock.To()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := instanceOf(n, o).Write(t.Context(), io.Discard, to, nil); err == nil || !strings.Contains(err.Error(), "FILES_DIR") {
		t.Errorf("an empty folder: %v", err)
	}
}

package server_test

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/pwhash"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// hashed is a proof as another server keeps it.
func hashed(t *testing.T, proof string) vault.MovedProof {
	t.Helper()
	salt := bytes.Repeat([]byte("s"), 64)
	hash, err := pbkdf2.Key(sha256.New, proof, salt, 100_000, 32)
	if err != nil {
		t.Fatal(err)
	}
	return vault.MovedProof{Salt: salt, Hash: hash, Rounds: 100_000}
}

// newcomer is an account of another server.
func newcomer(t *testing.T) (keyring.Account, *vault.Move) {
	t.Helper()
	a, err := keyring.NewAccount("ann@example.com", servertest.Password, keyring.DefaultKDF)
	if err != nil {
		t.Fatal(err)
	}
	return a, &vault.Move{ID: vault.NewID[vault.UserID](), Email: a.Email, KDF: vault.KDF{Type: int(a.KDF.Type), Iterations: a.KDF.Iterations, Memory: a.KDF.MemoryMiB, Parallelism: a.KDF.Parallelism},
		Proof: hashed(t, a.AuthHash), ProtectedKey: a.ProtectedKey, PublicKey: a.PublicKey, PrivateKey: a.ProtectedPrivateKey}
}

// TestBroughtHashIsMadeAnew: the hash that another server made stands until the
// first right sign-in after which it can be replaced, and no longer.
func TestBroughtHashIsMadeAnew(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	a, m := newcomer(t)
	if err := n.Accounts.MoveIn(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		password string
		status   int
		outdated bool
		before   string
	}{
		{"not the password of ann", 401, true, ""},
		{servertest.Password, 200, true, `CREATE TRIGGER fixed BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'it stays'); END`},
		{servertest.Password, 200, false, `DROP TRIGGER fixed`},
		{"not the password of ann", 401, false, ""},
		{servertest.Password, 200, false, ""},
	} {
		if step.before != "" {
			testdb.Exec(t, o.Store.Source, step.before)
		}
		n.Do("POST", "/api/v1/token", url.Values{"username": {a.Email}, "password": {step.password}}).Want(step.status)
		err := n.Store.Read(t.Context(), func(tx *store.Tx) error {
			u, err := tx.User(t.Context(), m.ID)
			if err == nil && pwhash.Outdated(u.PasswordHash.Reveal()) != step.outdated {
				t.Errorf("after %d the stored hash is %.20s", step.status, u.PasswordHash.Reveal())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBroughtSend: what a receiver shows is checked by the hash that another server
// made until it was right once; links in either order of their bytes lead to it, and
// a client that sends back what it was shown of the password changes nothing.
func TestBroughtSend(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	a, m := newcomer(t)
	enc := a.UserKey.EncryptString("x")
	id := vault.SendID("0190a2b4-1c2d-4e3f-8a9b-0c1d2e3f4a5b")
	m.Sends = []*vault.MovedSend{{Send: &vault.Send{ID: id, Name: enc, Key: enc, Text: enc, Auth: vault.SendByPassword, DeletesAt: time.Now().Add(time.Hour)}, Proof: hashed(t, "derived")},
		{Send: &vault.Send{ID: vault.NewID[vault.SendID](), Name: enc, Key: enc, Text: enc, Auth: vault.SendByPassword, DeletesAt: time.Now().Add(time.Hour)}, Proof: vault.MovedProof{Hash: []byte("short")}}}
	n.Accounts.Settle(m)
	if left := m.LeftOf(vault.LeftSend); len(left) != 1 || len(m.Sends) != 1 {
		t.Errorf("a Send with a hash that nobody can check: %v", m.Left)
	}
	if err := errors.Join(n.Accounts.CheckMove(t.Context(), m), n.Accounts.MoveIn(t.Context(), m)); err != nil {
		t.Fatal(err)
	}
	stored := func() (hash string) {
		t.Helper()
		err := n.Store.Read(t.Context(), func(tx *store.Tx) error {
			s, err := tx.AnySend(t.Context(), id)
			if err == nil {
				hash = s.PasswordHash.Reveal()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	const plain, swapped = "AZCitBwtTj-KmwwdLj9KWw", "tKKQAS0cP06KmwwdLj9KWw"
	for _, step := range []struct {
		link, password string
		status         int
		outdated       bool
		before         string
	}{
		{plain, "", 401, true, ""},
		{plain, "wrong", 400, true, ""},
		{plain, "derived", 200, true, `CREATE TRIGGER fixed BEFORE UPDATE OF sealed ON sends BEGIN SELECT RAISE(ABORT, 'it stays'); END`},
		{swapped, "derived", 200, false, `DROP TRIGGER fixed`},
		{swapped, "wrong", 400, false, ""},
		{plain, "derived", 200, false, ""},
	} {
		if step.before != "" {
			testdb.Exec(t, o.Store.Source, step.before)
		}
		n.Do("POST", "/api/sends/access/"+step.link, body("password", step.password)).Want(step.status)
		if pwhash.Outdated(stored()) != step.outdated {
			t.Errorf("after %d by %s the stored hash is %.20s", step.status, step.link, stored())
		}
	}
	n.Do("POST", "/api/sends/access/AAAAAAAAAAAAAAAAAAAAAA", body()).Want(404)
	p := &servertest.Person{Client: n.Client, Email: a.Email, Device: vault.NewID[string](), Account: a}
	p.SignIn()
	mark := p.Do("GET", "/api/sends/"+string(id), nil).Want(200).Map()["password"].(string)
	for _, back := range []string{mark, fmt.Sprintf("%x", sha256.Sum256([]byte(stored())))} {
		p.Do("PUT", "/api/sends/"+string(id), body("type", 0, "name", enc, "key", enc, "text", body("text", enc), "authType", 1, "password", back, "deletionDate", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))).Want(200)
		n.Do("POST", "/api/sends/access/AZCitBwtTj-KmwwdLj9KWw", body("password", "derived")).Want(200)
	}
}

// TestMoveInRefusals: nobody's second factor is lost unless that was said, and
// nobody's Send takes the place of another's.
func TestMoveInRefusals(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	a, m := newcomer(t)
	enc := a.UserKey.EncryptString("x")
	m.Guarded = true
	m.Factors = []*vault.Factor{{Kind: vault.FactorAuthenticator, Secret: vault.NewSecret("short")}}
	m.Sends = []*vault.MovedSend{{Send: &vault.Send{ID: vault.NewID[vault.SendID](), Name: enc, Key: enc, Text: enc, Auth: vault.SendOpen, DeletesAt: time.Now().Add(time.Hour)}}}
	n.Accounts.Settle(m)
	for name, move := range map[string]func(context.Context, *vault.Move) error{"check": n.Accounts.CheckMove, "move": n.Accounts.MoveIn} {
		if err := move(t.Context(), m); !errors.Is(err, vault.ErrUserInvalid) || !strings.Contains(err.Error(), "second factor") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.Bare = true
	if err := errors.Join(n.Accounts.CheckMove(t.Context(), m), n.Accounts.MoveIn(t.Context(), m)); err != nil {
		t.Fatal(err)
	}
	_, other := newcomer(t)
	other.Email, other.Sends = "bob@example.com", m.Sends
	if err := n.Accounts.CheckMove(t.Context(), other); !errors.Is(err, vault.ErrSendInvalid) {
		t.Errorf("the id of ann's Send: %v", err)
	}
	if err := n.Accounts.CheckMove(t.Context(), m); !errors.Is(err, vault.ErrUserTaken) {
		t.Errorf("ann again: %v", err)
	}
}

// TestBroughtFileOutlivesItsDeletion: a file that comes again after its account was
// deleted is not taken for the one that is to be removed.
func TestBroughtFileOutlivesItsDeletion(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	a, m := newcomer(t)
	enc, id := a.UserKey.EncryptString("x"), vault.NewID[vault.SendID]()
	come := func() {
		t.Helper()
		m.Sends = []*vault.MovedSend{{Send: &vault.Send{ID: id, Type: vault.SendFile, Size: 5, Name: enc, Key: enc, FileName: enc, Auth: vault.SendOpen, DeletesAt: time.Now().Add(time.Hour)}}}
		n.Accounts.Settle(m)
		if size, err := n.Files.Bring(t.Context(), string(id), strings.NewReader("bytes")); err != nil || size != 5 {
			t.Fatal(size, err)
		}
		if err := n.Accounts.MoveIn(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	come()
	if err := n.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), m.ID) }); err != nil {
		t.Fatal(err)
	}
	come()
	if err := n.Files.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, _, err := n.Files.Blobs.Open(string(id))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

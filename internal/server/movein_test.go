package server_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"net/url"
	"testing"

	"strongroom/internal/keyring"
	"strongroom/internal/pwhash"
	"strongroom/internal/server/servertest"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

// TestBroughtHashIsMadeAnew: the hash that another server made stands until the
// first right sign-in after which it can be replaced, and no longer.
func TestBroughtHashIsMadeAnew(t *testing.T) {
	o := servertest.Options(t)
	n := servertest.Start(t, o)
	a, err := keyring.NewAccount("ann@example.com", servertest.Password, keyring.DefaultKDF)
	if err != nil {
		t.Fatal(err)
	}
	salt := bytes.Repeat([]byte("s"), 64)
	hash, err := pbkdf2.Key(sha256.New, a.AuthHash, salt, 100_000, 32)
	if err != nil {
		t.Fatal(err)
	}
	m := &vault.Move{ID: vault.NewID[vault.UserID](), Email: a.Email, KDF: vault.KDF{Type: int(a.KDF.Type), Iterations: a.KDF.Iterations, Memory: a.KDF.MemoryMiB, Parallelism: a.KDF.Parallelism},
		Proof: vault.MovedProof{Salt: salt, Hash: hash, Rounds: 100_000}, ProtectedKey: a.ProtectedKey, PublicKey: a.PublicKey, PrivateKey: a.ProtectedPrivateKey}
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

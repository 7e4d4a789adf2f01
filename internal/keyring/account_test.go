package keyring

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
)

var cheap = KDF{Type: Argon2id, Iterations: 2, MemoryMiB: 16, Parallelism: 1}

func TestAccountOpens(t *testing.T) {
	for _, kdf := range []KDF{{Type: PBKDF2, Iterations: 5000}, cheap} {
		a, err := NewAccount(" Alice@Example.com ", "pw", kdf)
		if err != nil {
			t.Fatal(err)
		}
		user, hash, err := kdf.OpenUserKey("pw", "alice@example.com", a.ProtectedKey)
		if err != nil || hash != a.AuthHash || !bytes.Equal(user.Bytes(), a.UserKey.Bytes()) {
			t.Fatal(err, hash)
		}
		if _, _, err := kdf.OpenUserKey("PW", "alice@example.com", a.ProtectedKey); !errors.Is(err, ErrDecrypt) {
			t.Error("a wrong password opened the key", err)
		}
		priv, err := user.UnwrapPrivate(a.ProtectedPrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		org := NewSymKey()
		enc, err := EncapsulateTo(a.PublicKey, org)
		if err != nil {
			t.Fatal(err)
		}
		got, err := priv.Decapsulate(enc)
		if err != nil || !bytes.Equal(got.Bytes(), org.Bytes()) {
			t.Error("the pair does not match", err)
		}
		for name, bad := range map[string]string{"other type": "3" + enc[1:], "cut": enc[:len(enc)-4], "line break": enc[:9] + "\n" + enc[9:], "empty": ""} {
			if _, err := priv.Decapsulate(bad); !errors.Is(err, ErrDecrypt) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestChangePassword(t *testing.T) {
	user := NewSymKey()
	hash, protected, err := ChangePassword(user, " Bob@Example.com", "new", cheap)
	if err != nil {
		t.Fatal(err)
	}
	got, proof, err := cheap.OpenUserKey("new", "bob@example.com", protected)
	if err != nil || proof != hash || got.KeyID() != user.KeyID() {
		t.Error(err)
	}
}

func TestOutOfBoundsIsNotDerived(t *testing.T) {
	for _, kdf := range []KDF{{}, {Type: PBKDF2, Iterations: 4999}, {Type: Argon2id, Iterations: 1, MemoryMiB: 32, Parallelism: 4},
		{Type: Argon2id, Iterations: 4, MemoryMiB: 1 << 20, Parallelism: 4}, {Type: 2, Iterations: 600000}} {
		if _, err := kdf.MasterKey("pw", "s"); err == nil {
			t.Errorf("%+v derived", kdf)
		}
	}
}

func TestEncapsulateToWantsAPublicKey(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&small.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, pub := range map[string]string{"empty": "", "not base64": "?", "not SPKI": "AAAA", "1024 bits": b64.EncodeToString(spki)} {
		if _, err := EncapsulateTo(pub, NewSymKey()); !errors.Is(err, ErrPublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := NewSymKey()
	if _, err := k.UnwrapPrivate(k.EncryptString("no key")); !errors.Is(err, ErrDecrypt) {
		t.Error(err)
	}
}

// TestNothingPrints: no verb, logger or encoder shows a byte of a key, not even
// through a field that fmt may not call methods on.
func TestNothingPrints(t *testing.T) {
	raw := [64]byte(bytes.Repeat([]byte{0xAB}, 64))
	k, m := symKey(raw), masterKey(raw[:32])
	p := PrivateKey{p: &pair{&rsa.PrivateKey{D: new(big.Int).SetBytes(raw[:])}}}
	type inside struct {
		k SymKey
		m MasterKey
		p PrivateKey
	}
	var out strings.Builder
	for _, v := range []any{k, m, p, &k, []any{k, m, p}, map[string]any{"k": k}, inside{k, m, p}, &inside{k, m, p}, Account{Email: "a", AuthHash: "\xab\xab", UserKey: k}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		j, err := json.Marshal(map[string]any{"v": v})
		if _, account := v.(Account); !account {
			fmt.Fprintln(&out, string(j), err)
		}
	}
	for _, leak := range []string{"abab", "ABAB", "171 171", "0xab, 0xab", "\xab\xab", `\xab\xab`, new(big.Int).SetBytes(raw[:]).String()[:8], b64.EncodeToString(raw[:])[:8]} {
		if i := strings.Index(out.String(), leak); i >= 0 {
			t.Errorf("%q is in the output: %.80s", leak, out.String()[max(0, i-40):])
		}
	}
	if j, _ := json.Marshal(k); string(j) != `"[redacted]"` || fmt.Sprintf("%v %+v %#v %s", k, m, p, k) != "[redacted] [redacted] [redacted] [redacted]" {
		t.Error(string(j), k, m, p)
	}
}

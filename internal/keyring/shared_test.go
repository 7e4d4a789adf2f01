package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The browser has the same cryptography in TypeScript (web/src/worker/encstring.ts
// and keys.ts). Each side has written a file of what it makes; each side's tests
// open both. To write this side's anew:
//
//	go test ./internal/keyring -run TestShared -write
//	cd web && WRITE_VECTORS=1 npx vitest run tests/vectors.test.ts
var write = flag.Bool("write", false, "write testdata/vectors-go.json anew")

type vectors struct {
	Strings  []sealedVector
	Files    []sealedVector
	Pairs    []pairVector
	Accounts []accountVector
	Sends    []sendVector
	Refused  []refusedVector
}

// Bytes are base64, as encoding/json writes them.
type (
	sealedVector struct {
		Key, Plain []byte
		Sealed     string
	}
	pairVector struct {
		User                       []byte
		Public, Private, Capsule   string // Private is under User, Capsule holds Inner
		Inner                      []byte
		FingerprintOf, Fingerprint string
	}
	accountVector struct {
		Email, Password                         string
		KDF, Iterations, MemoryMiB, Parallelism int
		AuthHash, ProtectedKey                  string
		User                                    []byte
		Wrong                                   string // a password that must not open it
	}
	sendVector struct {
		Seed, Key       []byte
		Password, Proof string
		URI, Checksum   string
	}
	refusedVector struct {
		Why, Sealed string
		Key         []byte
		File        bool
	}
)

func TestShared(t *testing.T) {
	if *write {
		b, err := json.MarshalIndent(written(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/vectors-go.json", append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, by := range []string{"go", "browser"} {
		t.Run("written by "+by, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "vectors-"+by+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var v vectors
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			if len(v.Strings) < 5 || len(v.Files) < 3 || len(v.Pairs) < 1 || len(v.Accounts) < 3 || len(v.Sends) < 1 || len(v.Refused) < 20 {
				t.Fatalf("vectors are missing: %d %d %d %d %d %d", len(v.Strings), len(v.Files), len(v.Pairs), len(v.Accounts), len(v.Sends), len(v.Refused))
			}
			v.checkSealed(t)
			v.checkRefused(t)
			v.checkKeys(t)
		})
	}
}

func keyOf(t *testing.T, raw []byte) SymKey {
	t.Helper()
	k, err := SymKeyFromBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (v vectors) checkSealed(t *testing.T) {
	for n, s := range v.Strings {
		if got, err := keyOf(t, s.Key).Decrypt(s.Sealed); err != nil || !bytes.Equal(got, s.Plain) {
			t.Errorf("string %d: %q %v", n, got, err)
		}
	}
	for n, f := range v.Files {
		sealed, ok := decode(f.Sealed)
		if got, err := keyOf(t, f.Key).DecryptFile(sealed); !ok || err != nil || !bytes.Equal(got, f.Plain) {
			t.Errorf("file %d: %q %v", n, got, err)
		}
	}
}

func (v vectors) checkRefused(t *testing.T) {
	for _, r := range v.Refused {
		k := keyOf(t, r.Key)
		var err error
		if r.File {
			b, _ := decode(r.Sealed)
			_, err = k.DecryptFile(b)
		} else {
			_, err = k.Decrypt(r.Sealed)
		}
		if !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s was opened: %v", r.Why, err)
		}
	}
}

func (v vectors) checkKeys(t *testing.T) {
	for _, p := range v.Pairs {
		priv, err := keyOf(t, p.User).UnwrapPrivate(p.Private)
		if err != nil {
			t.Fatal(err)
		}
		inner, err := priv.Decapsulate(p.Capsule)
		if err != nil || !bytes.Equal(inner.Bytes(), p.Inner) {
			t.Errorf("capsule: %v", err)
		}
		if _, err := priv.Decapsulate("3" + p.Capsule[1:]); !errors.Is(err, ErrDecrypt) {
			t.Error("a capsule of another type was opened")
		}
		if got, err := Fingerprint(p.Public, p.FingerprintOf); err != nil || got != p.Fingerprint {
			t.Errorf("fingerprint %q %v, want %q", got, err, p.Fingerprint)
		}
	}
	for _, a := range v.Accounts {
		kdf := KDF{Type: KDFType(a.KDF), Iterations: a.Iterations, MemoryMiB: a.MemoryMiB, Parallelism: a.Parallelism}
		user, hash, err := kdf.OpenUserKey(a.Password, NormalizeSalt(a.Email), a.ProtectedKey)
		if err != nil || hash != a.AuthHash || !bytes.Equal(user.Bytes(), a.User) {
			t.Errorf("%s: %v, hash %s", a.Email, err, hash)
		}
		if _, _, err := kdf.OpenUserKey(a.Wrong, NormalizeSalt(a.Email), a.ProtectedKey); !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s opens with another password: %v", a.Email, err)
		}
	}
	for _, s := range v.Sends {
		if got := SendKey(s.Seed).Bytes(); !bytes.Equal(got, s.Key) {
			t.Errorf("send key %x", got)
		}
		if got := SendPasswordHash(s.Password, s.Seed); got != s.Proof {
			t.Errorf("send password %s, want %s", got, s.Proof)
		}
		if got := URIChecksum(s.URI); got != s.Checksum {
			t.Errorf("checksum %s, want %s", got, s.Checksum)
		}
	}
}

// written is what this side makes.
func written(t *testing.T) (v vectors) {
	for _, plain := range []string{"", "hunter2", "exactly sixteen.", "Grüße, 世界 🔑\n\t", strings.Repeat("long ", 2000)} {
		k := NewSymKey()
		v.Strings = append(v.Strings, sealedVector{k.Bytes(), []byte(plain), k.EncryptString(plain)})
	}
	for _, plain := range [][]byte{{}, []byte("123456789"), bytes.Repeat([]byte{0, 255}, 5000)} {
		k := NewSymKey()
		v.Files = append(v.Files, sealedVector{k.Bytes(), plain, b64.EncodeToString(k.EncryptFile(plain))})
	}
	for _, a := range []accountVector{
		{Email: "anna@example.com", Password: "correct horse", KDF: 0, Iterations: 5000},
		{Email: " Müller@Example.COM ", Password: "pässwörd 🔑", KDF: 1, Iterations: 2, MemoryMiB: 16, Parallelism: 1},
		{Email: "b@example.org", Password: " blanks stay ", KDF: 1, Iterations: 3, MemoryMiB: 15, Parallelism: 2},
	} {
		acc, err := NewAccount(a.Email, a.Password, KDF{KDFType(a.KDF), a.Iterations, a.MemoryMiB, a.Parallelism})
		if err != nil {
			t.Fatal(err)
		}
		a.AuthHash, a.ProtectedKey, a.User, a.Wrong = acc.AuthHash, acc.ProtectedKey, acc.UserKey.Bytes(), a.Password+"x"
		v.Accounts = append(v.Accounts, a)
		inner := NewSymKey()
		capsule, err := EncapsulateTo(acc.PublicKey, inner)
		if err != nil {
			t.Fatal(err)
		}
		id := "a09726a0-9590-49d1-a5f5-afe300b6a515"
		phrase, err := Fingerprint(acc.PublicKey, id)
		if err != nil {
			t.Fatal(err)
		}
		v.Pairs = append(v.Pairs, pairVector{a.User, acc.PublicKey, acc.ProtectedPrivateKey, capsule, inner.Bytes(), id, phrase})
	}
	seed := NewSymKey().Bytes()[:16]
	uri := "https://example.com/päth?q=1"
	v.Sends = append(v.Sends, sendVector{seed, SendKey(seed).Bytes(), "send pass", SendPasswordHash("send pass", seed), uri, URIChecksum(uri)})
	v.Refused = refused()
	return v
}

// refused holds what an attacker with a hand on the database could put there.
func refused() (out []refusedVector) {
	k := NewSymKey()
	good := k.EncryptString("a secret of several blocks, so that they can change places")
	p := strings.Split(good[2:], "|")
	flip := func(s string, at int) string {
		b, _ := b64.DecodeString(s)
		b[at] ^= 1
		return b64.EncodeToString(b)
	}
	w := k.s.worker()
	iv, text := make([]byte, 16), append(make([]byte, 15), 17)
	w.seal(iv, text, text)
	padding := "2." + b64.EncodeToString(iv) + "|" + b64.EncodeToString(text) + "|" + b64.EncodeToString(w.sum[:])
	for _, r := range [][2]string{
		{"a changed iv", "2." + flip(p[0], 0) + "|" + p[1] + "|" + p[2]}, {"a changed text", "2." + p[0] + "|" + flip(p[1], 5) + "|" + p[2]},
		{"a changed last block", "2." + p[0] + "|" + flip(p[1], 63) + "|" + p[2]}, {"a changed MAC", "2." + p[0] + "|" + p[1] + "|" + flip(p[2], 31)},
		{"no MAC", "2." + p[0] + "|" + p[1]}, {"an empty MAC", "2." + p[0] + "|" + p[1] + "|"}, {"half a MAC", "2." + p[0] + "|" + p[1] + "|" + p[2][:20]},
		{"type 0", "0." + p[0] + "|" + p[1]}, {"type 0 with a MAC", "0." + good[2:]}, {"type 1", "1." + good[2:]}, {"no type", good[2:]}, {"no type or MAC", p[0] + "|" + p[1]},
		{"type 3", "3." + p[1]}, {"type 4", "4." + p[1]}, {"type 5", "5." + p[1] + "|" + p[2]}, {"type 6", "6." + p[1] + "|" + p[2]}, {"type 7", "7." + p[1]}, {"type 22", "22." + good[2:]},
		{"four parts", good + "|" + p[2]}, {"an empty text", "2." + p[0] + "||" + p[2]}, {"half a block", "2." + p[0] + "|" + p[1][:20] + "|" + p[2]},
		{"a line break", good[:40] + "\n" + good[40:]}, {"a blank behind", good + " "}, {"no padding of the base64", strings.TrimRight(good, "=")},
		{"another key's", NewSymKey().EncryptString("x")}, {"wrong padding", padding}, {"an empty string", ""}, {"a text", "hunter2"},
	} {
		out = append(out, refusedVector{Why: r[0], Sealed: r[1], Key: k.Bytes()})
	}
	file := k.EncryptFile([]byte("a file"))
	for why, at := range map[string]int{"a file of another type": 0, "a file with a changed iv": 1, "a file with a changed MAC": 17, "a file with a changed text": 49} {
		bad := bytes.Clone(file)
		bad[at] ^= 1
		out = append(out, refusedVector{why, b64.EncodeToString(bad), k.Bytes(), true})
	}
	return append(out, refusedVector{"half a file", b64.EncodeToString(file[:49]), k.Bytes(), true})
}

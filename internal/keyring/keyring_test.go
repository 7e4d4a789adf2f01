package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestStretch uses the published vector of PROTOCOL.md 3.1, step 4.
func TestStretch(t *testing.T) {
	m := MasterKey{[]byte{31, 79, 104, 226, 150, 71, 177, 90, 194, 80, 172, 209, 17, 129, 132, 81, 138, 167, 69, 167, 254, 149, 2, 27, 39, 197, 64, 42, 22, 195, 86, 75}}
	want := []byte{111, 31, 178, 45, 238, 152, 37, 114, 143, 215, 124, 83, 135, 173, 195, 23, 142, 134, 120, 249, 61, 132, 163, 182, 113, 197, 189, 204, 188, 21, 237, 96,
		221, 127, 206, 234, 101, 27, 202, 38, 86, 52, 34, 28, 78, 28, 185, 16, 48, 61, 127, 166, 209, 247, 194, 87, 232, 26, 48, 85, 193, 249, 179, 155}
	if got := m.Stretch().Bytes(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestDerive uses the vectors of PROTOCOL.md 3.2.
func TestDerive(t *testing.T) {
	for _, c := range []struct{ secret, info, want string }{
		{"&/$%F1a895g67HlX", "", "4PV6+PcmF2w7YHRatvyMcVQtI7zvCyssv/wFWmzjiH6Iv9altjmDkuBD1aagLVaLezbthbSe+ktR+U6qswxNnQ=="},
		{"67t9b5g67$%Dh89n", "test", "F9jVQmrACGx9VUPjuzfMYDjr726JtL300Y3Yg+VYUnVQtQ1s8oImJ5xtp1KALC9h2nav04++1LDW4iFD+infng=="},
	} {
		if got := base64.StdEncoding.EncodeToString(derive([]byte(c.secret), "test_key", c.info).Bytes()); got != c.want {
			t.Errorf("%s: %s", c.secret, got)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	k := NewSymKey()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		got, err := k.Decrypt(k.Encrypt(plain))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%v %v", got, err)
		}
		file, err := k.DecryptFile(k.EncryptFile(plain))
		if err != nil || !bytes.Equal(file, plain) {
			t.Fatalf("file: %v %v", file, err)
		}
	})
	if n := len(k.EncryptFile([]byte("123456789"))); n != 65 {
		t.Errorf("9 bytes make a file of %d, clients make 65", n)
	}
}

func TestRefused(t *testing.T) {
	k := NewSymKey()
	good := k.EncryptString("hunter2")
	parts := strings.Split(good[2:], "|")
	for name, enc := range map[string]string{
		"empty": "", "type 0": "0." + parts[0] + "|" + parts[1], "type 1": "1." + good[2:], "no header": good[2:],
		"other key": NewSymKey().EncryptString("hunter2"), "no mac": "2." + parts[0] + "|" + parts[1],
		"short": good[:len(good)-4], "long": good + "AAAA", "line break": good[:40] + "\n" + good[40:],
		"swapped": "2." + parts[0] + "|" + parts[1] + "|" + parts[0] + parts[0][:20], "empty text": "2." + parts[0] + "||" + parts[2],
	} {
		if got, err := k.Decrypt(enc); err == nil {
			t.Errorf("%s opened: %q", name, got)
		}
	}
	for i := range good {
		if i == 1 || good[i] == '|' {
			continue
		}
		bad := []byte(good)
		bad[i] ^= 1
		if got, err := k.Decrypt(string(bad)); err == nil {
			t.Errorf("changed at %d, opened: %q", i, got)
		}
	}
}

func TestAccountOpens(t *testing.T) {
	for _, kdf := range []KDF{{Type: PBKDF2, Iterations: 5000}, {Type: Argon2id, Iterations: 2, MemoryMiB: 16, Parallelism: 1}} {
		a, err := NewAccount(" Alice@Example.com ", "pw", kdf)
		if err != nil {
			t.Fatal(err)
		}
		user, hash, err := kdf.OpenUserKey("pw", "alice@example.com", a.ProtectedKey)
		if err != nil || hash != a.AuthHash || !bytes.Equal(user.Bytes(), a.UserKey.Bytes()) {
			t.Fatal(err, hash)
		}
		if _, _, err := kdf.OpenUserKey("PW", "alice@example.com", a.ProtectedKey); err == nil {
			t.Error("a wrong password opened the key")
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
	}
	for _, kdf := range []KDF{{}, {Type: PBKDF2, Iterations: 4999}, {Type: Argon2id, Iterations: 1, MemoryMiB: 32, Parallelism: 4},
		{Type: Argon2id, Iterations: 4, MemoryMiB: 1 << 20, Parallelism: 4}, {Type: 2, Iterations: 600000}} {
		if _, err := kdf.MasterKey("pw", "s"); err == nil {
			t.Errorf("%+v derived", kdf)
		}
	}
}

func TestKeysPrintRedacted(t *testing.T) {
	k := NewSymKey()
	j, _ := json.Marshal(map[string]any{"k": k, "m": MasterKey{[]byte("secret")}})
	out := fmt.Sprintf("%v %+v %#v %s %s", k, k, k, k, j)
	if strings.Contains(out, fmt.Sprint(k.Bytes()[0])+" ") || strings.Contains(out, "secret") || strings.Count(out, "redacted") != 6 {
		t.Error(out)
	}
}

func FuzzDecrypt(f *testing.F) {
	k := NewSymKey()
	f.Add(k.EncryptString("x"))
	f.Add("2.||")
	f.Fuzz(func(t *testing.T, enc string) {
		if plain, err := k.Decrypt(enc); err == nil && !strings.HasPrefix(enc, "2.") {
			t.Errorf("%q opened to %q", enc, plain)
		}
		k.DecryptFile([]byte(enc))
	})
}

func BenchmarkDecryptField(b *testing.B) {
	k := NewSymKey()
	enc := []byte(k.EncryptString("https://example.com/login"))
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = k.AppendDecrypt(dst[:0], enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncryptField(b *testing.B) {
	k := NewSymKey()
	plain := []byte("https://example.com/login")
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = k.AppendEncrypt(dst[:0], plain)
	}
}

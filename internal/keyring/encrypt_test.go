package keyring

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestRoundTrip(t *testing.T) {
	k := NewSymKey()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		before := []byte(rapid.String().Draw(t, "before"))
		enc := k.AppendEncrypt(append([]byte(nil), before...), plain)
		if !bytes.HasPrefix(enc, before) {
			t.Fatalf("AppendEncrypt lost what was there: %q", enc)
		}
		got, err := k.AppendDecrypt(append([]byte(nil), before...), enc[len(before):])
		if err != nil || !bytes.Equal(got, append(before, plain...)) {
			t.Fatalf("%v %v", got, err)
		}
		file, err := k.DecryptFile(k.EncryptFile(plain))
		if err != nil || !bytes.Equal(file, plain) {
			t.Fatalf("file: %v %v", file, err)
		}
	})
}

// TestFileForm: PROTOCOL.md 3.3 saw clients make 65 bytes of 9, the MAC before
// the ciphertext.
func TestFileForm(t *testing.T) {
	k := NewSymKey()
	file := k.EncryptFile([]byte("123456789"))
	if len(file) != 65 || file[0] != 2 {
		t.Fatalf("%d bytes of type %d", len(file), file[0])
	}
	text := "2." + b64.EncodeToString(file[1:17]) + "|" + b64.EncodeToString(file[49:]) + "|" + b64.EncodeToString(file[17:49])
	if got, err := k.Decrypt(text); err != nil || string(got) != "123456789" {
		t.Errorf("the parts are not iv, mac, ciphertext: %q %v", got, err)
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1
		if _, err := k.DecryptFile(bad); !errors.Is(err, ErrDecrypt) {
			t.Errorf("changed at %d: %v", i, err)
		}
		if _, err := k.DecryptFile(file[:i]); !errors.Is(err, ErrDecrypt) {
			t.Errorf("cut at %d: %v", i, err)
		}
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
		"line break in the iv": good[:10] + "\n" + good[11:], "line break in the mac": good[:60] + "\r" + good[61:],
		"swapped": "2." + parts[0] + "|" + parts[1] + "|" + parts[0] + parts[0][:20], "empty text": "2." + parts[0] + "||" + parts[2],
		"four parts": good + "|" + parts[2], "url base64": strings.NewReplacer("+", "-", "/", "_").Replace(k.Encrypt(bytes.Repeat([]byte{7}, 4096))),
	} {
		if got, err := k.Decrypt(enc); !errors.Is(err, ErrDecrypt) || got != nil {
			t.Errorf("%s opened: %q %v", name, got, err)
		}
	}
	for i := range good {
		bad := []byte(good)
		bad[i] ^= 1
		if got, err := k.Decrypt(string(bad)); !errors.Is(err, ErrDecrypt) {
			t.Errorf("changed at %d, opened: %q", i, got)
		}
		if got, err := k.Decrypt(good[:i]); !errors.Is(err, ErrDecrypt) {
			t.Errorf("cut at %d, opened: %q", i, got)
		}
	}
	if _, err := (SymKey{}).Decrypt(good); !errors.Is(err, ErrDecrypt) {
		t.Error("no key:", err)
	}
}

// TestBadPadding: an authentic text whose padding is wrong opens no more than any other.
func TestBadPadding(t *testing.T) {
	k := NewSymKey()
	w := k.s.worker()
	for _, last := range [][]byte{{0}, {17}, {255}, {3, 2}} {
		iv, text := make([]byte, 16), make([]byte, 16)
		copy(text[16-len(last):], last)
		w.seal(iv, text, text) // as long as its text, so no padding is added
		mac := w.sum
		if got, err := w.open(iv, text, mac[:]); !errors.Is(err, ErrDecrypt) {
			t.Errorf("padding %v opened to %v", last, got)
		}
	}
}

// raceEnabled is set in race_test.go: the race detector empties pools at random.
var raceEnabled bool

func TestHotPathDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		return
	}
	k := NewSymKey()
	enc := []byte(k.EncryptString("https://example.com/login"))
	dst := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(200, func() { k.AppendDecrypt(dst, enc) }); n >= 1 {
		t.Errorf("AppendDecrypt allocates %v times", n)
	}
	if n := testing.AllocsPerRun(200, func() { k.AppendEncrypt(dst, enc[:40]) }); n >= 1 {
		t.Errorf("AppendEncrypt allocates %v times", n)
	}
}

func TestPoolKeepsNoPlaintext(t *testing.T) {
	k := NewSymKey()
	if _, err := k.Decrypt(k.EncryptString("a very secret value")); err != nil {
		t.Fatal(err)
	}
	if w := k.s.worker(); bytes.Contains(w.buf[:cap(w.buf)], []byte("secret")) {
		t.Error("a pooled buffer still holds what was decrypted")
	}
}

func TestConcurrentUse(t *testing.T) {
	k := NewSymKey()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			plain := bytes.Repeat([]byte{byte(n)}, 10*n)
			for range 200 {
				if got, err := k.Decrypt(k.Encrypt(plain)); err != nil || !bytes.Equal(got, plain) {
					t.Error(got, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzDecrypt(f *testing.F) {
	k := counting()
	good := "2.AAECAwQFBgcICQoLDA0ODw==|5Oc1d6/9hbpDg7sQDpNVfw==|/XCs1Jut+KVfdrpqfqIVdrdT84hRuY3oCZPFojQfW5Y="
	for _, s := range []string{good, good[2:], "0" + good[1:], "2.||", "2.", "4.AAAA", "", strings.Repeat("|", 120)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, enc string) {
		dst := []byte("kept")
		if plain, err := k.AppendDecrypt(dst, []byte(enc)); err == nil && enc != good {
			t.Errorf("%q opened to %q", enc, plain)
		} else if !bytes.HasPrefix(plain, dst) || err != nil && len(plain) != len(dst) {
			t.Errorf("dst became %q", plain)
		}
		k.DecryptFile([]byte(enc))
		k.UnwrapKey(enc)
		k.UnwrapPrivate(enc)
		PrivateKey{}.Decapsulate(enc)
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

// BenchmarkItemKey opens an item that has its own key: the key, then five fields.
func BenchmarkItemKey(b *testing.B) {
	user, item := NewSymKey(), NewSymKey()
	wrapped, field := user.WrapKey(item), []byte(item.EncryptString("https://example.com/login"))
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		k, err := user.UnwrapKey(wrapped)
		dst = dst[:0]
		for range 5 {
			if err == nil {
				dst, err = k.AppendDecrypt(dst, field)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fernet/fernet-go"
	"pgregory.net/rapid"
)

func fernetOf(t testing.TB, text string) *Fernet {
	t.Helper()
	k, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return NewFernet(k)
}

type vector struct {
	Desc, Token, Now, Src, Secret string
	IV                            [16]byte
}

func vectors(t *testing.T, name string) (vs []vector) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

// TestSpecification runs the vectors of the Fernet specification.
func TestSpecification(t *testing.T) {
	for _, v := range vectors(t, "generate") {
		now, err := time.Parse(time.RFC3339, v.Now)
		if err != nil {
			t.Fatal(err)
		}
		f := fernetOf(t, v.Secret)
		if got := string(f.appendSeal(nil, nil, []byte(v.Src), now, v.IV)); got != v.Token {
			t.Errorf("sealed %s", got)
		}
		if got, err := f.Open([]byte(v.Token)); err != nil || string(got) != v.Src {
			t.Errorf("opened %q, %v", got, err)
		}
	}
	for _, v := range vectors(t, "invalid") {
		if got, err := fernetOf(t, v.Secret).Open([]byte(v.Token)); !errors.Is(err, ErrToken) {
			t.Errorf("%s: opened %q, %v", v.Desc, got, err)
		}
	}
}

func TestEveryChangeIsRefused(t *testing.T) {
	f := fernetOf(t, GenerateKey())
	tok := f.Seal([]byte("seventeen letters"), time.Now())
	for i := range tok {
		for bit := range 8 {
			bad := bytes.Clone(tok)
			bad[i] ^= 1 << bit
			if got, err := f.Open(bad); err == nil {
				t.Errorf("byte %d bit %d: opened %q", i, bit, got)
			}
		}
	}
	for name, bad := range map[string]string{"trailing": string(tok) + "AAAA", "line break": string(tok[:20]) + "\n" + string(tok[20:]), "end": string(tok) + "\n",
		"cut": string(tok[:len(tok)-4]), "no padding": strings.TrimRight(string(tok), "="), "standard alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(string(tok)) + "\n"} {
		if _, err := f.Open([]byte(bad)); name != "no padding" && err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestRoundTripAndOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "msg")
		key := GenerateKey()
		oracle := fernet.MustDecodeKeys(key)
		k, err := ParseKey(key)
		if err != nil {
			t.Fatal(err)
		}
		f := NewFernet(k)
		tok := f.Seal(msg, time.Now())
		if got, err := f.Open(tok); err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("ours: %v %v", got, err)
		}
		if got := fernet.VerifyAndDecrypt(tok, 0, oracle); len(msg) > 0 && !bytes.Equal(got, msg) {
			t.Fatalf("theirs: %v", got)
		}
		theirs, err := fernet.EncryptAndSign(msg, oracle[0])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Open(theirs); err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("of theirs: %v %v", got, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	key := GenerateKey()
	k, _ := ParseKey(key)
	ours, theirs := NewFernet(k), fernet.MustDecodeKeys(key)
	f.Add(ours.Seal([]byte("hello"), time.Unix(0, 0)))
	f.Add([]byte("gAAAAA"))
	f.Fuzz(func(t *testing.T, tok []byte) {
		got, err := ours.Open(tok)
		if err == nil && !bytes.Equal(got, fernet.VerifyAndDecrypt(tok, 0, theirs)) {
			t.Errorf("%q opens here to %q and not there", tok, got)
		}
	})
}

func TestPlaces(t *testing.T) {
	d, other := NewDataKey(), NewDataKey()
	p := Place{"items", "sealed", "7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11"}
	tok := d.Seal(p, []byte("payload"), time.Now())
	if got, err := d.Open(p, tok); err != nil || string(got) != "payload" {
		t.Fatal(string(got), err)
	}
	for _, q := range []Place{{"folders", p.Column, p.ID}, {p.Table, "other", p.ID}, {p.Table, p.Column, p.ID[:35] + "2"}, {p.Table, p.Column, p.ID[:35]}, {"items/sealed", "", ""}} {
		func() {
			defer func() { recover() }() // a place that cannot be spelled panics, which is a refusal too
			if got, err := d.Open(q, tok); !errors.Is(err, ErrPlace) {
				t.Errorf("%+v opened: %q %v", q, got, err)
			}
		}()
	}
	if _, err := other.Open(p, tok); !errors.Is(err, ErrToken) {
		t.Errorf("another owner's key: %v", err)
	}
}

func TestKeys(t *testing.T) {
	oldKey, newKey := GenerateKey(), GenerateKey()
	before, err := ParseKeys(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	after, err := ParseKeys(newKey + " , " + oldKey)
	if err != nil || after.Len() != 2 || after.IDs()[1] != before.Newest() {
		t.Fatal(err)
	}
	d := NewDataKey()
	tok, id := before.Wrap("alice", d, time.Now())
	got, err := after.Unwrap("alice", tok, id)
	if err != nil || *got.raw != *d.raw {
		t.Fatal("the older key does not open what it wrapped", err)
	}
	if _, err := after.Unwrap("bob", tok, id); !errors.Is(err, ErrPlace) {
		t.Error("another owner opened it", err)
	}
	only, _ := ParseKeys(newKey)
	if _, err := only.Unwrap("alice", tok, id); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), id) {
		t.Error(err)
	}
	for _, bad := range []string{"", "hunter2", newKey + ",", newKey + ",hunter2", newKey + "," + newKey, newKey + "\n" + oldKey, strings.TrimRight(newKey, "=")} {
		if _, err := ParseKeys(bad); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), newKey[:10]) {
			t.Errorf("%d characters: %v", len(bad), err)
		}
	}
}

func TestIndex(t *testing.T) {
	x, y := NewIndex(NewDataKey()), NewIndex(NewDataKey())
	a := x.Of("email", "a@example.com")
	if len(a) != 43 || a != x.Of("email", "a@example.com") || a == x.Of("email", "b@example.com") || a == x.Of("name", "a@example.com") || a == y.Of("email", "a@example.com") {
		t.Error("the index is not of key, kind and value")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	text := GenerateKey()
	k, _ := ParseKeys(text)
	d := NewDataKey()
	var b bytes.Buffer
	j, _ := json.Marshal([]any{k, d})
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "k", k, "d", d)
	fmt.Fprintf(&b, "%v %+v %#v %s %v %+v %#v %s %s %v", k, k, k, k, d, d, d, d, j, NewIndex(d))
	for _, leak := range []string{text, encoding.EncodeToString(d.raw[:]), fmt.Sprintf("%x", d.raw[:8]), fmt.Sprintf("%d %d %d", d.raw[0], d.raw[1], d.raw[2])} {
		if strings.Contains(b.String(), leak) {
			t.Errorf("a key shows: %s", b.String())
		}
	}
}

const pythonBoth = `
import sys
from cryptography.fernet import Fernet, MultiFernet
f = Fernet(sys.argv[1].encode())
sys.stdout.write(f.decrypt(sys.argv[2].encode()).hex() + " " + f.encrypt(bytes.fromhex(sys.argv[3])).decode())
`

// TestPython: Python's cryptography, which the old program used, opens our
// tokens, and we open its.
func TestPython(t *testing.T) {
	python, full := os.Getenv("STRONGROOM_PYTHON"), os.Getenv("STRONGROOM_FULL_TESTS") != ""
	if python == "" {
		python = "python3"
	}
	if err := exec.CommandContext(t.Context(), python, "-c", "import cryptography").Run(); err != nil {
		if full {
			t.Fatalf("%s has no package cryptography: %v", python, err)
		}
		t.Skip("there is no Python with the package cryptography; make test installs it")
	}
	for _, msg := range []string{"", "hello", strings.Repeat("ä\x00", 5000)} {
		key := GenerateKey()
		f := fernetOf(t, key)
		hex := fmt.Sprintf("%x", msg)
		out, err := exec.CommandContext(t.Context(), python, "-c", pythonBoth, key, string(f.Seal([]byte(msg), time.Now())), hex).Output()
		if err != nil {
			t.Fatal(err)
		}
		opened, theirs, _ := strings.Cut(string(out), " ")
		if opened != hex {
			t.Errorf("Python opened %s", opened)
		}
		if got, err := f.Open([]byte(theirs)); err != nil || string(got) != msg {
			t.Errorf("of Python's: %q %v", got, err)
		}
	}
}

func BenchmarkOpen1000(b *testing.B) {
	d := NewDataKey()
	p := Place{"items", "sealed", "7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11"}
	tok := d.Seal(p, make([]byte, 1500), time.Now())
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			var err error
			if _, buf, err = d.OpenInto(p, buf, tok); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	d := NewDataKey()
	p := Place{"items", "sealed", "7f0c54ae-2d45-4c3c-9a2f-5d6f0b6f3c11"}
	msg := make([]byte, 1500)
	b.ReportAllocs()
	for b.Loop() {
		d.Seal(p, msg, time.Now())
	}
}

// TestInvalidVectorsAreWhatTheySay keeps the file honest: only what is called bad
// base64 may be refused for its base64.
func TestInvalidVectorsAreWhatTheySay(t *testing.T) {
	for _, v := range vectors(t, "invalid") {
		if _, err := base64.URLEncoding.DecodeString(v.Token); (err != nil) != strings.Contains(v.Desc, "base64") {
			t.Errorf("%s: %v", v.Desc, err)
		}
	}
}

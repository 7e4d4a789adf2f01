package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"
)

// published is the master key of PROTOCOL.md 3.1 step 4. Python's PBKDF2 makes it
// of the password and salt in TestMasterKey.
var published = [32]byte{31, 79, 104, 226, 150, 71, 177, 90, 194, 80, 172, 209, 17, 129, 132, 81, 138, 167, 69, 167, 254, 149, 2, 27, 39, 197, 64, 42, 22, 195, 86, 75}

// counting is the key of bytes 0 to 63, for values computed elsewhere.
func counting() SymKey {
	var raw [64]byte
	for i := range raw {
		raw[i] = byte(i)
	}
	return symKey(raw)
}

func TestMasterKey(t *testing.T) {
	m, err := KDF{Type: PBKDF2, Iterations: 10_000}.MasterKey("67t9b5g67$%Dh89n", "test_key")
	if err != nil || *m.s.raw != published {
		t.Fatalf("%v %v", m.s.raw, err)
	}
	if got := m.AuthHash("67t9b5g67$%Dh89n"); got != "XLXIhqgTBvhKS2cbb99YpUf9wEUFtMBwX1Ht2HCA0tA=" { // Python's hashlib
		t.Error(got)
	}
}

func TestStretch(t *testing.T) {
	want := []byte{111, 31, 178, 45, 238, 152, 37, 114, 143, 215, 124, 83, 135, 173, 195, 23, 142, 134, 120, 249, 61, 132, 163, 182, 113, 197, 189, 204, 188, 21, 237, 96,
		221, 127, 206, 234, 101, 27, 202, 38, 86, 52, 34, 28, 78, 28, 185, 16, 48, 61, 127, 166, 209, 247, 194, 87, 232, 26, 48, 85, 193, 249, 179, 155}
	if got := masterKey(published[:]).Stretch().Bytes(); !bytes.Equal(got, want) {
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

// TestAgainstOthers holds values that Python's hashlib and hmac, and openssl's
// enc and dgst, computed from PROTOCOL.md 3.2 and 3.3.
func TestAgainstOthers(t *testing.T) {
	k, seed := counting(), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	spki := make([]byte, 294)
	for i := range spki {
		spki[i] = byte(i)
	}
	phrase, err := Fingerprint(base64.StdEncoding.EncodeToString(spki), "a09726a0-9590-49d1-a5f5-afe300b6a515")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := k.Decrypt("2.AAECAwQFBgcICQoLDA0ODw==|5Oc1d6/9hbpDg7sQDpNVfw==|/XCs1Jut+KVfdrpqfqIVdrdT84hRuY3oCZPFojQfW5Y=")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"key id":        {k.KeyID(), "ac4ecffb2e087a59180d1dd19950b8e9"},
		"send key":      {base64.StdEncoding.EncodeToString(SendKey(seed).Bytes()), "BjqVWhwBtOGqy3zTWckZssthBBwMBclMDrdvuanhRLP77KB03hQ3oaIzCtKDMTir874lYaOjCuHzPhXhovfKBA=="},
		"send password": {SendPasswordHash("pw", seed), "++eZA9dZuCbh1UvZ5Pi+st5ah6yGA3x2MorUhf2JRnE="},
		"uri checksum":  {URIChecksum("https://example.com"), "EAaArVRs5qV39C9S3zO0z9ynVoWeZkuNfeMpsVDQnOk="},
		"fingerprint":   {phrase, "semisoft-purge-outpost-stereo-immature"},
		"type 2":        {string(plain), "hunter2"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
}

func TestFingerprintWantsAKey(t *testing.T) {
	for _, pub := range []string{"", "?", "AAAA\n", "AAA"} {
		if got, err := Fingerprint(pub, "u"); !errors.Is(err, ErrPublicKey) {
			t.Errorf("%q: %q, %v", pub, got, err)
		}
	}
	if effWord(0) != "abacus" || effWord(7775) != "zoom" {
		t.Errorf("the list goes from %s to %s", effWord(0), effWord(7775))
	}
}

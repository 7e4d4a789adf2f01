package servertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// Key is a security key without a body: it answers what browsers hand to one.
// Official names the members of its answers as official web clients do. Counter
// goes up with each assertion.
type Key struct {
	ID       []byte
	Origin   string
	Handle   []byte // of the account it was made for
	Counter  uint32
	Verifies bool // it knows its person, by a PIN or a finger
	Official bool

	t    testing.TB
	key  *ecdsa.PrivateKey
	host string
}

// NewKey makes a key that is used at origin.
func NewKey(t testing.TB, origin string) *Key {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &Key{ID: id, Origin: origin, Verifies: true, t: t, key: k}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

type keyOptions struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Allowed []struct {
		ID string `json:"id"`
	} `json:"allowCredentials"`
}

func (k *Key) options(options any) (o keyOptions) {
	k.t.Helper()
	b, err := json.Marshal(options)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil || o.Challenge == "" {
		k.t.Fatalf("no options: %v in %s", err, b)
	}
	return o
}

func (k *Key) client(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": "webauthn." + kind, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

// data is what a key signs: whose it is, what it saw, how often it was used.
func (k *Key) data(host string, flags byte) []byte {
	rp := sha256.Sum256([]byte(host))
	if k.Verifies {
		flags |= 4
	}
	return binary.BigEndian.AppendUint32(append(rp[:], flags|1), k.Counter)
}

func (k *Key) name(standard, official string) string {
	if k.Official {
		return official
	}
	return standard
}

// Create answers navigator.credentials.create.
func (k *Key) Create(options any) map[string]any {
	k.t.Helper()
	o := k.options(options)
	k.host = o.RP.ID
	k.Handle, _ = base64.RawURLEncoding.DecodeString(o.User.ID)
	point, err := k.key.PublicKey.Bytes()
	if err != nil {
		k.t.Fatal(err)
	}
	// A COSE key: EC2, ES256, P-256, x, y.
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 32), point[33:]...)
	auth := append(k.data(k.host, 0x40), make([]byte, 16)...)
	auth = append(binary.BigEndian.AppendUint16(auth, uint16(len(k.ID))), k.ID...)
	auth = append(auth, cose...)
	var att bytes.Buffer
	att.WriteString("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58")
	att.WriteByte(byte(len(auth)))
	att.Write(auth)
	return map[string]any{"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "extensions": map[string]any{},
		"response": map[string]any{k.name("attestationObject", "AttestationObject"): b64(att.Bytes()), k.name("clientDataJSON", "clientDataJson"): b64(k.client("create", o.Challenge)),
			"transports": []string{"usb"}}}
}

// Get answers navigator.credentials.get; discoverable says whose key it is, too.
func (k *Key) Get(options any, discoverable bool) map[string]any {
	k.t.Helper()
	o := k.options(options)
	k.Counter++
	auth, client := k.data(o.RPID, 0), k.client("get", o.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(auth[:len(auth):len(auth)], hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.key, digest[:])
	if err != nil {
		k.t.Fatal(err)
	}
	r := map[string]any{"authenticatorData": b64(auth), k.name("clientDataJSON", "clientDataJson"): b64(client), "signature": b64(sig)}
	if discoverable {
		r["userHandle"] = b64(k.Handle)
	}
	return map[string]any{"id": b64(k.ID), "rawId": b64(k.ID), "type": "public-key", "extensions": map[string]any{}, "response": r}
}

// Text is an answer as clients put it into a form.
func (k *Key) Text(answer map[string]any) string {
	b, err := json.Marshal(answer)
	if err != nil {
		k.t.Fatal(err)
	}
	return string(b)
}

package server_test

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/server/servertest"
)

const modhex = "cbdefghijklnrtuv"

func toModhex(b []byte) string {
	var s strings.Builder
	for _, x := range b {
		s.WriteByte(modhex[x>>4])
		s.WriteByte(modhex[x&15])
	}
	return s.String()
}

func fromModhex(s string) []byte {
	b := make([]byte, len(s)/2)
	for i := range b {
		b[i] = byte(strings.IndexByte(modhex, s[2*i])<<4 | strings.IndexByte(modhex, s[2*i+1]))
	}
	return b
}

// crc is that of ISO 13239, over which a whole password's is 0xf0b8.
func crc(b []byte) uint16 {
	c := uint16(0xffff)
	for _, x := range b {
		c ^= uint16(x)
		for range 8 {
			if lsb := c & 1; lsb == 1 {
				c = c>>1 ^ 0x8408
			} else {
				c >>= 1
			}
		}
	}
	return c
}

// yubiKey types passwords as the real ones do.
type yubiKey struct {
	public, private [6]byte
	secret          [16]byte
	use             uint16
}

func newYubiKey() *yubiKey {
	k := &yubiKey{use: 1}
	rand.Read(k.public[:])
	rand.Read(k.private[:])
	rand.Read(k.secret[:])
	return k
}

func (k *yubiKey) press() string {
	k.use++
	b := append([]byte{}, k.private[:]...)
	b = binary.LittleEndian.AppendUint16(b, k.use)
	b = append(b, 1, 2, 3, 0, 9, 9)
	b = binary.LittleEndian.AppendUint16(b, ^crc(b))
	block, _ := aes.NewCipher(k.secret[:])
	block.Encrypt(b, b)
	return toModhex(k.public[:]) + toModhex(b)
}

// validation is a validation server (protocol 2.0) that knows keys by their public
// ids. Forge makes it sign with another key than it was asked for with.
type validation struct {
	mu    sync.Mutex
	keys  map[string]*yubiKey
	last  map[string]uint16
	asked int
	api   []byte
	forge bool
	other bool // it answers another question
}

func (v *validation) sign(q url.Values, key []byte) string {
	var pairs []string
	for name := range q {
		pairs = append(pairs, name+"="+q.Get(name))
	}
	slices.Sort(pairs)
	m := hmac.New(sha1.New, key)
	m.Write([]byte(strings.Join(pairs, "&")))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func (v *validation) status(q url.Values) string {
	h := q.Get("h")
	q.Del("h")
	otp := q.Get("otp")
	if q.Get("id") != "42" || h != v.sign(q, v.api) {
		return "BAD_SIGNATURE"
	}
	k := v.keys[otp[:12]]
	if k == nil {
		return "BAD_OTP"
	}
	b := fromModhex(otp[12:])
	block, _ := aes.NewCipher(k.secret[:])
	block.Decrypt(b, b)
	if crc(b) != 0xf0b8 || [6]byte(b[:6]) != k.private {
		return "BAD_OTP"
	}
	use := binary.LittleEndian.Uint16(b[6:])
	if use <= v.last[otp[:12]] {
		return "REPLAYED_OTP"
	}
	v.last[otp[:12]] = use
	return "OK"
}

func (v *validation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	q := r.URL.Query()
	a := url.Values{"t": {time.Now().UTC().Format("2006-01-02T15:04:05Z0123")}, "otp": {q.Get("otp")}, "nonce": {q.Get("nonce")}, "sl": {"100"}}
	a.Set("status", v.status(q))
	if v.other {
		a.Set("nonce", "0000000000000000")
	}
	key := v.api
	if v.forge {
		key = []byte("another key")
	}
	a.Set("h", v.sign(a, key))
	for name := range a {
		fmt.Fprintf(w, "%s=%s\r\n", name, a.Get(name))
	}
}

// TestYubiKey: passwords that a YubiKey types are checked by a validation server,
// whose answers must be signed and of this question; a private one is asked only
// when it is allowed by name.
func TestYubiKey(t *testing.T) {
	k, spare := newYubiKey(), newYubiKey()
	v := &validation{keys: map[string]*yubiKey{}, last: map[string]uint16{}, api: []byte("the key of client 42")}
	for _, k := range []*yubiKey{k, spare} {
		v.keys[toModhex(k.public[:])] = k
	}
	s := httptest.NewServer(v)
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	node := func(more ...string) *servertest.Node {
		o := servertest.Options(t)
		o.Settings = servertest.Settings(t, append(more, "SIGNUPS=open", "YUBICO_CLIENT_ID=42", "YUBICO_SECRET_KEY="+base64.StdEncoding.EncodeToString(v.api),
			"YUBICO_URL=http://localhost:"+port+"/wsapi/2.0/verify")...)
		return servertest.Start(t, o)
	}
	closed := node().Join("alice@example.com")
	closed.Do("POST", "/api/two-factor/yubikey", body("masterPasswordHash", closed.Account.AuthHash, "key1", k.press(), "nfc", true)).Want(503)
	if v.asked > 0 {
		t.Fatal("a private address was asked without leave")
	}
	n := node("OUTBOUND_ALLOW=localhost:" + port)
	p := n.Join("alice@example.com")
	set := func(status int, keys ...string) map[string]any {
		t.Helper()
		b := body("masterPasswordHash", p.Account.AuthHash, "nfc", true)
		for i, k := range keys {
			b[fmt.Sprintf("key%d", i+1)] = k
		}
		return p.Do("PUT", "/api/two-factor/yubikey", b).Want(status).Map()
	}
	typed := k.press()
	v.forge = true
	set(503, k.press())
	v.forge, v.other = false, true
	set(503, k.press())
	v.other = false
	set(400, "no key at all")
	set(400, typed) // older than what was shown since
	set(400, newYubiKey().press())
	m := set(200, k.press(), spare.press())
	id := toModhex(k.public[:])
	if nested := m["yubiKey"].(map[string]any); nested["key1"] != id || m["key1"] != id || nested["key2"] != toModhex(spare.public[:]) || nested["nfc"] != true {
		t.Errorf("%v", m)
	}
	offer := signIn(p).want(t, 400, "")["TwoFactorProviders2"].(map[string]any)
	if offer["3"].(map[string]any)["Nfc"] != "true" {
		t.Errorf("%v", offer)
	}
	with := func(code string) challenged { return signIn(p, "twoFactorProvider", "3", "twoFactorToken", code) }
	typed = k.press()
	with(typed).want(t, 200, "")
	with(typed).want(t, 400, wrongToken)
	with(newYubiKey().press()).want(t, 400, wrongToken)
	with(strings.Repeat("c", 44)).want(t, 400, wrongToken)
	set(200, id) // the spare goes
	with(spare.press()).want(t, 400, wrongToken)
	with(k.press()).want(t, 200, "")
	f := url.Values{"username": {p.Email}, "password": {servertest.Password}, "otp": {k.press()}}
	n.Do("POST", "/api/v1/token", f).Want(200)
	p.Do("DELETE", "/api/two-factor/yubikey", body("masterPasswordHash", p.Account.AuthHash)).Want(200)
	signIn(p).want(t, 200, "")
}

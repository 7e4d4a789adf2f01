package main

import (
	"encoding/json"
	"math/rand/v2"
	"time"

	"strongroom/internal/keyring"
)

// maker makes items like people's and encrypts them as a client does. The same
// seed makes the same items, but for what encryption draws by itself.
type maker struct {
	user keyring.SymKey
	r    *rand.Rand
}

func newMaker(user keyring.SymKey, seed uint64) *maker {
	return &maker{user, rand.New(rand.NewPCG(seed, 0))}
}

func (m *maker) word(k int) string {
	b := make([]byte, k)
	for i := range b {
		b[i] = byte('a' + m.r.IntN(26))
	}
	return string(b)
}

func (m *maker) text(words int) string {
	b := ""
	for range words {
		b += m.word(2+m.r.IntN(9)) + " "
	}
	return b
}

func (m *maker) chance(percent int) bool { return m.r.IntN(100) < percent }

// item is one cipher request: of a hundred 80 are logins, 10 notes, 6 cards and 4
// identities; 30 have a key of their own.
func (m *maker) item() map[string]any {
	key, own := m.user, any(nil)
	if m.chance(30) {
		key = keyring.NewSymKey()
		own = m.user.WrapKey(key)
	}
	enc := key.EncryptString
	host := m.word(6+m.r.IntN(8)) + ".example.com"
	c := map[string]any{"type": 1, "name": enc(host), "notes": nil, "favorite": m.chance(5), "reprompt": 0, "folderId": nil, "organizationId": nil,
		"key": own, "fields": nil, "passwordHistory": nil, "lastKnownRevisionDate": nil}
	switch n := m.r.IntN(100); {
	case n < 80:
		c["login"] = m.login(enc, host)
		if m.chance(20) {
			c["passwordHistory"] = []any{map[string]any{"password": enc(m.word(16)), "lastUsedDate": time.Unix(1.7e9, 0).UTC().Format("2006-01-02T15:04:05.000Z")}}
		}
	case n < 90:
		c["type"], c["secureNote"], c["notes"] = 2, map[string]any{"type": 0}, enc(m.text(60))
	case n < 96:
		c["type"], c["card"] = 3, map[string]any{"cardholderName": enc(m.text(2)), "brand": enc("Visa"), "number": enc("4111111111111111"),
			"expMonth": enc("4"), "expYear": enc("2029"), "code": enc("123")}
	default:
		c["type"], c["identity"] = 4, map[string]any{"title": nil, "firstName": enc(m.word(6)), "lastName": enc(m.word(8)), "address1": enc(m.text(3)),
			"city": enc(m.word(8)), "postalCode": enc("12345"), "country": enc("IS"), "email": enc(m.word(8) + "@example.com"), "phone": enc("5551234567")}
	}
	if c["notes"] == nil && m.chance(40) {
		c["notes"] = enc(m.text(4 + m.r.IntN(20)))
	}
	if m.chance(25) {
		c["fields"] = []any{map[string]any{"type": 1, "name": enc("PIN"), "value": enc(m.word(6)), "linkedId": nil},
			map[string]any{"type": 0, "name": enc("customer"), "value": enc(m.word(10)), "linkedId": nil}}
	}
	return c
}

func (m *maker) login(enc func(string) string, host string) map[string]any {
	uri := func(u string) any {
		return map[string]any{"uri": enc(u), "uriChecksum": enc(keyring.URIChecksum(u)), "match": nil}
	}
	uris := []any{uri("https://" + host + "/login")}
	if m.chance(20) {
		uris = append(uris, uri("https://app."+host+"/"+m.word(12)))
	}
	l := map[string]any{"uris": uris, "username": enc(m.word(8) + "@example.com"), "password": enc(m.word(12 + m.r.IntN(12))), "totp": nil,
		"passwordRevisionDate": nil, "autofillOnPageLoad": nil, "fido2Credentials": nil}
	if m.chance(10) {
		l["totp"] = enc("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	}
	return l
}

// body is one item ready to be sent.
func (m *maker) body() []byte {
	b, err := json.Marshal(m.item())
	if err != nil {
		panic(err) // maps of texts always encode
	}
	return b
}

// vault is an import of n items, a third of them in folders.
func (m *maker) vault(n, folders int) []byte {
	fs, items, in := []any{}, make([]any, n), []any{}
	for range folders {
		fs = append(fs, map[string]any{"name": m.user.EncryptString(m.word(9))})
	}
	for i := range items {
		items[i] = m.item()
		if folders > 0 && m.chance(33) {
			in = append(in, map[string]any{"key": i, "value": m.r.IntN(folders)})
		}
	}
	b, err := json.Marshal(map[string]any{"folders": fs, "ciphers": items, "folderRelationships": in})
	if err != nil {
		panic(err) // as above
	}
	return b
}

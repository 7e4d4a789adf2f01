package keyring

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"math/big"
	"strings"

	"github.com/sethvargo/go-diceware/diceware"
)

// derive makes a 64-byte key of a 16-byte secret for one purpose (PROTOCOL.md 3.2).
func derive(secret []byte, name, info string) SymKey {
	m := hmac.New(sha256.New, []byte("bitwarden-"+name))
	m.Write(secret)
	return symKey([64]byte(expand(m.Sum(nil), info, 64)))
}

// SendKey is the key of a Send, made from the 16-byte seed in its link.
func SendKey(seed []byte) SymKey { return derive(seed, "send", "send") }

// SendPasswordHash is what a Send's password is sent as: base64 of 32 bytes.
func SendPasswordHash(password string, seed []byte) string {
	h, err := pbkdf2.Key(sha256.New, password, seed, 100_000, 32)
	if err != nil { // only FIPS mode refuses short salts
		panic(err)
	}
	return b64.EncodeToString(h)
}

// URIChecksum is what is encrypted beside an address, so that a server cannot
// exchange the addresses of an item that has its own key. It is not yet encrypted.
func URIChecksum(uri string) string {
	h := sha256.Sum256([]byte(uri))
	return b64.EncodeToString(h[:])
}

// Fingerprint is the phrase by which two people compare a public key aloud: five
// words of the EFF's long list, joined by "-" (four of its words hold one
// themselves). ErrPublicKey when the key is not base64.
func Fingerprint(publicB64, userID string) (string, error) {
	spki, ok := decode(publicB64)
	if !ok || len(spki) == 0 {
		return "", ErrPublicKey
	}
	const list, words = 7776, 5
	n, word := new(big.Int).SetBytes(expand(spki, userID, 32)), new(big.Int)
	var phrase [words]string
	for i := range phrase {
		n.DivMod(n, big.NewInt(list), word)
		phrase[i] = effWord(int(word.Int64()))
	}
	return strings.Join(phrase[:], "-"), nil
}

// effWord is word n of the list, which is kept by rolls of five dice: 11111 is the first.
func effWord(n int) string {
	roll := 0
	for _, place := range [...]int{1296, 216, 36, 6, 1} {
		roll = roll*10 + n/place%6 + 1
	}
	return diceware.WordListEffLarge().WordAt(roll)
}

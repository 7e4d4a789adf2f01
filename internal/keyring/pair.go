package keyring

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the protocol's RSA-OAEP uses it; collisions do not matter there
	"crypto/x509"
	"errors"
	"strings"
)

// PrivateKey is an RSA-2048 private key. It prints as [redacted]. The zero
// PrivateKey opens nothing.
type PrivateKey struct {
	redacted
	p *pair
}

type pair struct{ key *rsa.PrivateKey }

const rsaBits = 2048

// ErrPublicKey is for what is no base64 of the SPKI of an RSA key of at least 2048 bits.
var ErrPublicKey = errors.New("keyring: not an RSA public key")

// NewKeyPair makes an account's or organization's pair; the public half is SPKI in base64.
func NewKeyPair() (priv PrivateKey, publicSPKIB64 string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return PrivateKey{}, "", err
	}
	pub, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return PrivateKey{}, "", err
	}
	return PrivateKey{p: &pair{key}}, b64.EncodeToString(pub), nil
}

// WrapPrivate encrypts the PKCS#8 form of p under this key.
func (k SymKey) WrapPrivate(p PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(p.p.key)
	if err != nil { // an RSA key always has this form
		panic(err)
	}
	defer clear(der)
	return k.Encrypt(der)
}

// UnwrapPrivate opens a private key that was wrapped under this one, or returns ErrDecrypt.
func (k SymKey) UnwrapPrivate(enc string) (PrivateKey, error) {
	der, err := k.Decrypt(enc)
	if err != nil {
		return PrivateKey{}, err
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if r, ok := key.(*rsa.PrivateKey); ok && err == nil {
		return PrivateKey{p: &pair{r}}, nil
	}
	return PrivateKey{}, ErrDecrypt
}

// EncapsulateTo encrypts a key to a public key: an encrypted string of type 4,
// or ErrPublicKey.
func EncapsulateTo(publicB64 string, key SymKey) (string, error) {
	der, ok := decode(publicB64)
	if !ok {
		return "", ErrPublicKey
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	r, ok := pub.(*rsa.PublicKey)
	if err != nil || !ok || r.N.BitLen() < rsaBits {
		return "", ErrPublicKey
	}
	c, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, r, key.s.raw[:], nil) //nolint:gosec // the protocol's choice
	if err != nil {
		return "", err
	}
	return "4." + b64.EncodeToString(c), nil
}

// Decapsulate opens a key that was encrypted to this pair, or returns ErrDecrypt.
func (p PrivateKey) Decapsulate(enc string) (SymKey, error) {
	text, typed := strings.CutPrefix(enc, "4.")
	c, ok := decode(text)
	if p.p == nil || !typed || !ok {
		return SymKey{}, ErrDecrypt
	}
	b, err := rsa.DecryptOAEP(sha1.New(), nil, p.p.key, c, nil) //nolint:gosec // the protocol's choice
	if err != nil {
		return SymKey{}, ErrDecrypt
	}
	defer clear(b)
	return SymKeyFromBytes(b)
}

// decode is strict base64 without line breaks.
func decode(s string) ([]byte, bool) {
	b, err := b64.DecodeString(s)
	return b, err == nil && b64.EncodedLen(len(b)) == len(s)
}

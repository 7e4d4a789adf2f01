package keyring

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the protocol's RSA-OAEP uses it; collisions do not matter there
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
)

// Account is what a client makes at registration: all but UserKey is for the server.
type Account struct {
	Email, Salt         string
	KDF                 KDF
	AuthHash            string
	ProtectedKey        string // the user key under the stretched master key
	PublicKey           string // SPKI, base64
	ProtectedPrivateKey string // PKCS#8 under the user key
	UserKey             SymKey
}

// NewAccount makes an account's keys.
func NewAccount(email, password string, kdf KDF) (Account, error) {
	a := Account{Email: email, Salt: NormalizeSalt(email), KDF: kdf, UserKey: NewSymKey()}
	var err error
	if a.AuthHash, a.ProtectedKey, err = ChangePassword(a.UserKey, a.Salt, password, kdf); err != nil {
		return Account{}, err
	}
	priv, pub, err := NewKeyPair()
	a.PublicKey, a.ProtectedPrivateKey = pub, ""
	if err == nil {
		a.ProtectedPrivateKey = a.UserKey.Encrypt(priv.der)
	}
	return a, err
}

// ChangePassword wraps a user key for another password, KDF or address.
func ChangePassword(user SymKey, salt, password string, kdf KDF) (authHash, protectedKey string, err error) {
	m, err := kdf.MasterKey(password, salt)
	if err != nil {
		return "", "", err
	}
	return m.AuthHash(password), m.Stretch().WrapKey(user), nil
}

// OpenUserKey is what a client does to unlock: ErrDecrypt when the password is wrong.
func (k KDF) OpenUserKey(password, salt, protectedKey string) (user SymKey, authHash string, err error) {
	m, err := k.MasterKey(password, salt)
	if err != nil {
		return SymKey{}, "", err
	}
	user, err = m.Stretch().UnwrapKey(protectedKey)
	return user, m.AuthHash(password), err
}

// PrivateKey is an RSA-2048 private key. It prints as [redacted].
type PrivateKey struct {
	key *rsa.PrivateKey
	der []byte
}

func (PrivateKey) String() string               { return "[redacted]" }
func (PrivateKey) GoString() string             { return "[redacted]" }
func (PrivateKey) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// NewKeyPair makes an account's or organization's pair; the public half is SPKI in base64.
func NewKeyPair() (PrivateKey, string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return PrivateKey{}, "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return PrivateKey{}, "", err
	}
	pub, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	return PrivateKey{key, der}, b64.EncodeToString(pub), err
}

// UnwrapPrivate opens a private key that was wrapped under this one.
func (k SymKey) UnwrapPrivate(enc string) (PrivateKey, error) {
	der, err := k.Decrypt(enc)
	if err != nil {
		return PrivateKey{}, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if r, ok := key.(*rsa.PrivateKey); ok && err == nil {
		return PrivateKey{r, der}, nil
	}
	return PrivateKey{}, ErrDecrypt
}

var errPublicKey = errors.New("keyring: not an RSA public key")

// EncapsulateTo encrypts a key to a public key: an encrypted string of type 4.
func EncapsulateTo(publicKey string, key SymKey) (string, error) {
	der, err := b64.DecodeString(publicKey)
	if err != nil {
		return "", errPublicKey
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	r, ok := pub.(*rsa.PublicKey)
	if err != nil || !ok {
		return "", errPublicKey
	}
	c, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, r, key.s.raw[:], nil) //nolint:gosec // the protocol's choice
	return "4." + b64.EncodeToString(c), err
}

// Decapsulate opens a key that was encrypted to this pair, or returns ErrDecrypt.
func (p PrivateKey) Decapsulate(enc string) (SymKey, error) {
	text, ok := strings.CutPrefix(enc, "4.")
	c, err := b64.DecodeString(text)
	if !ok || err != nil {
		return SymKey{}, ErrDecrypt
	}
	b, err := rsa.DecryptOAEP(sha1.New(), nil, p.key, c, nil) //nolint:gosec // the protocol's choice
	if err != nil {
		return SymKey{}, ErrDecrypt
	}
	return SymKeyFromBytes(b)
}

// derive makes a 64-byte key of a 16-byte secret for one purpose (PROTOCOL.md 3.2).
func derive(secret []byte, name, info string) SymKey {
	m := hmac.New(sha256.New, []byte("bitwarden-"+name))
	m.Write(secret)
	return symKey([64]byte(expand(m.Sum(nil), info, 64)))
}

// SendKey is the key of a Send, made from the 16-byte seed in its link.
func SendKey(seed []byte) SymKey { return derive(seed, "send", "send") }

// SendPasswordHash is what a Send's password is sent as.
func SendPasswordHash(password string, seed []byte) string {
	h, err := pbkdf2.Key(sha256.New, password, seed, 100_000, 32)
	if err != nil {
		panic(err)
	}
	return b64.EncodeToString(h)
}

// URIChecksum is what is encrypted beside an address, so that a server cannot
// exchange the addresses of an item that has its own key.
func URIChecksum(uri string) string {
	h := sha256.Sum256([]byte(uri))
	return b64.EncodeToString(h[:])
}

// Package keyring is the cryptography of a Bitwarden-compatible client: from a
// password to keys, and what those keys encrypt. It must not do any I/O. The
// server uses it only where it acts as a client for one request (core/unlock).
// Invariant: only authenticated encryption is accepted; legacy forms are refused.
package keyring

import (
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"strings"

	"golang.org/x/crypto/argon2"
)

// KDFType is the protocol's number of a key derivation function.
type KDFType int

// The key derivation functions of the protocol.
const (
	PBKDF2   KDFType = 0
	Argon2id KDFType = 1
)

// KDF is how a master key is derived. Memory and parallelism are 0 with PBKDF2.
type KDF struct {
	Type                               KDFType
	Iterations, MemoryMiB, Parallelism int
}

// DefaultKDF is what our own clients use: it fits into a phone's autofill process.
var DefaultKDF = KDF{Type: Argon2id, Iterations: 4, MemoryMiB: 32, Parallelism: 4}

// errKDF is for settings that no client accepts (PROTOCOL.md 3.1): a server that
// sends them wants a cheap guess.
var errKDF = errors.New("keyring: key derivation settings are out of bounds")

func within(n, lo, hi int) bool { return n >= lo && n <= hi }

// NormalizeSalt makes the salt of an address: trimmed and in lower case.
func NormalizeSalt(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// MasterKey is 32 bytes that everything of an account hangs on. It prints as [redacted].
type MasterKey struct {
	redacted
	s *masterState
}

type masterState struct{ raw *[32]byte }

func masterKey(b []byte) MasterKey { return MasterKey{s: &masterState{(*[32]byte)(b)}} }

// MasterKey derives the master key; salt is used as it is (see NormalizeSalt). It
// takes tens of milliseconds and the KDF's memory: run it under a bound. Settings
// that no client accepts are an error without a kind.
func (k KDF) MasterKey(password, salt string) (MasterKey, error) {
	switch {
	case k.Type == PBKDF2 && within(k.Iterations, 5_000, 10_000_000):
		b, err := pbkdf2.Key(sha256.New, password, []byte(salt), k.Iterations, 32)
		if err != nil {
			return MasterKey{}, err
		}
		return masterKey(b), nil
	case k.Type == Argon2id && within(k.Iterations, 2, 64) && within(k.MemoryMiB, 15, 1024) && within(k.Parallelism, 1, 16):
		s := sha256.Sum256([]byte(salt))
		b := argon2.IDKey([]byte(password), s[:], uint32(k.Iterations), uint32(k.MemoryMiB)*1024, uint8(k.Parallelism), 32)
		return masterKey(b), nil
	}
	return MasterKey{}, errKDF
}

// AuthHash is what proves the password to the server: base64 of one more PBKDF2 round.
func (m MasterKey) AuthHash(password string) string {
	h, err := pbkdf2.Key(sha256.New, string(m.s.raw[:]), []byte(password), 1, 32)
	if err != nil { // only FIPS mode refuses short keys
		panic(err)
	}
	return b64.EncodeToString(h)
}

// Stretch makes the key that wraps the user key.
func (m MasterKey) Stretch() SymKey {
	return symKey([64]byte(append(expand(m.s.raw[:], "enc", 32), expand(m.s.raw[:], "mac", 32)...)))
}

func expand(prk []byte, info string, n int) []byte {
	b, err := hkdf.Expand(sha256.New, prk, info, n)
	if err != nil { // n is small
		panic(err)
	}
	return b
}

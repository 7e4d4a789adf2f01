package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"sync"
)

// ErrDecrypt is all that is said of an encrypted string that does not open.
var ErrDecrypt = errors.New("keyring: not encrypted under this key")

// b64 still skips line breaks, as every decoder of encoding/base64 does; who
// decodes with it compares lengths.
var b64 = base64.StdEncoding.Strict()

// SymKey is a 64-byte key: 32 bytes encrypt (AES-256-CBC), 32 authenticate
// (HMAC-SHA256). It is safe for concurrent use and prints as [redacted]. The zero
// SymKey opens nothing, and encrypting under it panics.
type SymKey struct {
	redacted
	s *symState
}

type symState struct {
	raw   *[64]byte
	block cipher.Block
	pool  sync.Pool // of *worker: key schedules are made once, not once a field
}

// worker is what one operation needs. buf is cleared of plaintext before it goes
// back to the pool.
type worker struct {
	block cipher.Block
	mac   hash.Hash
	enc   settable
	dec   settable
	sum   [sha256.Size]byte
	buf   []byte
}

// settable is a CBC mode that takes a new IV, as the standard library's do.
type settable interface {
	cipher.BlockMode
	SetIV([]byte)
}

func symKey(raw [64]byte) SymKey {
	block, err := aes.NewCipher(raw[:32])
	if err != nil { // the length is right by type
		panic(err)
	}
	return SymKey{s: &symState{raw: &raw, block: block}}
}

// worker takes a worker from the pool, and release brings it back: an item key
// that opens five fields makes one.
func (s *symState) worker() *worker {
	if w, ok := s.pool.Get().(*worker); ok {
		return w
	}
	return &worker{block: s.block, mac: hmac.New(sha256.New, s.raw[32:])}
}

// maxKept is the longest buffer that a pool keeps; fields are far below it.
const maxKept = 64 << 10

func (s *symState) release(w *worker) {
	if cap(w.buf) <= maxKept {
		s.pool.Put(w)
	}
}

// NewSymKey makes a random key: a user's, an item's, an attachment's.
func NewSymKey() SymKey {
	var raw [64]byte
	rand.Read(raw[:])
	return symKey(raw)
}

// SymKeyFromBytes takes 64 bytes; anything else is ErrDecrypt.
func SymKeyFromBytes(b []byte) (SymKey, error) {
	if len(b) != 64 {
		return SymKey{}, ErrDecrypt
	}
	return symKey([64]byte(b)), nil
}

// Bytes gives the key away; only what wraps it may ask.
func (k SymKey) Bytes() []byte { return append([]byte(nil), k.s.raw[:]...) }

// KeyID is the public id of a key: half of the RFC 9679 thumbprint of its COSE
// form, 32 hex digits (PROTOCOL.md 3.2).
func (k SymKey) KeyID() string {
	h := sha256.Sum256(append([]byte{0xa2, 0x01, 0x04, 0x20, 0x58, 0x40}, k.s.raw[:]...))
	return hex.EncodeToString(h[:16])
}

// WrapKey encrypts another key under this one.
func (k SymKey) WrapKey(inner SymKey) string { return k.Encrypt(inner.s.raw[:]) }

// UnwrapKey opens a key that was wrapped under this one, or returns ErrDecrypt.
func (k SymKey) UnwrapKey(enc string) (SymKey, error) {
	var room [64]byte // enough for a key, so that none stays on the heap
	b, err := k.AppendDecrypt(room[:0], []byte(enc))
	if err != nil {
		return SymKey{}, err
	}
	defer clear(b)
	return SymKeyFromBytes(b)
}

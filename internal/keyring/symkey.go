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

// SymKey is a 64-byte key: 32 bytes encrypt (AES-256-CBC), 32 authenticate
// (HMAC-SHA256). It is safe for concurrent use and prints as [redacted].
type SymKey struct{ s *symState }

type symState struct {
	raw   [64]byte
	block cipher.Block
	pool  sync.Pool // of *worker: key schedules are made once, not once a field
}

type worker struct {
	mac hash.Hash
	enc settable
	dec settable
	sum [sha256.Size]byte
	buf []byte
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
	s := &symState{raw: raw, block: block}
	s.pool.New = func() any {
		var iv [aes.BlockSize]byte
		return &worker{mac: hmac.New(sha256.New, s.raw[32:]),
			enc: cipher.NewCBCEncrypter(block, iv[:]).(settable), dec: cipher.NewCBCDecrypter(block, iv[:]).(settable)}
	}
	return SymKey{s}
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

func (k SymKey) String() string               { return "[redacted]" }
func (k SymKey) GoString() string             { return "[redacted]" }
func (k SymKey) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// KeyID is the public id of a key: half of the RFC 9679 thumbprint of its COSE
// form, 32 hex digits (PROTOCOL.md 3.2).
func (k SymKey) KeyID() string {
	h := sha256.Sum256(append([]byte{0xa2, 0x01, 0x04, 0x20, 0x58, 0x40}, k.s.raw[:]...))
	return hex.EncodeToString(h[:16])
}

// An encrypted string of type 2 is "2.iv|ciphertext|mac", the parts in base64.
const (
	ivText  = 24 // base64 of 16 bytes
	macText = 44 // base64 of 32 bytes
)

// Encrypt makes an encrypted string of type 2.
func (k SymKey) Encrypt(plain []byte) string { return string(k.AppendEncrypt(nil, plain)) }

// EncryptString is Encrypt for text.
func (k SymKey) EncryptString(s string) string { return string(k.AppendEncrypt(nil, []byte(s))) }

// AppendEncrypt appends an encrypted string to dst.
func (k SymKey) AppendEncrypt(dst, plain []byte) []byte {
	w := k.s.pool.Get().(*worker)
	defer k.s.pool.Put(w)
	w.encrypt(plain)
	dst = b64.AppendEncode(append(dst, "2."...), w.buf[:aes.BlockSize])
	dst = b64.AppendEncode(append(dst, '|'), w.buf[aes.BlockSize:])
	return b64.AppendEncode(append(dst, '|'), w.sum[:])
}

// encrypt leaves iv and ciphertext in buf, their MAC in sum.
func (w *worker) encrypt(plain []byte) {
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	n := aes.BlockSize + len(plain) + pad
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	b := w.buf[:n]
	rand.Read(b[:aes.BlockSize])
	copy(b[aes.BlockSize:], plain)
	for i := n - pad; i < n; i++ {
		b[i] = byte(pad)
	}
	w.enc.SetIV(b[:aes.BlockSize])
	w.enc.CryptBlocks(b[aes.BlockSize:], b[aes.BlockSize:])
	w.buf = b
	w.mac.Reset()
	w.mac.Write(b)
	w.mac.Sum(w.sum[:0])
}

// Decrypt opens an encrypted string of type 2; everything else is ErrDecrypt.
func (k SymKey) Decrypt(enc string) ([]byte, error) { return k.AppendDecrypt(nil, []byte(enc)) }

// AppendDecrypt appends the plaintext of enc to dst, for loops: it allocates
// nothing when dst has room.
func (k SymKey) AppendDecrypt(dst, enc []byte) ([]byte, error) {
	n := len(enc)
	if n < 2+ivText+1+ivText+1+macText || enc[0] != '2' || enc[1] != '.' || enc[2+ivText] != '|' || enc[n-macText-1] != '|' {
		return dst, ErrDecrypt
	}
	w := k.s.pool.Get().(*worker)
	defer k.s.pool.Put(w)
	var mac [sha256.Size + 1]byte
	body := enc[2+ivText+1 : n-macText-1]
	need := 18 + base64.StdEncoding.DecodedLen(len(body))
	if cap(w.buf) < need {
		w.buf = make([]byte, need)
	}
	b := w.buf[:need]
	if !exactly(b, enc[2:2+ivText], aes.BlockSize) || !exactly(mac[:], enc[n-macText:], sha256.Size) {
		return dst, ErrDecrypt
	}
	m, err := b64.Decode(b[aes.BlockSize:], body)
	if err != nil || m == 0 || m%aes.BlockSize != 0 || b64.EncodedLen(m) != len(body) {
		return dst, ErrDecrypt
	}
	return w.open(dst, b[:aes.BlockSize], b[aes.BlockSize:aes.BlockSize+m], mac[:sha256.Size])
}

// open checks the MAC over iv and text, which lie next to each other, then
// decrypts text in place and appends it to dst.
func (w *worker) open(dst, iv, text, mac []byte) ([]byte, error) {
	w.mac.Reset()
	w.mac.Write(iv)
	w.mac.Write(text)
	if !hmac.Equal(w.mac.Sum(w.sum[:0]), mac) {
		return dst, ErrDecrypt
	}
	w.dec.SetIV(iv)
	w.dec.CryptBlocks(text, text)
	pad := int(text[len(text)-1])
	if pad == 0 || pad > aes.BlockSize || pad > len(text) {
		return dst, ErrDecrypt
	}
	for _, c := range text[len(text)-pad:] {
		if int(c) != pad {
			return dst, ErrDecrypt
		}
	}
	return append(dst, text[:len(text)-pad]...), nil
}

// exactly decodes text into dst and reports whether it was n whole bytes.
func exactly(dst, text []byte, n int) bool {
	m, err := b64.Decode(dst, text)
	return err == nil && m == n
}

// WrapKey encrypts another key under this one.
func (k SymKey) WrapKey(inner SymKey) string { return k.Encrypt(inner.s.raw[:]) }

// UnwrapKey opens a key that was wrapped under this one, or returns ErrDecrypt.
func (k SymKey) UnwrapKey(enc string) (SymKey, error) {
	if k.s == nil {
		return SymKey{}, ErrDecrypt
	}
	b, err := k.Decrypt(enc)
	if err != nil {
		return SymKey{}, err
	}
	return SymKeyFromBytes(b)
}

// EncryptFile makes the binary form of type 2: type, iv, MAC, ciphertext.
func (k SymKey) EncryptFile(plain []byte) []byte {
	w := k.s.pool.Get().(*worker)
	defer k.s.pool.Put(w)
	w.encrypt(plain)
	out := append([]byte{2}, w.buf[:aes.BlockSize]...)
	return append(append(out, w.sum[:]...), w.buf[aes.BlockSize:]...)
}

// DecryptFile opens the binary form of type 2, or returns ErrDecrypt.
func (k SymKey) DecryptFile(b []byte) ([]byte, error) {
	const head = 1 + aes.BlockSize + sha256.Size
	if len(b) < head+aes.BlockSize || b[0] != 2 || (len(b)-head)%aes.BlockSize != 0 {
		return nil, ErrDecrypt
	}
	w := k.s.pool.Get().(*worker)
	defer k.s.pool.Put(w)
	text := append([]byte(nil), b[head:]...)
	return w.open(nil, b[1:1+aes.BlockSize], text, b[1+aes.BlockSize:head])
}

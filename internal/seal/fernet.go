// Package seal is Fernet and the envelope around every stored row: FERNET_KEY
// wraps data keys, data keys seal values bound to their place. It must not know
// what it seals, nor where it is kept. Invariant: nothing is decrypted before its
// MAC was found right, and a value opens at its own place only.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"sync"
	"time"
)

// A token is version, time, IV, ciphertext and MAC, in base64url with padding
// (the Fernet specification).
const (
	version  = 0x80
	headSize = 1 + 8 + aes.BlockSize
	macSize  = sha256.Size
	minSize  = headSize + aes.BlockSize + macSize
)

// ErrToken is all that is said of a token that does not open.
var ErrToken = errors.New("seal: not a token of this key")

var encoding = base64.URLEncoding.Strict()

// Fernet seals and opens under one key. It is safe for concurrent use.
type Fernet struct {
	block cipher.Block
	pool  *sync.Pool // of *worker: key schedules are made once, not once a token
}

type worker struct {
	mac hash.Hash
	dec settable
	sum [macSize]byte
}

// settable is a CBC mode that takes a new IV, as the standard library's do.
type settable interface {
	cipher.BlockMode
	SetIV([]byte)
}

// NewFernet prepares a key: its first half authenticates, its second encrypts.
func NewFernet(key [32]byte) *Fernet {
	block, err := aes.NewCipher(key[16:])
	if err != nil { // the length is right by type
		panic(err)
	}
	signing := key
	return &Fernet{block: block, pool: &sync.Pool{New: func() any {
		var iv [aes.BlockSize]byte
		return &worker{mac: hmac.New(sha256.New, signing[:16]), dec: cipher.NewCBCDecrypter(block, iv[:]).(settable)}
	}}}
}

// GenerateKey makes a key in its usual text form: 44 characters.
func GenerateKey() string {
	var k [32]byte
	rand.Read(k[:])
	return encoding.EncodeToString(k[:])
}

var errKeyText = errors.New("a Fernet key is 44 characters of URL-safe base64 (32 bytes)")

// ParseKey reads a key's text form. Its error never quotes the text.
func ParseKey(s string) (k [32]byte, err error) {
	b, err := encoding.DecodeString(s)
	if err != nil || len(b) != len(k) {
		return k, errKeyText
	}
	copy(k[:], b)
	return k, nil
}

// Seal makes a token of msg.
func (f *Fernet) Seal(msg []byte, now time.Time) []byte { return f.AppendSeal(nil, msg, now) }

// AppendSeal appends a token of msg to dst.
func (f *Fernet) AppendSeal(dst, msg []byte, now time.Time) []byte {
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	return f.appendSeal(dst, nil, msg, now, iv)
}

// appendSeal seals prefix and msg together; the specification's vectors fix the iv.
func (f *Fernet) appendSeal(dst, prefix, msg []byte, now time.Time, iv [aes.BlockSize]byte) []byte {
	plain := len(prefix) + len(msg)
	pad := aes.BlockSize - plain%aes.BlockSize
	b := make([]byte, 0, headSize+plain+pad+macSize)
	b = append(b, version)
	b = binary.BigEndian.AppendUint64(b, uint64(now.Unix()))
	b = append(b, iv[:]...)
	b = append(append(b, prefix...), msg...)
	for range pad {
		b = append(b, byte(pad))
	}
	cipher.NewCBCEncrypter(f.block, iv[:]).CryptBlocks(b[headSize:], b[headSize:])
	w := f.pool.Get().(*worker)
	w.mac.Reset()
	w.mac.Write(b)
	b = w.mac.Sum(b)
	f.pool.Put(w)
	return encoding.AppendEncode(dst, b)
}

// Open returns what tok seals, or ErrToken.
func (f *Fernet) Open(tok []byte) ([]byte, error) {
	plain, _, err := f.OpenInto(nil, tok)
	return plain, err
}

// OpenInto is Open for loops: plain lies in grown, which is buf or, where that
// was too small, a larger one to be handed in next time.
func (f *Fernet) OpenInto(buf, tok []byte) (plain, grown []byte, err error) {
	n := encoding.DecodedLen(len(tok))
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	b := buf[:n]
	if n, err = encoding.Decode(b, tok); err != nil {
		return nil, buf, ErrToken
	}
	b = b[:n]
	// The decoder skips line breaks; a token has none.
	if encoding.EncodedLen(n) != len(tok) || n < minSize || b[0] != version || (n-headSize-macSize)%aes.BlockSize != 0 {
		return nil, buf, ErrToken
	}
	w := f.pool.Get().(*worker)
	defer f.pool.Put(w)
	w.mac.Reset()
	w.mac.Write(b[:n-macSize])
	if !hmac.Equal(w.mac.Sum(w.sum[:0]), b[n-macSize:]) {
		return nil, buf, ErrToken
	}
	text := b[headSize : n-macSize]
	w.dec.SetIV(b[9:headSize])
	w.dec.CryptBlocks(text, text)
	plain, ok := unpad(text)
	if !ok {
		return nil, buf, ErrToken
	}
	return plain, buf, nil
}

func unpad(b []byte) ([]byte, bool) {
	pad := int(b[len(b)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, false
	}
	for _, c := range b[len(b)-pad:] {
		if int(c) != pad {
			return nil, false
		}
	}
	return b[:len(b)-pad], true
}

package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// An encrypted string of type 2 is "2.iv|ciphertext|mac", the parts in base64.
const (
	ivText  = 24 // base64 of 16 bytes
	macText = 44 // base64 of 32 bytes
)

// fileHead is what stands before the ciphertext in a file: type, iv, MAC.
const fileHead = 1 + aes.BlockSize + sha256.Size

// padded is the length of n bytes with PKCS#7 padding.
func padded(n int) int { return n + aes.BlockSize - n%aes.BlockSize }

// Encrypt makes an encrypted string of type 2.
func (k SymKey) Encrypt(plain []byte) string { return string(k.AppendEncrypt(nil, plain)) }

// EncryptString is Encrypt for text.
func (k SymKey) EncryptString(s string) string { return string(k.AppendEncrypt(nil, []byte(s))) }

// AppendEncrypt appends an encrypted string of type 2 to dst, for loops: it
// allocates nothing when dst has room.
func (k SymKey) AppendEncrypt(dst, plain []byte) []byte {
	w := k.s.worker()
	defer k.s.release(w)
	b := w.room(aes.BlockSize + padded(len(plain)))
	iv, text := b[:aes.BlockSize], b[aes.BlockSize:]
	w.seal(iv, text, plain)
	dst = b64.AppendEncode(append(dst, "2."...), iv)
	dst = b64.AppendEncode(append(dst, '|'), text)
	return b64.AppendEncode(append(dst, '|'), w.sum[:])
}

func (w *worker) room(n int) []byte {
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	return w.buf[:n]
}

// seal encrypts plain into text, which is padded(len(plain)) bytes, under a new
// iv, and leaves the MAC of both in sum.
func (w *worker) seal(iv, text, plain []byte) {
	rand.Read(iv)
	copy(text, plain)
	for i := len(plain); i < len(text); i++ {
		text[i] = byte(len(text) - len(plain))
	}
	if w.enc == nil {
		w.enc = cipher.NewCBCEncrypter(w.block, iv).(settable)
	}
	w.enc.SetIV(iv)
	w.enc.CryptBlocks(text, text)
	w.authenticate(iv, text)
}

func (w *worker) authenticate(iv, text []byte) {
	w.mac.Reset()
	w.mac.Write(iv)
	w.mac.Write(text)
	w.mac.Sum(w.sum[:0])
}

// Decrypt opens an encrypted string of type 2; everything else is ErrDecrypt.
func (k SymKey) Decrypt(enc string) ([]byte, error) { return k.AppendDecrypt(nil, []byte(enc)) }

// AppendDecrypt appends the plaintext of enc to dst, for loops: it allocates
// nothing when dst has room. With ErrDecrypt it returns dst as it was.
func (k SymKey) AppendDecrypt(dst, enc []byte) ([]byte, error) {
	n := len(enc)
	if k.s == nil || n < 2+ivText+1+ivText+1+macText || enc[0] != '2' || enc[1] != '.' || enc[2+ivText] != '|' || enc[n-macText-1] != '|' {
		return dst, ErrDecrypt
	}
	w := k.s.worker()
	defer k.s.release(w)
	body := enc[2+ivText+1 : n-macText-1]
	var mac [sha256.Size + 1]byte // decoding wants room for a 33rd byte
	b := w.room(aes.BlockSize + 2 + base64.StdEncoding.DecodedLen(len(body)))
	if !exactly(b, enc[2:2+ivText], aes.BlockSize) || !exactly(mac[:], enc[n-macText:], sha256.Size) {
		return dst, ErrDecrypt
	}
	m, err := b64.Decode(b[aes.BlockSize:], body)
	if err != nil || b64.EncodedLen(m) != len(body) {
		return dst, ErrDecrypt
	}
	text := b[aes.BlockSize : aes.BlockSize+m]
	plain, err := w.open(b[:aes.BlockSize], text, mac[:sha256.Size])
	if err != nil {
		return dst, err
	}
	dst = append(dst, plain...)
	clear(text)
	return dst, nil
}

// exactly decodes text into dst and reports whether it was n whole bytes.
func exactly(dst, text []byte, n int) bool {
	m, err := b64.Decode(dst, text)
	return err == nil && m == n
}

// open checks the MAC over iv and text, then decrypts text in place. What it
// returns lies in text.
func (w *worker) open(iv, text, mac []byte) ([]byte, error) {
	if len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return nil, ErrDecrypt
	}
	if w.authenticate(iv, text); !hmac.Equal(w.sum[:], mac) {
		return nil, ErrDecrypt
	}
	if w.dec == nil {
		w.dec = cipher.NewCBCDecrypter(w.block, iv).(settable)
	}
	w.dec.SetIV(iv)
	w.dec.CryptBlocks(text, text)
	pad := int(text[len(text)-1])
	ok := pad > 0 && pad <= aes.BlockSize
	for i := len(text) - pad; ok && i < len(text); i++ {
		ok = int(text[i]) == pad
	}
	if !ok { // whoever has the key wrote this, so it is no oracle
		clear(text)
		return nil, ErrDecrypt
	}
	return text[:len(text)-pad], nil
}

// EncryptFile makes the binary form of type 2: type, iv, MAC, ciphertext.
func (k SymKey) EncryptFile(plain []byte) []byte {
	w := k.s.worker()
	defer k.s.release(w)
	out := make([]byte, fileHead+padded(len(plain)))
	out[0] = 2
	w.seal(out[1:1+aes.BlockSize], out[fileHead:], plain) //nolint:gosec // seal fills the iv with random bytes
	copy(out[1+aes.BlockSize:], w.sum[:])
	return out
}

// DecryptFile opens the binary form of type 2, or returns ErrDecrypt.
func (k SymKey) DecryptFile(b []byte) ([]byte, error) {
	if k.s == nil || len(b) < fileHead || b[0] != 2 {
		return nil, ErrDecrypt
	}
	w := k.s.worker()
	defer k.s.release(w)
	text := append([]byte(nil), b[fileHead:]...)
	return w.open(b[1:1+aes.BlockSize], text, b[1+aes.BlockSize:fileHead])
}

package seal

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// Chain links lines so that none can be changed, moved, taken out or put in: each
// link is a keyed hash of its line and the link before. Who has the database and
// not the keys cannot make one. It also signs how far the chain has come, with a
// key that others can check by its public half alone.
type Chain struct {
	key  []byte
	sign ed25519.PrivateKey
}

// NewChain derives the chain of an instance from its data key.
func NewChain(instance DataKey) Chain {
	key, err := hkdf.Key(sha256.New, instance.raw[:], nil, "strongroom audit chain", 32)
	if err != nil { // the length is one that HKDF gives
		panic(err)
	}
	seed, err := hkdf.Key(sha256.New, instance.raw[:], nil, "strongroom audit signature", ed25519.SeedSize)
	if err != nil {
		panic(err)
	}
	return Chain{key, ed25519.NewKeyFromSeed(seed)}
}

// Linker makes links, one goroutine at a time.
type Linker struct {
	mac hash.Hash
	buf []byte
}

// Linker returns a new one.
func (c Chain) Linker() *Linker { return &Linker{mac: hmac.New(sha256.New, c.key)} }

// Link is that of a line: 43 characters. Parts are counted in, so that nothing can
// be moved from one to the next.
func (l *Linker) Link(before string, seq int64, parts ...string) string {
	l.mac.Reset()
	b := binary.BigEndian.AppendUint64(l.buf[:0], uint64(seq))
	for _, p := range append([]string{before}, parts...) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	l.mac.Write(b)
	l.buf = l.mac.Sum(b[:0])
	return base64.RawURLEncoding.EncodeToString(l.buf)
}

// Sign signs a text.
func (c Chain) Sign(text string) string {
	return base64.RawURLEncoding.EncodeToString(ed25519.Sign(c.sign, []byte(text)))
}

// Signed reports whether signature is of text.
func (c Chain) Signed(text, signature string) bool {
	b, err := base64.RawURLEncoding.DecodeString(signature)
	return err == nil && ed25519.Verify(c.sign.Public().(ed25519.PublicKey), []byte(text), b)
}

// PublicKey is the half of the signing key that may be known, in base64.
func (c Chain) PublicKey() string {
	return base64.RawURLEncoding.EncodeToString(c.sign.Public().(ed25519.PublicKey))
}

func (c Chain) String() string   { return "[redacted]" }
func (c Chain) GoString() string { return "[redacted]" }

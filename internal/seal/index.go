package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// Index is the blind index: it lets a value be found by equality without the
// database knowing it.
type Index struct{ key []byte }

// NewIndex derives the index of an instance from its data key.
func NewIndex(instance DataKey) Index {
	key, err := hkdf.Key(sha256.New, instance.raw[:], nil, "strongroom blind index", 32)
	if err != nil { // the length is one that HKDF gives
		panic(err)
	}
	return Index{key}
}

// Of is the index of a value among others of its kind: 43 characters.
func (x Index) Of(kind, value string) string {
	m := hmac.New(sha256.New, x.key)
	m.Write([]byte(kind))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (x Index) String() string   { return "[redacted]" }
func (x Index) GoString() string { return "[redacted]" }

package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unsafe"
)

// DataKey is an owner's random key, itself a Fernet key. Without it nothing that
// the owner stored can be opened. However it is printed, it shows as [redacted].
type DataKey struct {
	raw *[32]byte
	f   *Fernet
}

// NewDataKey makes one.
func NewDataKey() DataKey {
	var k [32]byte
	rand.Read(k[:])
	return dataKey(k)
}

func dataKey(k [32]byte) DataKey { return DataKey{raw: &k, f: NewFernet(k)} }

// Place is where a sealed value belongs.
type Place struct{ Table, Column, ID string }

// ErrPlace means that a value is whole but was sealed for another place: someone
// moved it.
var ErrPlace = errors.New("seal: the value belongs to another place")

// prefix begins every sealed plaintext: table/column/id, then a zero byte.
func (p Place) prefix(dst []byte) []byte {
	if strings.ContainsAny(p.Table+p.Column, "/\x00") || strings.ContainsRune(p.ID, 0) {
		panic("seal: a place cannot be spelled so")
	}
	dst = append(append(dst, p.Table...), '/')
	dst = append(append(dst, p.Column...), '/')
	return append(append(dst, p.ID...), 0)
}

// Seal makes a token of plain that opens at p only.
func (d DataKey) Seal(p Place, plain []byte, now time.Time) string { return sealAt(d.f, p, plain, now) }

// Open returns what token seals: ErrToken when it is not this owner's, ErrPlace
// when it belongs elsewhere.
func (d DataKey) Open(p Place, token string) ([]byte, error) {
	plain, _, err := openAt(d.f, p, nil, []byte(token))
	return plain, err
}

// OpenInto is Open for loops; see Fernet.OpenInto.
func (d DataKey) OpenInto(p Place, buf []byte, token string) (plain, grown []byte, err error) {
	if token == "" {
		return nil, buf, ErrToken
	}
	// The token is only read; a copy of each would be a third of a list's memory.
	return openAt(d.f, p, buf, unsafe.Slice(unsafe.StringData(token), len(token))) //nolint:gosec // see above
}

func sealAt(f *Fernet, p Place, plain []byte, now time.Time) string {
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	var room [128]byte
	return string(f.appendSeal(nil, p.prefix(room[:0]), plain, now, iv))
}

func openAt(f *Fernet, p Place, buf, token []byte) (plain, grown []byte, err error) {
	all, grown, err := f.OpenInto(buf, token)
	if err != nil {
		return nil, grown, err
	}
	var room [128]byte
	plain, ok := bytes.CutPrefix(all, p.prefix(room[:0]))
	if !ok {
		return nil, grown, ErrPlace
	}
	return plain, grown, nil
}

func (d DataKey) String() string               { return "[redacted]" }
func (d DataKey) GoString() string             { return "[redacted]" }
func (d DataKey) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

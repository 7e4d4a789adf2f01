// Package vault is what there is: the nouns of the product, what makes one
// valid, and who may do what to it. It does no I/O, knows no clock but the times
// it is handed, and carries no JSON or column tags. Invariant: every permission
// rule of the program is a function of this package.
package vault

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"strongroom/internal/fault"
)

// Ids are lower-case hyphenated UUIDs in text, as every client of ours expects.
type (
	UserID    string
	SessionID string
	ItemID    string
	FolderID  string
	TokenID   string
	DeviceID  string
)

// NewID makes a random (version 4) id for any noun.
func NewID[T ~string]() T { return T(uuid.NewString()) }

// NewRowID makes an id for a row of a table that grows without end. It ascends
// with time (UUID version 7), which the row tells anyway: rows made one after
// another lie together in every index over ids, however many there are. An id
// that somebody might try to guess is NewID's.
func NewRowID[T ~string]() T { return T(uuid.Must(uuid.NewV7()).String()) }

// DerivedID makes the id that stands for what others name by parts: the same each
// time. Whoever knows the parts knows it.
func DerivedID[T ~string](parts ...string) T {
	return T(uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(parts, "\x00"))).String())
}

// ValidID reports whether s is spelled as NewID spells: anything else cannot
// name a row and is answered as absent without asking the database.
func ValidID[T ~string](s T) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if r != '-' {
				return false
			}
		case r < '0' || r > '9' && r < 'a' || r > 'f':
			return false
		}
	}
	return true
}

// Secret is key material or a password in memory. However it is printed, logged
// or encoded, it shows as [redacted]; Reveal is the only way to its text.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal gives the text to the code that needs it.
func (s Secret) Reveal() string { return s.text }

func (s Secret) String() string               { return "[redacted]" }
func (s Secret) GoString() string             { return "[redacted]" }
func (s Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// CheckText reports why s may not be kept as text of at most limit bytes at path.
func CheckText(invalid *fault.Error, path, s string, limit int) error {
	switch {
	case len(s) > limit:
		return invalid.At(path, "is longer than "+itoa(limit)+" bytes")
	case !utf8.ValidString(s):
		return invalid.At(path, "is not valid UTF-8")
	case strings.ContainsRune(s, 0):
		return invalid.At(path, "contains a NUL character")
	}
	return nil
}

// CheckLine is CheckText for one line: no line breaks or other control characters.
func CheckLine(invalid *fault.Error, path, s string, limit int) error {
	if err := CheckText(invalid, path, s, limit); err != nil {
		return err
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return invalid.At(path, "contains a control character")
	}
	return nil
}

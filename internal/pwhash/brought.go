package pwhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
	"strings"
)

// maxRounds caps what Verify computes of a brought hash, as maxPasses does.
const maxRounds = 5_000_000

// brought is a hash that another server made: PBKDF2-SHA256. Nothing is hashed
// so here; it stands until its owner has shown what it was made of.
type brought struct {
	rounds    int
	salt, sum []byte
}

// Brought is the string to store for a hash that another server made with
// PBKDF2-SHA256, or an error for one that Verify would not compute.
func Brought(salt, sum []byte, rounds int) (string, error) {
	s := brought{rounds, salt, sum}.String()
	_, err := parseBrought(s)
	return s, err
}

// Outdated reports whether a stored hash is one that should be made anew once
// its secret is at hand.
func Outdated(stored string) bool { return strings.HasPrefix(stored, broughtPrefix) }

const broughtPrefix = "$pbkdf2-sha256$"

func (b brought) String() string {
	return fmt.Sprintf(broughtPrefix+"i=%d$%s$%s", b.rounds, b64.EncodeToString(b.salt), b64.EncodeToString(b.sum))
}

// parseBrought accepts exactly what String writes, within the caps.
func parseBrought(stored string) (b brought, err error) {
	part := strings.Split(stored, "$") // "", name, rounds, salt, hash
	if len(part) != 5 {
		return b, errPHC
	}
	if _, err := fmt.Sscanf(part[2], "i=%d", &b.rounds); err != nil {
		return b, errPHC
	}
	salt, err1 := b64.DecodeString(part[3])
	sum, err2 := b64.DecodeString(part[4])
	b.salt, b.sum = salt, sum
	if err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > maxBytes || len(sum) < 16 || len(sum) > maxBytes ||
		b.rounds < 1 || b.rounds > maxRounds || b.String() != stored {
		return brought{}, errPHC
	}
	return b, nil
}

func (b brought) hash(secret string) []byte {
	sum, err := pbkdf2.Key(sha256.New, secret, b.salt, b.rounds, len(b.sum))
	if err != nil { // only for sizes that parseBrought does not let through
		return nil
	}
	return sum
}

package pwhash

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

var b64 = base64.RawStdEncoding.Strict()

var errPHC = errors.New("pwhash: not a hash of this program's")

// params is what a PHC string of Argon2id says; memory is in KiB.
type params struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// Caps of what Verify computes. They leave room for the stronger of RFC 9106's
// settings (64 MiB, 3 passes, 4 lanes) and not for a row that takes the machine down.
const (
	maxMemoryKiB = 64 << 10
	maxPasses    = 16
	maxLanes     = 16
	maxBytes     = 64 // of salt and of hash
)

// hash is Argon2id of secret, n bytes.
func (p params) hash(secret string, n int) []byte {
	return argon2.IDKey([]byte(secret), p.salt, p.passes, p.memory, p.lanes, uint32(n))
}

// String is the PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$hash, the last
// two in base64 without padding.
func (p params) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

// parse accepts exactly what String writes, within the caps.
func parse(phc string) (p params, err error) {
	part := strings.Split(phc, "$") // "", name, version, cost, salt, hash
	if len(part) != 6 {
		return p, errPHC
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return p, errPHC
	}
	salt, err1 := b64.DecodeString(part[4])
	sum, err2 := b64.DecodeString(part[5])
	p.salt, p.sum = salt, sum
	switch {
	case err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > maxBytes || len(sum) < 16 || len(sum) > maxBytes,
		p.passes < 1 || p.passes > maxPasses || p.lanes < 1 || p.lanes > maxLanes,
		p.memory < 8*uint32(p.lanes) || p.memory > maxMemoryKiB,
		p.String() != phc: // signs, leading zeros, line breaks, another version
		return params{}, errPHC
	}
	return p, nil
}

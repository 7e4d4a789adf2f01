package vault

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// What the kinds of factors keep as their secret, whoever made it.

const (
	modhex        = "cbdefghijklnrtuv"
	yubiPublic    = 12 // characters of a YubiKey's public id
	seedBits      = 128
	recoveryBytes = 20
)

// YubiLength is how many characters a YubiKey types.
const YubiLength = 44

// YubiKeyID is the part of what a YubiKey types, or of an id that is given alone,
// that names the key; "" for what is neither.
func YubiKeyID(typed string) string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if len(typed) != YubiLength && len(typed) != yubiPublic || strings.Trim(typed, modhex) != "" {
		return ""
	}
	return typed[:yubiPublic]
}

// ValidSeed reports whether authenticators can count from seed, which clients may
// have made: base32 of 128 bits and more.
func ValidSeed(seed string) bool {
	b, err := unpadded.DecodeString(strings.ToUpper(strings.TrimRight(seed, "=")))
	return err == nil && len(b)*8 >= seedBits && len(seed) <= 200
}

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSeed makes 160 random bits in base32, as RFC 4226 recommends.
func NewSeed() string {
	var b [20]byte
	rand.Read(b[:])
	return unpadded.EncodeToString(b[:])
}

// NewRecoveryCode makes 160 random bits that can be written down.
func NewRecoveryCode() string {
	var b [recoveryBytes]byte
	rand.Read(b[:])
	return RecoveryCode(unpadded.EncodeToString(b[:]))
}

// RecoveryCode is a code as it is kept and compared, however it was typed.
func RecoveryCode(typed string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(typed))
}

// ValidRecoveryCode reports whether code could be one of ours.
func ValidRecoveryCode(code string) bool {
	b, err := unpadded.DecodeString(strings.ToUpper(code))
	return err == nil && len(b) == recoveryBytes && code == RecoveryCode(code)
}

// checkSecret reports why a factor's kind cannot be shown with what f keeps of it.
func (f *Factor) checkSecret() error {
	switch secret := f.Secret.Reveal(); f.Kind {
	case FactorAuthenticator:
		if !ValidSeed(secret) {
			return ErrFactorInvalid.At("key", "is not base32 of at least 128 bits")
		}
	case FactorYubiKey:
		if secret == "" || YubiKeyID(secret) != secret {
			return ErrFactorInvalid.At("otp", "is not the public id of a YubiKey")
		}
	case FactorRecovery:
		if !ValidRecoveryCode(secret) {
			return ErrFactorInvalid.At("code", "is not a recovery code: 32 characters of base32")
		}
	}
	return nil
}

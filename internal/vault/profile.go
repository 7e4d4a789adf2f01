package vault

import (
	"regexp"

	"strongroom/internal/fault"
)

// Limits of what people say about themselves.
const (
	maxName    = 100
	maxHint    = 50
	maxDomains = 500
)

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	keyID  = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// The faults of changing one's account.
var (
	ErrProofWrong  = fault.New(fault.Invalid, "password-wrong", "The password is wrong.")
	ErrKeyIDSet    = fault.New(fault.Conflict, "user-key-id-set", "This account's key has another id already.")
	ErrKeysSet     = fault.New(fault.Conflict, "keys-set", "This account has keys already.")
	ErrLinkExpired = fault.New(fault.Invalid, "link-expired", "This link or code has expired or is not valid. Ask for a new one.")
	ErrCodeWrong   = fault.New(fault.Invalid, "code-wrong", "The code is wrong or has expired.")
)

// CheckProfile reports why an account may not say this of itself.
func (u *User) CheckProfile() error {
	if err := CheckLine(ErrUserInvalid, "name", u.Name, maxName); err != nil {
		return err
	}
	if err := CheckLine(ErrUserInvalid, "masterPasswordHint", u.Hint, 4*maxHint); err != nil {
		return err
	}
	if len([]rune(u.Hint)) > maxHint {
		return ErrUserInvalid.At("masterPasswordHint", "is longer than "+itoa(maxHint)+" characters")
	}
	if u.Avatar != "" && !colour.MatchString(u.Avatar) {
		return ErrUserInvalid.At("avatarColor", "must be a colour as #rrggbb")
	}
	if u.UserKeyID != "" && !keyID.MatchString(u.UserKeyID) {
		return ErrUserInvalid.At("userKeyId", "must be 32 lower-case hexadecimal digits")
	}
	return u.Domains.check()
}

func (d Domains) check() error {
	n := len(d.Excluded)
	for i, group := range d.Own {
		n += len(group)
		for _, name := range group {
			if err := CheckLine(ErrUserInvalid, "equivalentDomains["+itoa(i)+"]", name, 253); err != nil {
				return err
			}
		}
	}
	if n > maxDomains {
		return ErrUserInvalid.At("equivalentDomains", "has more than "+itoa(maxDomains)+" names")
	}
	return nil
}

// CheckKeys reports why the keys that a client made for an account may not be
// kept: the three must be there, in shape, and of V2 all or nothing.
func (n NewAccount) CheckKeys() error {
	switch {
	case n.Proof == "" || len(n.Proof) > 300:
		return ErrUserInvalid.At("masterPasswordHash", "is required and at most 300 bytes long")
	case len(n.ProtectedKey) > 2000 || !ValidEncString(n.ProtectedKey):
		return ErrUserInvalid.At("userSymmetricKey", "is not an encrypted string of a known type")
	case len(n.PrivateKey) > 10_000 || !ValidEncString(n.PrivateKey):
		return ErrUserInvalid.At("userAsymmetricKeys.encryptedPrivateKey", "is not an encrypted string of a known type")
	case len(n.PublicKey) > 4000 || b64Size(n.PublicKey) < 200:
		return ErrUserInvalid.At("userAsymmetricKeys.publicKey", "must be a public key in base64")
	case len([]rune(n.Hint)) > maxHint:
		return ErrUserInvalid.At("masterPasswordHint", "is longer than "+itoa(maxHint)+" characters")
	case n.Salt != n.Email:
		return ErrUserInvalid.At("salt", "must be the address in lower case")
	}
	return n.V2.Check()
}

// Check reports whether only some of the halves of a second-kind account are there.
func (v AccountV2) Check() error {
	have := 0
	for _, s := range []string{v.SignedPublicKey, v.WrappedSigningKey, v.VerifyingKey, v.SecurityState} {
		if len(s) > 20_000 {
			return ErrUserInvalid.At("accountKeys", "has a member that is too long")
		}
		if s != "" {
			have++
		}
	}
	if have != 0 && have != 4 {
		return ErrUserInvalid.At("accountKeys", "must have signature key pair, signed public key and security state, or none of them")
	}
	return nil
}

package bitwarden

import (
	"encoding/json"

	"strongroom/internal/vault"
)

// keysJSON is accountKeys. Clients look its members up with exactly this case,
// and throw when one half of a second-kind account is there without the other.
type keysJSON struct {
	Object    string        `json:"object"`
	Pair      pairJSON      `json:"publicKeyEncryptionKeyPair"`
	Signature *signingJSON  `json:"signatureKeyPair"`
	Security  *securityJSON `json:"securityState"`
}

type pairJSON struct {
	Wrapped string  `json:"wrappedPrivateKey"`
	Public  string  `json:"publicKey"`
	Signed  *string `json:"signedPublicKey"`
	Object  string  `json:"object"`
}

type signingJSON struct {
	Wrapped   string `json:"wrappedSigningKey"`
	Verifying string `json:"verifyingKey"`
	Object    string `json:"object"`
}

type securityJSON struct {
	State   string `json:"securityState"`
	Version int    `json:"securityVersion"`
}

func keysOf(u *vault.User) keysJSON {
	k := keysJSON{Object: "privateKeys", Pair: pairJSON{u.PrivateKey, u.PublicKey, orNull(u.V2.SignedPublicKey), "publicKeyEncryptionKeyPair"}}
	if u.V2.SecurityState != "" {
		k.Signature = &signingJSON{u.V2.WrappedSigningKey, u.V2.VerifyingKey, "signatureKeyPair"}
		k.Security = &securityJSON{u.V2.SecurityState, u.V2.SecurityVersion}
	}
	return k
}

// accountKeysIn is what a client sends of its keys, in the old form and the new.
type accountKeysIn struct {
	Private string `json:"userKeyEncryptedAccountPrivateKey"`
	Public  string `json:"accountPublicKey"`
	Pair    *struct {
		Wrapped string `json:"wrappedPrivateKey"`
		Public  string `json:"publicKey"`
		Signed  string `json:"signedPublicKey"`
	} `json:"publicKeyEncryptionKeyPair"`
	Signature *struct {
		Wrapped   string `json:"wrappedSigningKey"`
		Verifying string `json:"verifyingKey"`
	} `json:"signatureKeyPair"`
	Security *struct {
		State   string `json:"securityState"`
		Version int    `json:"securityVersion"`
	} `json:"securityState"`
}

// v2 is the second-kind part, public and private the pair that both kinds have.
func (k accountKeysIn) split() (public, private string, v2 vault.AccountV2) {
	public, private = k.Public, k.Private
	if k.Pair != nil {
		public, private, v2.SignedPublicKey = first(k.Pair.Public, public), first(k.Pair.Wrapped, private), k.Pair.Signed
	}
	if k.Signature != nil {
		v2.WrappedSigningKey, v2.VerifyingKey = k.Signature.Wrapped, k.Signature.Verifying
	}
	if k.Security != nil {
		v2.SecurityState, v2.SecurityVersion = k.Security.State, k.Security.Version
	}
	return public, private, v2
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// unlockIn and authIn are the two halves of a new master password.
type unlockIn struct {
	KDF   kdfJSON `json:"kdf"`
	Key   string  `json:"masterKeyWrappedUserKey"`
	Salt  string  `json:"salt"`
	KeyID string  `json:"containedKeyId"`
}

type authIn struct {
	KDF   kdfJSON `json:"kdf"`
	Proof string  `json:"masterPasswordAuthenticationHash"`
	Salt  string  `json:"salt"`
}

// pair checks that both halves speak of the same derivation.
func pair(a *authIn, u *unlockIn) error {
	switch {
	case a == nil || u == nil:
		return vault.ErrUserInvalid.At("unlockData", "is required together with authenticationData")
	case a.KDF.vault() != u.KDF.vault():
		return vault.ErrUserInvalid.At("unlockData.kdf", "must be the same as authenticationData.kdf")
	case a.Salt != u.Salt:
		return vault.ErrUserInvalid.At("unlockData.salt", "must be the same as authenticationData.salt")
	}
	return nil
}

// upgradeToken is kept and given back as it came.
func upgradeToken(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

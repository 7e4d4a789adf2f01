package keyring

import (
	"fmt"
	"io"
	"log/slog"
)

// Account is what a client makes at registration: all but UserKey is for the
// server. It prints as its address, since AuthHash is as good as the password to
// whoever signs in with it; encoded as JSON it is whole but for UserKey.
type Account struct {
	Email, Salt         string
	KDF                 KDF
	AuthHash            string
	ProtectedKey        string // the user key under the stretched master key
	PublicKey           string // SPKI, base64
	ProtectedPrivateKey string // PKCS#8 under the user key
	UserKey             SymKey
}

func (a Account) String() string { return a.Email + " " + hidden }

// Format prints the same for every verb.
func (a Account) Format(f fmt.State, _ rune) { io.WriteString(f, a.String()) } //nolint:errcheck // fmt.State keeps no errors

// LogValue logs what is printed.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }

// NewAccount makes an account's keys. It derives with kdf as it is: what is too
// weak for a new account is for vault.KDF.Check to say.
func NewAccount(email, password string, kdf KDF) (Account, error) {
	user := NewSymKey()
	hash, protected, err := ChangePassword(user, email, password, kdf)
	if err != nil {
		return Account{}, err
	}
	priv, pub, err := NewKeyPair()
	if err != nil {
		return Account{}, err
	}
	return Account{Email: email, Salt: NormalizeSalt(email), KDF: kdf, AuthHash: hash, ProtectedKey: protected,
		PublicKey: pub, ProtectedPrivateKey: user.WrapPrivate(priv), UserKey: user}, nil
}

// ChangePassword wraps a user key for another password, KDF or address. The salt
// is the address, normalized.
func ChangePassword(user SymKey, email, newPassword string, kdf KDF) (authHash, protectedKey string, err error) {
	m, err := kdf.MasterKey(newPassword, NormalizeSalt(email))
	if err != nil {
		return "", "", err
	}
	return m.AuthHash(newPassword), m.Stretch().WrapKey(user), nil
}

// OpenUserKey is what a client does to unlock: ErrDecrypt when the password is
// wrong. salt is used as the server names it.
func (k KDF) OpenUserKey(password, salt, protectedKey string) (user SymKey, authHash string, err error) {
	m, err := k.MasterKey(password, salt)
	if err != nil {
		return SymKey{}, "", err
	}
	user, err = m.Stretch().UnwrapKey(protectedKey)
	return user, m.AuthHash(password), err
}

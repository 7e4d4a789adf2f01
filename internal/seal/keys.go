package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Keys is FERNET_KEY: one key or more, newest first. They wrap data keys and
// nothing else. However it is printed, it shows as [redacted].
type Keys struct{ all []rootKey }

type rootKey struct {
	id string
	f  *Fernet
}

// ErrNoKey means that a data key was wrapped under a key that Keys does not have.
var ErrNoKey = errors.New("seal: the key it was sealed under is not in FERNET_KEY")

// ParseKeys reads keys separated by commas. Its error says which one is wrong,
// never what it is.
func ParseKeys(s string) (Keys, error) {
	var k Keys
	parts := strings.Split(s, ",")
	for n, p := range parts {
		key, err := ParseKey(strings.TrimSpace(p))
		if err != nil {
			return Keys{}, fmt.Errorf("key %d of %d: %w", n+1, len(parts), err)
		}
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte("strongroom key id"))
		id := hex.EncodeToString(mac.Sum(nil)[:8])
		if _, twice := k.find(id); twice {
			return Keys{}, fmt.Errorf("key %d of %d stands there twice", n+1, len(parts))
		}
		k.all = append(k.all, rootKey{id, NewFernet(key)})
	}
	return k, nil
}

func (k Keys) find(id string) (*Fernet, bool) {
	for _, r := range k.all {
		if r.id == id {
			return r.f, true
		}
	}
	return nil, false
}

// Len is how many keys there are.
func (k Keys) Len() int { return len(k.all) }

// Newest is the id of the key that wraps new data keys. An id tells nothing of its key.
func (k Keys) Newest() string { return k.all[0].id }

// First are the same keys with the one of that id as the newest; ok says that it is there.
func (k Keys) First(id string) (first Keys, ok bool) {
	for n, r := range k.all {
		if r.id == id {
			return Keys{slices.Concat([]rootKey{r}, k.all[:n], k.all[n+1:])}, true
		}
	}
	return Keys{}, false
}

// IDs are the ids of all keys, newest first: 16 hex digits each.
func (k Keys) IDs() []string {
	ids := make([]string, len(k.all))
	for n, r := range k.all {
		ids[n] = r.id
	}
	return ids
}

func keyPlace(owner string) Place { return Place{Table: "data_keys", Column: "key", ID: owner} }

// Wrap seals an owner's data key under the newest key.
func (k Keys) Wrap(owner string, d DataKey, now time.Time) (token, keyID string) {
	r := k.all[0]
	return sealAt(r.f, keyPlace(owner), d.raw[:], now), r.id
}

// Unwrap opens an owner's data key. ErrNoKey says that the key with this id is
// missing, ErrToken or ErrPlace that the token is not this owner's.
func (k Keys) Unwrap(owner, token, keyID string) (DataKey, error) {
	f, ok := k.find(keyID)
	if !ok {
		return DataKey{}, fmt.Errorf("%w: key %s", ErrNoKey, keyID)
	}
	plain, _, err := openAt(f, keyPlace(owner), nil, []byte(token))
	if err != nil {
		return DataKey{}, err
	}
	if len(plain) != 32 {
		return DataKey{}, ErrToken
	}
	return dataKey([32]byte(plain)), nil
}

// Sign proves of what that it was seen by who has these keys. It is bound to a
// place, as a sealed value is.
func (k Keys) Sign(p Place, what []byte, now time.Time) (token, keyID string) {
	return sealAt(k.all[0].f, p, what, now), k.all[0].id
}

// CheckSignature asks whether token proves what; ErrNoKey and ErrToken say no.
func (k Keys) CheckSignature(p Place, what []byte, token, keyID string) error {
	f, ok := k.find(keyID)
	if !ok {
		return fmt.Errorf("%w: key %s", ErrNoKey, keyID)
	}
	plain, _, err := openAt(f, p, nil, []byte(token))
	if err == nil && !hmac.Equal(plain, what) {
		err = ErrToken
	}
	return err
}

func (k Keys) String() string               { return "[redacted]" }
func (k Keys) GoString() string             { return "[redacted]" }
func (k Keys) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Package unlock is the REST door's side of a vault: for one caller and one
// request it derives, opens and seals what other clients open themselves. It is
// the only place in the server that can open an item. Invariant: neither what is
// stored nor what a token carries opens anything alone, and no opened key
// outlives the request.
package unlock

import (
	"context"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/keyring"
	"strongroom/internal/pwhash"
	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Accounts are the verbs of package account that this one needs.
type Accounts interface {
	Check(context.Context, vault.NewAccount) error
	Register(context.Context, vault.NewAccount) (*vault.User, error)
}

// Sessions are the verbs of package signin that this one needs.
type Sessions interface {
	Verify(context.Context, vault.Attempt) (*vault.Verified, error)
	Open(context.Context, vault.Opening) (*vault.Tokens, error)
	StepUp(ctx context.Context, c vault.Caller, a vault.Attempt) (until time.Time, err error)
	MakeAccessToken(ctx context.Context, c vault.Caller, a *vault.AccessToken, split func(half string) (string, error)) (secret string, err error)
}

// Items are the verbs of package item that this one needs: it changes the
// content of items and leaves the rules to them.
type Items interface {
	Scan(ctx context.Context, c vault.Caller, f vault.ItemFilter, use func(n int, items []vault.Item) error) error
	Get(context.Context, vault.Caller, vault.ItemID) (*vault.Item, error)
	Add(context.Context, vault.Caller, *vault.Item) error
	Import(context.Context, vault.Caller, []*vault.Folder, []*vault.Item) error
	Change(context.Context, vault.Caller, vault.ItemID, int64, func(*vault.Item) error) (*vault.Item, error)
	Restore(context.Context, vault.Caller, vault.ItemID) (*vault.Item, error)
	Folders(context.Context, vault.Caller) ([]*vault.Folder, error)
	AddFolder(context.Context, vault.Caller, *vault.Folder) error
	RenameFolder(context.Context, vault.Caller, vault.FolderID, string) (*vault.Folder, error)
}

// Service carries out the verbs of the REST door that need a password or an
// open key. Off is REST_UNLOCK=off as it stands now: then every one of them is ErrOff.
type Service struct {
	Store    *store.Store
	Hasher   *pwhash.Hasher
	Accounts Accounts
	Sessions Sessions
	Items    Items
	Names    vault.Names
	Now      func() time.Time
	Off      func() bool
}

// The faults of the REST door's keys.
var (
	ErrOff        = fault.New(fault.Forbidden, "rest-unlock-off", "This server does not open vaults for the REST API (REST_UNLOCK=off). Use a client that decrypts by itself.")
	ErrUnreadable = fault.New(fault.Conflict, "item-unreadable", "This item was not encrypted in a way that the REST API can open; change it with the client that made it.")
)

func (s *Service) on() error {
	if s.Off() {
		return ErrOff
	}
	return nil
}

// split divides a user key so that half joins it again: what is returned is for
// the database, half is for the token.
func split(half string, user keyring.SymKey, now time.Time) (sealed string, err error) {
	k, err := seal.ParseKey(half)
	if err != nil {
		return "", err
	}
	return string(seal.NewFernet(k).Seal(user.Bytes(), now)), nil
}

// join opens the caller's user key for this request.
func (s *Service) join(c vault.Caller) (keyring.SymKey, error) {
	if err := s.on(); err != nil {
		return keyring.SymKey{}, err
	}
	if err := c.CanOpen(); err != nil {
		return keyring.SymKey{}, err
	}
	k, err := seal.ParseKey(c.Half.Reveal())
	if err != nil {
		return keyring.SymKey{}, vault.ErrSignedOut.Because(err)
	}
	b, err := seal.NewFernet(k).Open([]byte(c.Sealed))
	if err != nil {
		return keyring.SymKey{}, vault.ErrSignedOut.Because(err)
	}
	return keyring.SymKeyFromBytes(b)
}

// MakeAccessToken makes a machine token that opens the caller's vault within
// a's scope, and returns its secret, the only time it is seen.
func (s *Service) MakeAccessToken(ctx context.Context, c vault.Caller, a *vault.AccessToken) (secret string, err error) {
	user, err := s.join(c)
	if err != nil {
		return "", err
	}
	return s.Sessions.MakeAccessToken(ctx, c, a, func(half string) (string, error) { return split(half, user, s.Now()) })
}

package unlock

import (
	"context"
	"errors"

	"strongroom/internal/fault"
	"strongroom/internal/generate"
	"strongroom/internal/keyring"
	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// maxPassword is more than any login password of ours; a longer one is wrong
// without being derived.
const maxPassword = 1024

// SignUp is someone's wish for an account. Invited says that the machine's owner
// asks, so that the sign-up rule does not count.
type SignUp struct {
	Name, Password, SetupCode string
	Invited                   bool
	Address                   string
}

// Register makes a whole account of a name and a password, as a client would. It
// judges both before the derivation costs anything.
func (s *Service) Register(ctx context.Context, up SignUp) (*vault.User, error) {
	if err := s.on(); err != nil && !up.Invited {
		return nil, err
	}
	email, err := s.Names.Email(up.Name)
	if err != nil {
		return nil, err
	}
	if err := s.Accounts.Check(ctx, email, up.SetupCode, up.Invited); err != nil {
		return nil, err
	}
	score, reason := generate.Strength(up.Password, email, s.Names.Short(email), "strongroom")
	if err := vault.CheckPassword(up.Password, score, reason); err != nil {
		return nil, err
	}
	var a keyring.Account
	if busy := s.Hasher.Do(ctx, func() { a, err = keyring.NewAccount(email, up.Password, keyring.DefaultKDF) }); busy != nil {
		return nil, busy
	}
	if err != nil {
		return nil, err
	}
	return s.Accounts.Register(ctx, vault.NewAccount{Email: email, Salt: a.Salt, KDF: fromKDF(a.KDF), Proof: a.AuthHash,
		ProtectedKey: a.ProtectedKey, PublicKey: a.PublicKey, PrivateKey: a.ProtectedPrivateKey,
		SetupCode: up.SetupCode, Invited: up.Invited, Door: vault.DoorREST, Address: up.Address})
}

// SignIn opens a session of the REST door: it derives what a client would, has
// it verified, and splits the user key between the tokens and the database. A
// name that does not exist costs the same work and is refused in the same words.
func (s *Service) SignIn(ctx context.Context, name, password, client, address string) (*vault.Tokens, error) {
	if err := s.on(); err != nil {
		return nil, err
	}
	email, err := s.Names.Email(name)
	if err != nil || len(password) > maxPassword {
		email, password = "", "" // no account has this address, and the work is the same
	}
	known, err := s.lookUp(ctx, email)
	if err != nil {
		return nil, err
	}
	if known.KDF.Memory > maxMemory {
		return nil, errKDFHeavy
	}
	var proof string
	var stretched keyring.SymKey
	busy := s.Hasher.Do(ctx, func() {
		var m keyring.MasterKey
		if m, err = toKDF(known.KDF).MasterKey(password, known.Salt); err == nil {
			proof, stretched = m.AuthHash(password), m.Stretch()
		}
	})
	if busy != nil || err != nil {
		return nil, errors.Join(busy, err)
	}
	u, err := s.Sessions.Verify(ctx, vault.Attempt{Email: email, Proof: proof, Door: vault.DoorREST, Address: address})
	if err != nil {
		return nil, err
	}
	user, err := stretched.UnwrapKey(u.ProtectedKey)
	if err != nil {
		return nil, errKeyBroken.Because(err)
	}
	half := seal.GenerateKey()
	sealed, err := split(half, user, s.Now())
	if err != nil {
		return nil, err
	}
	return s.Sessions.Open(ctx, vault.Opening{User: u, Door: vault.DoorREST, Client: client, Address: address, Half: half, Sealed: sealed})
}

// maxMemory is the most MiB that one sign-in may cost the server: with a device of
// its own to derive on, an account may ask for 1,024.
const maxMemory = 256

var errKDFHeavy = fault.New(fault.Conflict, "kdf-too-heavy", "This account's key derivation asks for more than 256 MiB, which the server does not spend on a sign-in; use a client that derives on its own device, or lower it there.")

var errKeyBroken = fault.New(fault.Conflict, "user-key-unreadable", "The password is right, but this account's key is not of a kind that the REST API can open; use the client that made it.")

// lookUp returns the account, or for a stranger one that costs the same to derive.
func (s *Service) lookUp(ctx context.Context, email string) (u *vault.User, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByEmail(ctx, email)
		return err
	})
	if errors.Is(err, vault.ErrUserNotFound) {
		return &vault.User{Salt: email, KDF: fromKDF(keyring.DefaultKDF)}, nil
	}
	return u, err
}

func fromKDF(k keyring.KDF) vault.KDF {
	return vault.KDF{Type: int(k.Type), Iterations: k.Iterations, Memory: k.MemoryMiB, Parallelism: k.Parallelism}
}

func toKDF(k vault.KDF) keyring.KDF {
	return keyring.KDF{Type: keyring.KDFType(k.Type), Iterations: k.Iterations, MemoryMiB: k.Memory, Parallelism: k.Parallelism}
}

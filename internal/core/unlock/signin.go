package unlock

import (
	"context"
	"errors"
	"time"

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
	Name, Password, SetupCode, Invitation string
	Invited                               bool
	Address                               string
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
	n := vault.NewAccount{Email: email, SetupCode: up.SetupCode, Invitation: up.Invitation, Invited: up.Invited, Door: vault.DoorREST, Address: up.Address}
	if err := s.Accounts.Check(ctx, n); err != nil {
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
	n.Salt, n.KDF, n.Proof = a.Salt, fromKDF(a.KDF), a.AuthHash
	n.ProtectedKey, n.PublicKey, n.PrivateKey = a.ProtectedKey, a.PublicKey, a.ProtectedPrivateKey
	return s.Accounts.Register(ctx, n)
}

// SignIn opens a session of the REST door: it derives what a client would, has
// it verified, and splits the user key between the tokens and the database. A
// name that does not exist costs the same work and is refused in the same words.
func (s *Service) SignIn(ctx context.Context, name, password, client, address string, second vault.Second) (*vault.Tokens, error) {
	if err := s.on(); err != nil {
		return nil, err
	}
	email, err := s.Names.Email(name)
	if err != nil || len(password) > maxPassword {
		email, password = "", "" // no account has this address, and the work is the same
	}
	var stretched keyring.SymKey
	derive := func(ctx context.Context) (proof string, err error) {
		known, err := s.lookUp(ctx, email)
		if err != nil {
			return "", err
		}
		proof, stretched, err = s.derive(ctx, known, password)
		return proof, err
	}
	v, err := s.Sessions.Verify(ctx, vault.Attempt{Email: email, Derive: derive, Door: vault.DoorREST, Address: address, Second: second})
	if err != nil {
		return nil, err
	}
	user, err := stretched.UnwrapKey(v.User.ProtectedKey)
	if err != nil {
		return nil, errKeyBroken.Because(err)
	}
	half := seal.GenerateKey()
	sealed, err := split(half, user, s.Now())
	if err != nil {
		return nil, err
	}
	return s.Sessions.Open(ctx, vault.Opening{User: v.User, Door: vault.DoorREST, Client: client, Address: address, Half: half, Sealed: sealed, Remember: v.Remember})
}

// derive makes of a password what a client would: the proof for the server and the
// key that opens the user key.
func (s *Service) derive(ctx context.Context, u *vault.User, password string) (proof string, stretched keyring.SymKey, err error) {
	if u.KDF.Memory > maxMemory {
		return "", stretched, errKDFHeavy
	}
	busy := s.Hasher.Do(ctx, func() {
		var m keyring.MasterKey
		if m, err = toKDF(u.KDF).MasterKey(password, u.Salt); err == nil {
			proof, stretched = m.AuthHash(password), m.Stretch()
		}
	})
	return proof, stretched, errors.Join(busy, err)
}

// StepUp shows the caller's password again, for what needs it to be fresh.
func (s *Service) StepUp(ctx context.Context, c vault.Caller, password string) (until time.Time, err error) {
	if err := s.on(); err != nil {
		return until, err
	}
	if err := c.Must(vault.ManageFactors); err != nil {
		return until, err
	}
	if len(password) > maxPassword {
		password = ""
	}
	return s.Sessions.StepUp(ctx, c, vault.Attempt{Derive: func(ctx context.Context) (proof string, err error) {
		var u *vault.User
		err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
			u, err = tx.User(ctx, c.User)
			return err
		})
		if err != nil {
			return "", err
		}
		proof, _, err = s.derive(ctx, u, password)
		return proof, err
	}})
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

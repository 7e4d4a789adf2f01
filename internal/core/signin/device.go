package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"

	"strongroom/internal/fault"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Known reports whether email has signed in with this device before. Anyone may
// ask; the answer for a stranger is no.
func (s *Service) Known(ctx context.Context, c vault.Caller, email, identifier string) (known bool, err error) {
	if _, err := s.Limiter.Try(ctx, vault.Guess{Place: vault.PlacePrelogin, Account: email, Address: c.Address}); err != nil {
		return false, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(ctx, email)
		if err != nil {
			return err
		}
		_, err = tx.DeviceNamed(ctx, u.ID, identifier)
		known = err == nil
		return err
	})
	if fault.Of(err, fault.NotFound) {
		err = nil
	}
	return known, err
}

// Devices lists the caller's devices, the one used last first.
func (s *Service) Devices(ctx context.Context, c vault.Caller) (ds []*vault.Device, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ds, err = tx.Devices(ctx, c.User)
		return err
	})
	return ds, err
}

// ChangeDevice changes one of the caller's devices, named by find. edit may run
// more than once.
func (s *Service) ChangeDevice(ctx context.Context, c vault.Caller, find func(*vault.Device) bool, edit func(*vault.Device)) (d *vault.Device, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		ds, err := tx.Devices(ctx, c.User)
		if err != nil {
			return err
		}
		for _, d = range ds {
			if find(d) {
				edit(d)
				if err := d.Check(); err != nil {
					return err
				}
				return tx.UpdateDevice(ctx, d)
			}
		}
		return vault.ErrDeviceNotFound
	})
	return d, err
}

// DropDevice removes one of the caller's devices and ends its sessions.
func (s *Service) DropDevice(ctx context.Context, c vault.Caller, id vault.DeviceID) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrDeviceNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteDevice(ctx, c.User, id); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventSessionEnded, User: c.User, Actor: c.User, Subject: string(id), Door: c.Door, Address: c.Address, Device: c.Device})
	})
}

func codeHash(code string) string {
	h := sha256.Sum256([]byte(code)) // 25 random characters need no slow hash
	return hex.EncodeToString(h[:])
}

// Ask keeps a new device's request to be let in by one that is signed in. An
// account or device that is not known is the same vault.ErrAuthRequestInvalid.
func (s *Service) Ask(ctx context.Context, email, code string, a *vault.AuthRequest) error {
	if len(code) < 16 || len(code) > 64 {
		return vault.ErrAuthRequestInvalid.At("accessCode", "must have 16 to 64 characters")
	}
	if len(a.PublicKey) < 200 || len(a.PublicKey) > 2000 {
		return vault.ErrAuthRequestInvalid.At("publicKey", "must be an RSA public key in base64")
	}
	// Each asking shows a question on the person's devices, so right ones count as well.
	if _, err := s.Limiter.Try(ctx, vault.Guess{Place: vault.PlaceAuthRequest, Account: email, Address: a.Address, Device: a.Device}); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(ctx, email)
		if err != nil || u.State != vault.Active {
			return orInvalid(err)
		}
		if _, err := tx.DeviceNamed(ctx, u.ID, a.Device); err != nil {
			return orInvalid(err)
		}
		waiting, err := tx.AuthRequests(ctx, u.ID, vault.MaxAuthRequests)
		if err != nil {
			return err
		}
		if len(waiting) >= vault.MaxAuthRequests {
			return errAskedTooOften
		}
		a.ID, a.User, a.CodeHash, a.State = vault.NewID[vault.AuthRequestID](), u.ID, codeHash(code), vault.AuthWaiting
		if err := tx.InsertAuthRequest(ctx, a); err != nil {
			return err
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeAuthRequest, User: u.ID, Subject: string(a.ID)})
	})
}

var errAskedTooOften = fault.New(fault.TooMany, "auth-requests-waiting", "Too many requests wait for an answer already.").After(vault.AuthRequestLife)

func orInvalid(err error) error {
	if err == nil || fault.Of(err, fault.NotFound) {
		return vault.ErrAuthRequestInvalid
	}
	return err
}

// Answered returns a request to the one who asked, who proves it by the code.
func (s *Service) Answered(ctx context.Context, c vault.Caller, id vault.AuthRequestID, code string) (a *vault.AuthRequest, err error) {
	err = s.Limiter.Watch(ctx, vault.Guess{Place: vault.PlaceAuthRequest, Account: string(id), Address: c.Address}, func(ctx context.Context) (err error) {
		a, err = s.answered(ctx, id, code)
		return err
	})
	return a, err
}

func (s *Service) answered(ctx context.Context, id vault.AuthRequestID, code string) (a *vault.AuthRequest, err error) {
	if !vault.ValidID(id) {
		return nil, vault.ErrAuthRequestNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		a, err = tx.AuthRequest(ctx, id)
		return err
	})
	if err == nil && subtle.ConstantTimeCompare([]byte(a.CodeHash), []byte(codeHash(code))) != 1 {
		return nil, vault.ErrAuthRequestNotFound
	}
	return a, err
}

// Asked lists the requests to the caller, newest first.
func (s *Service) Asked(ctx context.Context, c vault.Caller) (as []*vault.AuthRequest, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		as, err = tx.AuthRequests(ctx, c.User, 2*vault.MaxAuthRequests)
		return err
	})
	return as, err
}

// Answer approves or denies a request to the caller, once.
func (s *Service) Answer(ctx context.Context, c vault.Caller, id vault.AuthRequestID, approve bool, key, proof string) (a *vault.AuthRequest, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrAuthRequestNotFound
	}
	if approve && !vault.ValidEncString(key) {
		return nil, vault.ErrAuthRequestInvalid.At("key", "is not an encrypted string of a known type")
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if a, err = tx.AuthRequest(ctx, id); err != nil {
			return err
		}
		if a.User != c.User {
			return vault.ErrAuthRequestNotFound
		}
		a.State = vault.AuthDenied
		if approve {
			a.State, a.Key, a.Proof = vault.AuthApproved, key, proof
		}
		if err := tx.AnswerAuthRequest(ctx, a); err != nil {
			return err
		}
		if !approve {
			return nil
		}
		return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeAuthAnswer, User: c.User, Subject: string(id), Device: c.Device})
	})
	return a, err
}

// approved checks an approved request in place of a password.
func (s *Service) approved(ctx context.Context, in vault.ClientSignIn) (u *vault.User, a *vault.AuthRequest, err error) {
	a, err = s.Answered(ctx, vault.Caller{Address: in.Address}, in.Request, in.Proof)
	if errors.Is(err, vault.ErrAuthRequestNotFound) {
		return nil, nil, s.failed(ctx, in.Attempt, "")
	}
	if err != nil {
		return nil, nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.User(ctx, a.User)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if a.State != vault.AuthApproved || a.Device != in.Device.Identifier || u.Email != in.Email || u.State != vault.Active {
		return nil, nil, s.failed(ctx, in.Attempt, u.ID)
	}
	return u, a, nil
}

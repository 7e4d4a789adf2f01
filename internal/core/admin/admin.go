// Package admin is what administrators and auditors can do, and the machine's
// owner through the command line. It must not open a vault: there is no verb here
// that shows a password, an item or a key. Invariant: there is always an active
// administrator once there was one.
package admin

import (
	"context"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Service carries out the verbs of administration.
type Service struct {
	Store *store.Store
	Names vault.Names
	Now   func() time.Time
	Mail  *mail.Sender
	Jobs  map[string]string // what each of this program's jobs does, by name
	Wake  func()            // has this node look for due jobs

	Health func(context.Context) []vault.Finding // looks at this node's machine and the database

	Settings   Settings
	InviteLife func() time.Duration // how long an invitation is good for, as it stands now
	URL        string               // how people reach the server, for links
}

// Machine is the caller that the command line is: whoever can read .env and
// the database owns the instance, and need not prove more.
var Machine = vault.Caller{User: "machine", Role: vault.RoleAdmin, Proven: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// Users lists accounts by time of registration, those that f lets through.
func (s *Service) Users(ctx context.Context, c vault.Caller, f vault.UserFilter, after vault.Cursor, limit int) (us []*vault.User, err error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return nil, err
	}
	if f.Email != "" {
		if f.Email, err = s.Names.Email(f.Email); err != nil {
			return nil, nil // no account has such a name
		}
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		us, err = tx.Users(ctx, f, after, limit)
		return err
	})
	return us, err
}

// UserByName finds an account by its login name.
func (s *Service) UserByName(ctx context.Context, c vault.Caller, name string) (u *vault.User, err error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return nil, err
	}
	email, err := s.Names.Email(name)
	if err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByEmail(ctx, email)
		return err
	})
	return u, err
}

// Change is what an administrator may change of an account; nil leaves it.
type Change struct {
	Role  *vault.Role
	State *vault.State
}

// ChangeUser changes an account's role or state. Suspension ends all its
// sessions and access tokens; the last administrator stays one.
func (s *Service) ChangeUser(ctx context.Context, c vault.Caller, id vault.UserID, ch Change) (u *vault.User, err error) {
	err = s.on(ctx, c, id, func(tx *store.Tx, found *vault.User, others int) error {
		u = found
		return s.apply(ctx, tx, c, u, ch, others)
	})
	return u, err
}

func (s *Service) apply(ctx context.Context, tx *store.Tx, c vault.Caller, u *vault.User, ch Change, others int) error {
	role, state := u.Role, u.State
	if ch.Role != nil {
		role = *ch.Role
	}
	if ch.State != nil {
		state = *ch.State
	}
	if err := vault.CheckDemotion(u, role, state, others); err != nil {
		return err
	}
	if role != u.Role {
		if err := record(ctx, tx, c, u.ID, vault.EventUserRole, u.Role.String()+" -> "+role.String()); err != nil {
			return err
		}
	}
	if state != u.State {
		if err := record(ctx, tx, c, u.ID, vault.EventUserState, u.State.String()+" -> "+state.String()); err != nil {
			return err
		}
	}
	if state == vault.Suspended && u.State != state {
		if err := endSessions(ctx, tx, u); err != nil {
			return err
		}
	}
	u.Role, u.State = role, state
	return tx.UpdateUser(ctx, u)
}

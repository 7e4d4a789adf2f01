// Package admin is what administrators and auditors can do, and the machine's
// owner through the command line. It must not open a vault: there is no verb here
// that shows a password, an item or a key. Invariant: there is always an active
// administrator once there was one.
package admin

import (
	"context"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Service carries out the verbs of administration.
type Service struct {
	Store *store.Store
	Names vault.Names
}

// Machine is the caller that the command line is: whoever can read .env and
// the database owns the instance.
var Machine = vault.Caller{User: "machine", Role: vault.RoleAdmin}

// Users lists accounts by time of registration.
func (s *Service) Users(ctx context.Context, c vault.Caller, after vault.Cursor, limit int) (us []*vault.User, err error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		us, err = tx.Users(ctx, after, limit)
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
	if err := c.Must(vault.ManageUsers); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrUserNotFound
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		others, err := tx.CountAdmins(ctx, id)
		if err != nil {
			return err
		}
		if u, err = tx.UserForUpdate(ctx, id); err != nil {
			return err
		}
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
	record := func(kind vault.EventKind, detail string) error {
		return tx.Record(ctx, vault.Event{Kind: kind, User: u.ID, Actor: c.User, Subject: string(u.ID), Door: c.Door, Address: c.Address, Detail: detail})
	}
	if role != u.Role {
		if err := record(vault.EventUserRole, u.Role.String()+" -> "+role.String()); err != nil {
			return err
		}
	}
	if state != u.State {
		if err := record(vault.EventUserState, u.State.String()+" -> "+state.String()); err != nil {
			return err
		}
	}
	if state == vault.Suspended && u.State != state {
		u.Epoch++ // access tokens made before stay dead after a resume
		if err := tx.DeleteSessions(ctx, u.ID); err != nil {
			return err
		}
		if err := tx.Changed(ctx, vault.Notice{Kind: vault.NoticeSignOut, User: u.ID}); err != nil {
			return err
		}
	}
	u.Role, u.State = role, state
	return tx.UpdateUser(ctx, u)
}

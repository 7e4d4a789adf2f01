// Package send is what a person can do with Sends, and how strangers receive
// them. It must not see what is in one: maker and receiver share the key in the
// link. Invariant: an access is counted by the statement that allows it.
package send

import (
	"context"
	"io"
	"log/slog"
	"time"

	"strongroom/internal/blob"
	"strongroom/internal/mail"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/throttle"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of Sends. Quota is bytes a person as it stands now, 0 for no limit.
type Service struct {
	Store  *store.Store
	Blobs  *blob.Disk
	Hasher *pwhash.Hasher
	Signer *token.Signer
	Mail   *mail.Sender
	Now    func() time.Time
	Quota  func() int64
	Log    *slog.Logger

	Limiter *throttle.Limiter
}

// List returns the caller's Sends, oldest first.
func (s *Service) List(ctx context.Context, c vault.Caller) (ss []*vault.Send, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ss, err = tx.Sends(ctx, c.User)
		return err
	})
	return ss, err
}

// Get returns one of the caller's Sends.
func (s *Service) Get(ctx context.Context, c vault.Caller, id vault.SendID) (x *vault.Send, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrSendNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		x, err = tx.Send(ctx, c.User, id)
		return err
	})
	return x, err
}

// Add keeps a new Send. password is what a receiver will derive from it, "" for
// none. One with a file waits for Upload.
func (s *Service) Add(ctx context.Context, c vault.Caller, x *vault.Send, password string) error {
	if err := c.Must(vault.WriteVault); err != nil {
		return err
	}
	if err := s.protect(ctx, x, password); err != nil {
		return err
	}
	x.ID, x.Owner, x.State = vault.NewID[vault.SendID](), c.User, vault.FileStored
	if x.Type == vault.SendFile {
		x.State = vault.FileAnnounced
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := x.Check(tx.Now); err != nil {
			return err
		}
		have, err := tx.Sends(ctx, c.User)
		if err != nil {
			return err
		}
		if len(have) >= vault.MaxSends {
			return vault.ErrSendLimit
		}
		used, own, err := tx.Room(ctx, c.User)
		if err != nil {
			return err
		}
		if err := vault.CheckQuota(used, x.Size, own, s.Quota()); err != nil {
			return err
		}
		if err := tx.InsertSend(ctx, x); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, x, vault.EventSendAdded, vault.NoticeSendAdded)
	})
}

func (s *Service) protect(ctx context.Context, x *vault.Send, password string) error {
	if password == "" {
		return nil
	}
	hash, err := s.Hasher.Hash(ctx, password)
	x.PasswordHash = vault.NewSecret(hash)
	return err
}

func (s *Service) changed(ctx context.Context, tx *store.Tx, c vault.Caller, x *vault.Send, kind vault.EventKind, notice vault.NoticeKind) error {
	if err := tx.Touch(ctx, x.Owner); err != nil {
		return err
	}
	if err := tx.Record(ctx, vault.Event{Kind: kind, User: x.Owner, Actor: c.User, Subject: string(x.ID), Door: c.Door, Address: c.Address, Device: c.Device}); err != nil {
		return err
	}
	return tx.Changed(ctx, vault.Notice{Kind: notice, User: x.Owner, Subject: string(x.ID), Device: c.Device})
}

// Edit changes one of the caller's Sends; edit may run more than once. A new
// password replaces the old one, "" keeps it.
func (s *Service) Edit(ctx context.Context, c vault.Caller, id vault.SendID, password string, edit func(*vault.Send) error) (x *vault.Send, err error) {
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrSendNotFound
	}
	var fresh vault.Send
	if err := s.protect(ctx, &fresh, password); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if x, err = tx.Send(ctx, c.User, id); err != nil {
			return err
		}
		kind, size := x.Type, x.Size
		if fresh.PasswordHash.Reveal() != "" {
			x.PasswordHash = fresh.PasswordHash
		}
		if err := edit(x); err != nil {
			return err
		}
		if x.Type != kind || x.Size != size {
			return vault.ErrSendInvalid.At("type", "must not change")
		}
		if err := x.Check(tx.Now); err != nil {
			return err
		}
		if err := tx.UpdateSend(ctx, x); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, x, vault.EventSendChanged, vault.NoticeSendUpdated)
	})
	return x, err
}

// Delete removes one of the caller's Sends.
func (s *Service) Delete(ctx context.Context, c vault.Caller, id vault.SendID) error {
	if err := c.Must(vault.WriteVault); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrSendNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteSend(ctx, c.User, id); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, &vault.Send{ID: id, Owner: c.User}, vault.EventSendDeleted, vault.NoticeSendDeleted)
	})
}

// Upload keeps the bytes of a Send with a file. What is too long or too short, or
// breaks off, leaves no Send behind.
func (s *Service) Upload(ctx context.Context, c vault.Caller, id vault.SendID, r io.Reader) error {
	x, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	if x.Type != vault.SendFile {
		return vault.ErrSendNotFound
	}
	if x.State == vault.FileStored {
		return vault.ErrFileStored
	}
	n, err := s.Blobs.Put(ctx, string(x.ID), r, x.Size+vault.SizeSlack)
	if err == nil {
		err = vault.CheckArrived(x.Size, n)
	}
	if err != nil {
		away, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if e := s.Delete(away, c, id); e != nil {
			s.Log.WarnContext(ctx, "an upload that broke off will be removed later", "err", e)
		}
		return err
	}
	_, err = s.Edit(ctx, c, id, "", func(x *vault.Send) error { x.State = vault.FileStored; return nil })
	return err
}

// Expire removes the Sends of anybody whose time has come. Only the server's own
// timer may ask. It reports whether there are more.
func (s *Service) Expire(ctx context.Context) (more bool, err error) {
	const at = 200
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		due, err := tx.DueSends(ctx, tx.Now, at)
		if err != nil {
			return err
		}
		more = len(due) == at
		for _, x := range due {
			if err := tx.DeleteSend(ctx, x.Owner, x.ID); err != nil {
				return err
			}
			if err := s.changed(ctx, tx, vault.Caller{}, &x, vault.EventSendDeleted, vault.NoticeSendDeleted); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

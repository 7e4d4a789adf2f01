package item

import (
	"context"
	"strconv"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// ErrBulkSize answers a request about more items than one may name.
var ErrBulkSize = fault.New(fault.Invalid, "bulk-size", "One request may name at most 10,000 items.")

// Act is what a bulk verb does to each item; single verbs do the same to one.
type Act struct {
	kind vault.EventKind
	edit func(i *vault.Item, now time.Time) error // nil removes it for good
}

// The acts on items.
var (
	Archive = Act{vault.EventItemArchived, func(i *vault.Item, now time.Time) error { i.ArchivedAt = now; return nil }}
	Unarch  = Act{vault.EventItemArchived, func(i *vault.Item, _ time.Time) error { i.ArchivedAt = time.Time{}; return nil }}
	Remove  = Act{vault.EventItemDeleted, nil}
	ToTrash = Act{vault.EventItemTrashed, func(i *vault.Item, now time.Time) error {
		if i.DeletedAt.IsZero() {
			i.DeletedAt = now
		}
		return nil
	}}
	FromTrash = Act{vault.EventItemRestored, func(i *vault.Item, _ time.Time) error { i.DeletedAt = time.Time{}; return nil }}
)

// Into moves items into a folder, "" for none.
func Into(f vault.FolderID) Act {
	return Act{vault.EventItemsMoved, func(i *vault.Item, _ time.Time) error { i.Folder = f; return nil }}
}

// Do acts on several items of the caller's, all or none; an empty list is
// nothing. An item of another's is vault.ErrItemNotFound. It returns what the
// items became, attachments included.
func (s *Service) Do(ctx context.Context, c vault.Caller, ids []vault.ItemID, act Act) (done []*vault.Item, err error) {
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	if len(ids) > vault.MaxImport {
		return nil, ErrBulkSize
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		done = done[:0]
		files, err := filesByItem(ctx, tx, c.User)
		if err != nil {
			return err
		}
		for _, id := range ids {
			i, err := find(ctx, tx, c, id)
			if err != nil {
				return err
			}
			if err := s.act(ctx, tx, c, i, act); err != nil {
				return err
			}
			i.Attachments = files[i.ID]
			done = append(done, i)
		}
		if len(done) == 1 {
			return s.tell(ctx, tx, c, told[act.one()], string(done[0].ID))
		}
		return s.tell(ctx, tx, c, vault.NoticeItems, "")
	})
	return done, err
}

func filesByItem(ctx context.Context, tx *store.Tx, u vault.UserID) (map[vault.ItemID][]*vault.Attachment, error) {
	as, err := tx.Attachments(ctx, u, "")
	files := map[vault.ItemID][]*vault.Attachment{}
	for _, a := range as {
		files[a.Item] = append(files[a.Item], a)
	}
	return files, err
}

// Files returns the files at all of the caller's items.
func (s *Service) Files(ctx context.Context, c vault.Caller) (files map[vault.ItemID][]*vault.Attachment, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		files, err = filesByItem(ctx, tx, c.User)
		return err
	})
	return files, err
}

// one is the event of the act when it concerns a single item.
func (a Act) one() vault.EventKind {
	if a.kind == vault.EventItemsMoved {
		return vault.EventItemChanged
	}
	return a.kind
}

func (s *Service) act(ctx context.Context, tx *store.Tx, c vault.Caller, i *vault.Item, act Act) error {
	if act.edit == nil {
		if err := tx.DeleteItem(ctx, c.User, i.ID); err != nil {
			return err
		}
		return record(ctx, tx, c, act.kind, string(i.ID))
	}
	if err := act.edit(i, tx.Now); err != nil {
		return err
	}
	if err := c.CanMove(i.Folder); err != nil {
		return err
	}
	if err := tx.UpdateItem(ctx, i); err != nil {
		return err
	}
	return record(ctx, tx, c, act.kind, string(i.ID))
}

// Purge empties the caller's vault: items, trash, attachments and folders.
func (s *Service) Purge(ctx context.Context, c vault.Caller) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteItems(ctx, c.User); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventVaultPurged, "")
	})
}

// EmptyTrash removes for good what has lain in anybody's trash since before a
// time. Only the server's own timer may ask. It reports whether there is more.
func (s *Service) EmptyTrash(ctx context.Context, before time.Time) (more bool, err error) {
	const at = 200
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		items, err := tx.TrashedBefore(ctx, before, at)
		if err != nil {
			return err
		}
		more = len(items) == at
		for _, i := range items {
			if err := tx.DeleteItem(ctx, i.Owner, i.ID); err != nil {
				return err
			}
			c := vault.Caller{User: i.Owner}
			if err := s.changed(ctx, tx, c, vault.EventItemDeleted, string(i.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// Made checks what a client says about the content that it sends: whom it
// encrypted it for, and under which key. An old key means that the keys were
// rotated elsewhere since; what it encrypts nobody could read.
func (s *Service) Made(ctx context.Context, c vault.Caller, by vault.Maker) error {
	if by.For != "" && by.For != c.User {
		return vault.ErrItemInvalid.At("encryptedFor", "is another account")
	}
	if by.KeyID == "" {
		return nil
	}
	return s.Store.Read(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, c.User)
		if err == nil && u.UserKeyID != "" && u.UserKeyID != by.KeyID {
			return vault.ErrItemInvalid.At("encryptedByKeyId", "is not this account's key; sign in again")
		}
		return err
	})
}

// maxCollect is how many events of its own a client may report at once.
const maxCollect = 500

// Collect writes down what happened on a client: an item seen, a vault exported.
func (s *Service) Collect(ctx context.Context, c vault.Caller, es []vault.ClientEvent) error {
	if err := c.Must(vault.ReadVault); err != nil {
		return err
	}
	if len(es) > maxCollect {
		return ErrBulkSize
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		for _, e := range es {
			subject := ""
			if vault.ValidID(e.Item) {
				subject = string(e.Item)
			}
			err := tx.Record(ctx, vault.Event{Kind: vault.EventClient, User: c.User, Actor: c.User, Subject: subject, Door: c.Door, Address: c.Address, Device: c.Device, Detail: strconv.Itoa(e.Kind)})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

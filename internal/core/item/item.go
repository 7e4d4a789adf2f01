// Package item is what a person can do with the items and folders of a vault. It
// must not look inside an item: the content is the client's. Invariant: an item
// is loaded by owner and id, never by id alone, and the single verbs and the bulk
// ones ask the same rule.
package item

import (
	"context"
	"time"

	"strongroom/internal/spread"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Service carries out the verbs of items and folders.
type Service struct {
	Store *store.Store
}

// Scan hands the caller's items that f chooses to use, in numbered batches that
// may come at once and in any order; see store.Tx.ScanItems.
func (s *Service) Scan(ctx context.Context, c vault.Caller, f vault.ItemFilter, use func(n int, items []vault.Item) error) error {
	if err := c.Must(vault.ReadVault); err != nil {
		return err
	}
	if c.Folder != "" {
		if f.Folder != "" && f.Folder != c.Folder {
			return nil
		}
		f.Folder = c.Folder
	}
	return s.Store.Read(ctx, func(tx *store.Tx) error { return tx.ScanItems(ctx, c.User, f, use) })
}

// Get returns one item; one that the caller may not see is vault.ErrItemNotFound.
func (s *Service) Get(ctx context.Context, c vault.Caller, id vault.ItemID) (i *vault.Item, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if i, err = find(ctx, tx, c, id); err == nil {
			i.Attachments, err = tx.Attachments(ctx, c.User, id)
		}
		return err
	})
	return i, err
}

func find(ctx context.Context, tx *store.Tx, c vault.Caller, id vault.ItemID) (*vault.Item, error) {
	if !vault.ValidID(id) {
		return nil, vault.ErrItemNotFound
	}
	i, err := tx.Item(ctx, c.User, id)
	if err == nil && !c.CanSee(i) {
		err = vault.ErrItemNotFound
	}
	return i, err
}

// Add keeps a new item of the caller's, under an id of the server's choice.
func (s *Service) Add(ctx context.Context, c vault.Caller, i *vault.Item) error {
	if err := s.check(c, i); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		i.CreatedAt = time.Time{}
		if err := tx.InsertItem(ctx, i); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventItemAdded, string(i.ID))
	})
}

func (s *Service) check(c vault.Caller, i *vault.Item) error {
	if err := c.Must(vault.WriteVault); err != nil {
		return err
	}
	if c.Folder != "" && i.Folder == "" {
		i.Folder = c.Folder
	}
	if err := c.CanMove(i.Folder); err != nil {
		return err
	}
	i.ID, i.Owner = vault.NewRowID[vault.ItemID](), c.User
	return i.Check()
}

// told is the notice that goes with an event.
var told = map[vault.EventKind]vault.NoticeKind{
	vault.EventItemAdded: vault.NoticeItemAdded, vault.EventItemChanged: vault.NoticeItemUpdated, vault.EventItemTrashed: vault.NoticeItemUpdated,
	vault.EventItemRestored: vault.NoticeItemUpdated, vault.EventItemDeleted: vault.NoticeItemDeleted, vault.EventItemArchived: vault.NoticeItemUpdated,
	vault.EventItemsImported: vault.NoticeVault, vault.EventVaultPurged: vault.NoticeVault, vault.EventItemsMoved: vault.NoticeItems,
	vault.EventFolderAdded: vault.NoticeFolderAdded, vault.EventFolderChanged: vault.NoticeFolderUpdated, vault.EventFolderDeleted: vault.NoticeFolderDeleted,
	vault.EventFileAdded: vault.NoticeItemUpdated, vault.EventFileDeleted: vault.NoticeItemUpdated,
}

// changed does what every change of a vault must: the audit line, the note that
// a sync would show a difference, and the notice to other devices.
func (s *Service) changed(ctx context.Context, tx *store.Tx, c vault.Caller, kind vault.EventKind, subject string) error {
	if err := record(ctx, tx, c, kind, subject); err != nil {
		return err
	}
	return s.tell(ctx, tx, c, told[kind], subject)
}

func record(ctx context.Context, tx *store.Tx, c vault.Caller, kind vault.EventKind, subject string) error {
	return tx.Record(ctx, vault.Event{Kind: kind, User: c.User, Actor: c.User, Subject: subject, Door: c.Door, Address: c.Address, Device: c.Device})
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, c vault.Caller, kind vault.NoticeKind, subject string) error {
	if err := tx.Touch(ctx, c.User); err != nil {
		return err
	}
	return tx.Changed(ctx, vault.Notice{Kind: kind, User: c.User, Subject: subject, Device: c.Device})
}

// Import keeps many new items and the folders they name, all or none. Items keep
// the order they came in.
func (s *Service) Import(ctx context.Context, c vault.Caller, folders []*vault.Folder, items []*vault.Item) error {
	if len(items) > vault.MaxImport {
		return vault.ErrImportSize
	}
	if err := spread.Over(len(items), func(n int) error { return s.check(c, items[n]) }); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		own, err := ownFolders(ctx, tx, c)
		if err != nil {
			return err
		}
		for _, f := range folders {
			if own[f.ID] {
				continue // an import may put items into folders that are there
			}
			if err := s.insertFolder(ctx, tx, c, f); err != nil {
				return err
			}
		}
		for n, i := range items {
			i.CreatedAt = tx.Now.Add(time.Duration(n) * time.Microsecond)
		}
		if err := tx.InsertItems(ctx, items); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventItemsImported, "")
	})
}

func ownFolders(ctx context.Context, tx *store.Tx, c vault.Caller) (map[vault.FolderID]bool, error) {
	fs, err := tx.Folders(ctx, c.User)
	own := make(map[vault.FolderID]bool, len(fs))
	for _, f := range fs {
		own[f.ID] = true
	}
	return own, err
}

// Change reads an item, lets edit change it and its attachments' names and keys,
// and writes it back, in one transaction that may run more than once. A revision other than if (0 for any)
// is vault.ErrItemStale.
func (s *Service) Change(ctx context.Context, c vault.Caller, id vault.ItemID, revision int64, edit func(*vault.Item) error) (*vault.Item, error) {
	return s.change(ctx, c, id, revision, vault.EventItemChanged, func(i *vault.Item, _ time.Time) error { return edit(i) })
}

func (s *Service) change(ctx context.Context, c vault.Caller, id vault.ItemID, revision int64, kind vault.EventKind, edit func(i *vault.Item, now time.Time) error) (i *vault.Item, err error) {
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if i, err = find(ctx, tx, c, id); err != nil {
			return err
		}
		if revision != 0 && revision != i.Revision {
			return vault.ErrItemStale
		}
		if i.Attachments, err = tx.Attachments(ctx, c.User, id); err != nil {
			return err
		}
		was := snapshot(i.Attachments)
		if err := edit(i, tx.Now); err != nil {
			return err
		}
		if err := c.CanMove(i.Folder); err != nil {
			return err
		}
		if err := i.Check(); err != nil {
			return err
		}
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
		if err := reattach(ctx, tx, was, i.Attachments); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, kind, string(i.ID))
	})
	return i, err
}

func snapshot(as []*vault.Attachment) []vault.Attachment {
	was := make([]vault.Attachment, len(as))
	for n, a := range as {
		was[n] = *a
	}
	return was
}

// reattach writes the attachments whose name or key an edit changed.
func reattach(ctx context.Context, tx *store.Tx, was []vault.Attachment, now []*vault.Attachment) error {
	for n, a := range now {
		if *a == was[n] {
			continue
		}
		if err := tx.UpdateAttachment(ctx, a, was[n].State); err != nil {
			return err
		}
	}
	return nil
}

// Trash moves an item to the trash; one that is there already is
// vault.ErrItemNotFound.
func (s *Service) Trash(ctx context.Context, c vault.Caller, id vault.ItemID, revision int64) error {
	_, err := s.change(ctx, c, id, revision, vault.EventItemTrashed, func(i *vault.Item, now time.Time) error {
		if !i.DeletedAt.IsZero() {
			return vault.ErrItemNotFound
		}
		i.DeletedAt = now
		return nil
	})
	return err
}

// Restore takes an item out of the trash.
func (s *Service) Restore(ctx context.Context, c vault.Caller, id vault.ItemID) (*vault.Item, error) {
	return s.change(ctx, c, id, 0, vault.EventItemRestored, func(i *vault.Item, _ time.Time) error {
		if i.DeletedAt.IsZero() {
			return vault.ErrItemNotFound
		}
		i.DeletedAt = time.Time{}
		return nil
	})
}

// Delete removes an item for good, from the trash or not.
func (s *Service) Delete(ctx context.Context, c vault.Caller, id vault.ItemID, revision int64) error {
	if err := c.Must(vault.WriteVault); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		i, err := find(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if revision != 0 && revision != i.Revision {
			return vault.ErrItemStale
		}
		if err := tx.DeleteItem(ctx, c.User, id); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventItemDeleted, string(id))
	})
}

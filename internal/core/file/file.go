// Package file is what a person can do with attachments, and how anybody gets a
// file by a link. It must not look inside a file. Invariant: a row that says
// stored has its bytes on the disk, and bytes without a row are removed.
package file

import (
	"context"
	"io"
	"log/slog"
	"time"

	"strongroom/internal/blob"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of attachments. Quota is bytes a person as it stands now, 0 for no limit.
type Service struct {
	Store  *store.Store
	Blobs  *blob.Disk
	Signer *token.Signer
	Now    func() time.Time
	Quota  func() int64
	Log    *slog.Logger
}

// item returns the caller's item with its attachments.
func item(ctx context.Context, tx *store.Tx, c vault.Caller, id vault.ItemID) (*vault.Item, error) {
	if !vault.ValidID(id) {
		return nil, vault.ErrItemNotFound
	}
	i, err := tx.Item(ctx, c.User, id)
	if err != nil {
		return nil, err
	}
	if !c.CanSee(i) {
		return nil, vault.ErrItemNotFound
	}
	i.Attachments, err = tx.Attachments(ctx, c.User, id)
	return i, err
}

func one(i *vault.Item, id vault.AttachmentID) (*vault.Attachment, error) {
	for _, a := range i.Attachments {
		if a.ID == id {
			return a, nil
		}
	}
	return nil, vault.ErrFileNotFound
}

// Announce makes room for a file at an item of the caller's; Upload brings it.
func (s *Service) Announce(ctx context.Context, c vault.Caller, id vault.ItemID, a *vault.Attachment, known time.Time) (i *vault.Item, err error) {
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if i, err = item(ctx, tx, c, id); err != nil {
			return err
		}
		if err := i.CheckKnown(known); err != nil {
			return err
		}
		used, own, err := tx.Room(ctx, c.User)
		if err != nil {
			return err
		}
		if err := vault.CheckQuota(used, a.Size, own, s.Quota()); err != nil {
			return err
		}
		a.ID, a.Owner, a.Item, a.State = vault.NewID[vault.AttachmentID](), c.User, id, vault.FileAnnounced
		files := append(i.Attachments, a)
		if err := tx.InsertAttachment(ctx, a); err != nil {
			return err
		}
		// The client keeps the item of this answer and says so at its next change;
		// the upload must not make it stale.
		if err := tx.UpdateItem(ctx, i); err != nil {
			return err
		}
		i.Attachments = files
		return tx.Touch(ctx, c.User)
	})
	return i, err
}

// Find returns one file of an item of the caller's, and the item.
func (s *Service) Find(ctx context.Context, c vault.Caller, id vault.ItemID, file vault.AttachmentID) (i *vault.Item, a *vault.Attachment, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if i, err = item(ctx, tx, c, id); err != nil {
			return err
		}
		a, err = one(i, file)
		return err
	})
	return i, a, err
}

// Upload keeps the bytes of an announced file. What is too long or too short, or
// breaks off, leaves neither bytes nor row behind.
func (s *Service) Upload(ctx context.Context, c vault.Caller, id vault.ItemID, file vault.AttachmentID, r io.Reader) error {
	if err := c.Must(vault.WriteVault); err != nil {
		return err
	}
	_, a, err := s.Find(ctx, c, id, file)
	if err != nil {
		return err
	}
	if a.State == vault.FileStored {
		return vault.ErrFileStored
	}
	n, err := s.Blobs.Put(ctx, string(a.ID), r, a.Size+vault.SizeSlack)
	if err == nil {
		err = vault.CheckArrived(a.Size, n)
	}
	if err != nil {
		s.drop(ctx, c, a)
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		a.Size, a.State = n, vault.FileStored
		if err := tx.UpdateAttachment(ctx, a, vault.FileAnnounced); err != nil {
			return err
		}
		return s.tell(ctx, tx, c, vault.EventFileAdded, id)
	})
}

// drop takes an announcement back whose file did not come, even when the client
// is gone and ctx with it.
func (s *Service) drop(ctx context.Context, c vault.Caller, a *vault.Attachment) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAttachment(ctx, c.User, a.Item, a.ID) })
	if err == nil {
		err = s.Sweep(ctx)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "an upload that broke off will be removed later", "err", err)
	}
}

// changed notes that the item, too, is another now.
func (s *Service) changed(ctx context.Context, tx *store.Tx, c vault.Caller, kind vault.EventKind, id vault.ItemID) error {
	i, err := tx.Item(ctx, c.User, id)
	if err != nil {
		return err
	}
	if err := tx.UpdateItem(ctx, i); err != nil {
		return err
	}
	return s.tell(ctx, tx, c, kind, id)
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, c vault.Caller, kind vault.EventKind, id vault.ItemID) error {
	if err := tx.Touch(ctx, c.User); err != nil {
		return err
	}
	if err := tx.Record(ctx, vault.Event{Kind: kind, User: c.User, Actor: c.User, Subject: string(id), Door: c.Door, Address: c.Address, Device: c.Device}); err != nil {
		return err
	}
	return tx.Changed(ctx, vault.Notice{Kind: vault.NoticeItemUpdated, User: c.User, Subject: string(id), Device: c.Device})
}

// Delete removes a file from an item of the caller's and returns what is left.
func (s *Service) Delete(ctx context.Context, c vault.Caller, id vault.ItemID, file vault.AttachmentID) (i *vault.Item, err error) {
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if i, err = item(ctx, tx, c, id); err != nil {
			return err
		}
		if _, err := one(i, file); err != nil {
			return err
		}
		if err := tx.DeleteAttachment(ctx, c.User, id, file); err != nil {
			return err
		}
		if err := s.changed(ctx, tx, c, vault.EventFileDeleted, id); err != nil {
			return err
		}
		i, err = item(ctx, tx, c, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return i, s.Sweep(ctx)
}

// Link is a token with which anybody may get one file for a few minutes: clients
// fetch files without saying who they are.
func (s *Service) Link(id string) (string, error) {
	now := s.Now()
	return s.Signer.Sign(token.AudienceFile, token.Claims{Subject: id, Session: "file", Issued: now, Expires: now.Add(vault.LinkLife)})
}

// Open returns the file of a link and its size; a link that is dead, or whose
// file is gone, is vault.ErrFileNotFound. The caller closes it.
func (s *Service) Open(link string) (io.ReadSeekCloser, int64, error) {
	c, err := s.Signer.Verify(token.AudienceFile, link, s.Now())
	if err != nil {
		return nil, 0, vault.ErrFileNotFound
	}
	f, n, err := s.Blobs.Open(c.Subject)
	if err != nil {
		return nil, 0, vault.ErrFileNotFound.Because(err)
	}
	return f, n, nil
}

// Sweep removes the files that no row knows any more.
func (s *Service) Sweep(ctx context.Context) error {
	var ids []string
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = tx.Doomed(ctx, 1000)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.Blobs.Delete(id); err != nil {
			return err
		}
		if err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Undoom(ctx, id) }); err != nil {
			return err
		}
	}
	return nil
}

// Expire takes back announcements whose files never came. Only the server's own
// timer may ask.
func (s *Service) Expire(ctx context.Context) error {
	err := s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.DropAnnounced(ctx, tx.Now.Add(-vault.UploadLife)) })
	if err != nil {
		return err
	}
	return s.Sweep(ctx)
}

package item

import (
	"context"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Folders lists the caller's folders, or the one that an access token sees.
func (s *Service) Folders(ctx context.Context, c vault.Caller) (fs []*vault.Folder, err error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if c.Folder == "" {
			fs, err = tx.Folders(ctx, c.User)
			return err
		}
		f, err := tx.Folder(ctx, c.User, c.Folder)
		fs = []*vault.Folder{f}
		return err
	})
	return fs, err
}

// AddFolder keeps a new folder of the caller's.
func (s *Service) AddFolder(ctx context.Context, c vault.Caller, f *vault.Folder) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := s.insertFolder(ctx, tx, c, f); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventFolderAdded, string(f.ID))
	})
}

func (s *Service) insertFolder(ctx context.Context, tx *store.Tx, c vault.Caller, f *vault.Folder) error {
	n, err := tx.CountFolders(ctx, c.User)
	if err != nil {
		return err
	}
	if n >= vault.MaxFolders {
		return vault.ErrFolderLimit
	}
	if f.ID == "" {
		f.ID = vault.NewID[vault.FolderID]()
	}
	f.Owner = c.User
	if err := f.Check(); err != nil {
		return err
	}
	return tx.InsertFolder(ctx, f)
}

// RenameFolder gives one of the caller's folders another (encrypted) name.
func (s *Service) RenameFolder(ctx context.Context, c vault.Caller, id vault.FolderID, name string) (f *vault.Folder, err error) {
	if err := c.Must(vault.ManageSelf); err != nil {
		return nil, err
	}
	if !vault.ValidID(id) {
		return nil, vault.ErrFolderNotFound
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if f, err = tx.Folder(ctx, c.User, id); err != nil {
			return err
		}
		f.Name = name
		if err := f.Check(); err != nil {
			return err
		}
		if err := tx.UpdateFolder(ctx, f); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventFolderChanged, string(id))
	})
	return f, err
}

// DeleteFolders removes all of the caller's folders; their items stay.
func (s *Service) DeleteFolders(ctx context.Context, c vault.Caller) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		fs, err := tx.Folders(ctx, c.User)
		if err != nil {
			return err
		}
		for _, f := range fs {
			if err := tx.DeleteFolder(ctx, c.User, f.ID); err != nil {
				return err
			}
			if err := record(ctx, tx, c, vault.EventFolderDeleted, string(f.ID)); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, c, vault.NoticeVault, "")
	})
}

// Folder returns one of the caller's folders.
func (s *Service) Folder(ctx context.Context, c vault.Caller, id vault.FolderID) (f *vault.Folder, err error) {
	fs, err := s.Folders(ctx, c)
	for _, f := range fs {
		if f.ID == id {
			return f, nil
		}
	}
	return nil, orElse(err, vault.ErrFolderNotFound)
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// DeleteFolder removes one of the caller's folders; its items stay.
func (s *Service) DeleteFolder(ctx context.Context, c vault.Caller, id vault.FolderID) error {
	if err := c.Must(vault.ManageSelf); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrFolderNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteFolder(ctx, c.User, id); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, vault.EventFolderDeleted, string(id))
	})
}

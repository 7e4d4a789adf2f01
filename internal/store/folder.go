package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

// InsertFolder adds f at revision 1.
func (t *Tx) InsertFolder(ctx context.Context, f *vault.Folder) error {
	f.Revision, f.CreatedAt, f.UpdatedAt = 1, t.Now, t.Now
	sealed, err := t.seal(ctx, string(f.Owner), "folders", string(f.ID), []byte(f.Name))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO folders (user_id, id, revision, created_at, updated_at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		f.Owner, f.ID, f.Revision, micros(f.CreatedAt), micros(f.UpdatedAt), sealed)
	return err
}

const folderColumns = `id, user_id, revision, created_at, updated_at, sealed FROM folders`

func scanFolder(scan func(...any) error) (*vault.Folder, string, error) {
	var f vault.Folder
	var created, updated int64
	var sealed string
	err := scan(&f.ID, &f.Owner, &f.Revision, &created, &updated, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrFolderNotFound
	}
	f.CreatedAt, f.UpdatedAt = clock(created), clock(updated)
	return &f, sealed, err
}

// Folder returns a person's folder; another person's is vault.ErrFolderNotFound.
func (t *Tx) Folder(ctx context.Context, u vault.UserID, id vault.FolderID) (*vault.Folder, error) {
	f, sealed, err := scanFolder(t.row(ctx, `SELECT `+folderColumns+` WHERE user_id = ? AND id = ?`, u, id).Scan)
	if err != nil {
		return nil, err
	}
	name, err := t.unseal(ctx, string(u), "folders", string(id), sealed)
	f.Name = string(name)
	return f, err
}

// Folders lists all of a person's folders, oldest first.
func (t *Tx) Folders(ctx context.Context, u vault.UserID) (fs []*vault.Folder, err error) {
	k, err := t.key(ctx, string(u))
	if err != nil {
		return nil, err
	}
	err = t.each(ctx, `SELECT `+folderColumns+` WHERE user_id = ? ORDER BY created_at, id`, []any{u}, func(rows *sql.Rows) error {
		f, sealed, err := scanFolder(rows.Scan)
		if err != nil {
			return err
		}
		name, err := open(k, "folders", string(f.ID), sealed)
		f.Name = string(name)
		fs = append(fs, f)
		return err
	})
	return fs, err
}

// CountFolders counts a person's folders.
func (t *Tx) CountFolders(ctx context.Context, u vault.UserID) (n int, err error) {
	return n, t.row(ctx, `SELECT COUNT(*) FROM folders WHERE user_id = ?`, u).Scan(&n)
}

// UpdateFolder writes f's name if its revision is still the stored one.
func (t *Tx) UpdateFolder(ctx context.Context, f *vault.Folder) error {
	sealed, err := t.seal(ctx, string(f.Owner), "folders", string(f.ID), []byte(f.Name))
	if err != nil {
		return err
	}
	err = t.one(ctx, vault.ErrFolderStale, `UPDATE folders SET revision = revision + 1, updated_at = ?, sealed = ? WHERE user_id = ? AND id = ? AND revision = ?`,
		micros(t.Now), sealed, f.Owner, f.ID, f.Revision)
	if err == nil {
		f.Revision, f.UpdatedAt = f.Revision+1, t.Now
	}
	return err
}

// DeleteFolder removes a folder; the items in it stay, in none.
func (t *Tx) DeleteFolder(ctx context.Context, u vault.UserID, id vault.FolderID) error {
	_, err := t.exec(ctx, `UPDATE items SET folder_id = NULL, revision = revision + 1, updated_at = ? WHERE user_id = ? AND folder_id = ?`, micros(t.Now), u, id)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrFolderNotFound, `DELETE FROM folders WHERE user_id = ? AND id = ?`, u, id)
}

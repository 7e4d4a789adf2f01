package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// InsertItem adds i at revision 1.
func (t *Tx) InsertItem(ctx context.Context, i *vault.Item) error {
	return t.InsertItems(ctx, []*vault.Item{i})
}

// One statement adds several items: so many at most, and so much of sealed
// content that no database finds the statement too large.
const (
	insertRows  = 50
	insertBytes = 1 << 20
)

// InsertItems adds items at revision 1. Their creation times may lie a little
// after now: an import numbers its items so, and keeps their order.
func (t *Tx) InsertItems(ctx context.Context, items []*vault.Item) error {
	var args []any
	size := 0
	for n, i := range items {
		i.Revision, i.UpdatedAt = 1, t.Now
		if i.CreatedAt.IsZero() {
			i.CreatedAt = t.Now
		}
		sealed, err := t.seal(ctx, string(i.Owner), "items", string(i.ID), i.Data)
		if err != nil {
			return err
		}
		args = append(args, i.ID, i.Owner, i.Type, null(i.Folder), flag(i.Favorite), flag(i.Reprompt), i.Revision,
			micros(i.CreatedAt), micros(i.UpdatedAt), micros(i.DeletedAt), micros(i.ArchivedAt), sealed)
		rows := len(args) / insertColumns
		if size += len(sealed); rows < insertRows && size < insertBytes && n < len(items)-1 {
			continue
		}
		if _, err := t.exec(ctx, insertItems+strings.Repeat(insertRow+", ", rows-1)+insertRow, args...); err != nil {
			return t.itemRefused(err)
		}
		args, size = args[:0], 0
	}
	return nil
}

const (
	insertColumns = 12
	insertItems   = `INSERT INTO items (id, user_id, type, folder_id, favorite, reprompt, revision, created_at, updated_at, deleted_at, archived_at, sealed) VALUES `
	insertRow     = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func (t *Tx) itemRefused(err error) error {
	switch {
	case err == nil:
		return nil
	case t.s.d.unique(err):
		return vault.ErrItemExists
	case t.s.d.foreign(err):
		return vault.ErrItemInvalid.At("folder", "is not one of your folders")
	}
	return err
}

const itemColumns = `id, user_id, type, folder_id, favorite, reprompt, revision, created_at, updated_at, deleted_at, archived_at, sealed FROM items`

func scanItem(scan func(...any) error, i *vault.Item, sealed any) error {
	var favorite, reprompt int
	var created, updated, deleted, archived int64
	var folder sql.NullString
	err := scan(&i.ID, &i.Owner, &i.Type, &folder, &favorite, &reprompt, &i.Revision, &created, &updated, &deleted, &archived, sealed)
	i.Folder, i.Favorite, i.Reprompt = vault.FolderID(folder.String), favorite == 1, reprompt == 1
	i.CreatedAt, i.UpdatedAt, i.DeletedAt, i.ArchivedAt = clock(created), clock(updated), clock(deleted), clock(archived)
	return err
}

// Item returns a person's item; another person's is vault.ErrItemNotFound.
func (t *Tx) Item(ctx context.Context, u vault.UserID, id vault.ItemID) (*vault.Item, error) {
	var i vault.Item
	var sealed string
	err := scanItem(t.row(ctx, `SELECT `+itemColumns+` WHERE user_id = ? AND id = ?`, u, id).Scan, &i, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, vault.ErrItemNotFound
	}
	if err != nil {
		return nil, err
	}
	i.Data, err = t.unseal(ctx, string(u), "items", string(id), sealed)
	return &i, err
}

// UpdateItem writes i if its revision is still the stored one, or returns vault.ErrItemStale.
func (t *Tx) UpdateItem(ctx context.Context, i *vault.Item) error {
	sealed, err := t.seal(ctx, string(i.Owner), "items", string(i.ID), i.Data)
	if err != nil {
		return err
	}
	err = t.one(ctx, vault.ErrItemStale, `UPDATE items SET type = ?, folder_id = ?, favorite = ?, reprompt = ?, revision = revision + 1, updated_at = ?, deleted_at = ?, archived_at = ?, sealed = ? WHERE user_id = ? AND id = ? AND revision = ?`,
		i.Type, null(i.Folder), flag(i.Favorite), flag(i.Reprompt), micros(t.Now), micros(i.DeletedAt), micros(i.ArchivedAt), sealed, i.Owner, i.ID, i.Revision)
	if err == nil {
		i.Revision, i.UpdatedAt = i.Revision+1, t.Now
	}
	return t.itemRefused(err)
}

// DeleteItem removes a person's item for good, with its attachments.
func (t *Tx) DeleteItem(ctx context.Context, u vault.UserID, id vault.ItemID) error {
	if err := t.doom(ctx, `attachments WHERE user_id = ? AND item_id = ?`, u, id); err != nil {
		return err
	}
	return t.one(ctx, vault.ErrItemNotFound, `DELETE FROM items WHERE user_id = ? AND id = ?`, u, id)
}

// listedColumns are an item's without its owner, who is known: of a list's time a
// good part goes into each column of each row.
const listedColumns = `id, type, folder_id, favorite, reprompt, revision, created_at, updated_at, deleted_at, archived_at, sealed FROM items`

func scanListed(rows *sql.Rows, i *vault.Item, token *string) error {
	var folder sql.NullString
	var favorite, reprompt, created, updated, deleted, archived int64
	err := rows.Scan(&i.ID, &i.Type, &folder, &favorite, &reprompt, &i.Revision, &created, &updated, &deleted, &archived, token)
	i.Folder, i.Favorite, i.Reprompt = vault.FolderID(folder.String), favorite == 1, reprompt == 1
	i.CreatedAt, i.UpdatedAt, i.DeletedAt, i.ArchivedAt = clock(created), clock(updated), clock(deleted), clock(archived)
	return err
}

func itemQuery(u vault.UserID, f vault.ItemFilter) (q string, args []any) {
	q, args = `SELECT `+listedColumns+` WHERE user_id = ?`, []any{u}
	add := func(cond string, vals ...any) { q, args = q+" AND "+cond, append(args, vals...) }
	switch {
	case f.All:
	case f.Trash:
		add("deleted_at > 0")
	default:
		add("deleted_at = 0")
	}
	if f.Type != 0 {
		add("type = ?", f.Type)
	}
	if f.Folder != "" {
		add("folder_id = ?", f.Folder)
	}
	if f.Favorite != nil {
		add("favorite = ?", flag(*f.Favorite))
	}
	if f.After.ID != "" {
		at := micros(f.After.At)
		add("(created_at > ? OR (created_at = ? AND id > ?))", at, at, f.After.ID)
	}
	q += " ORDER BY created_at, id"
	if f.Limit > 0 {
		q, args = q+" LIMIT ?", append(args, f.Limit)
	}
	return q, args
}

// DeleteItems empties a person's vault: items, attachments and folders.
func (t *Tx) DeleteItems(ctx context.Context, u vault.UserID) error {
	if err := t.doom(ctx, `attachments WHERE user_id = ?`, u); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM items WHERE user_id = ?`, u); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM folders WHERE user_id = ?`, u)
	return err
}

// TrashedBefore lists items of anyone that went to the trash before a time.
func (t *Tx) TrashedBefore(ctx context.Context, before time.Time, limit int) (is []vault.Item, err error) {
	err = t.each(ctx, `SELECT user_id, id FROM items WHERE deleted_at > 0 AND deleted_at < ? ORDER BY deleted_at LIMIT ?`, []any{micros(before), limit}, func(rows *sql.Rows) error {
		var i vault.Item
		err := rows.Scan(&i.Owner, &i.ID)
		is = append(is, i)
		return err
	})
	return is, err
}

// CountItems counts a person's items, the trash included.
func (t *Tx) CountItems(ctx context.Context, u vault.UserID) (n int, err error) {
	return n, t.row(ctx, `SELECT COUNT(*) FROM items WHERE user_id = ?`, u).Scan(&n)
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"strongroom/internal/vault"
)

type attachmentRow struct {
	Name string `json:"n"`
	Key  string `json:"k,omitempty"`
}

func (t *Tx) sealAttachment(ctx context.Context, a *vault.Attachment) (string, error) {
	return t.sealRow(ctx, string(a.Owner), "attachments", string(a.ID), attachmentRow{a.Name, a.Key})
}

// InsertAttachment announces a file at an item of its owner's.
func (t *Tx) InsertAttachment(ctx context.Context, a *vault.Attachment) error {
	a.CreatedAt = t.Now
	sealed, err := t.sealAttachment(ctx, a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO attachments (id, user_id, item_id, size, state, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Owner, a.Item, a.Size, a.State, micros(a.CreatedAt), sealed)
	return err
}

// UpdateAttachment writes name, key, size and state of a, while its state is still was.
func (t *Tx) UpdateAttachment(ctx context.Context, a *vault.Attachment, was vault.FileState) error {
	sealed, err := t.sealAttachment(ctx, a)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrFileNotFound, `UPDATE attachments SET size = ?, state = ?, sealed = ? WHERE user_id = ? AND item_id = ? AND id = ? AND state = ?`,
		a.Size, a.State, sealed, a.Owner, a.Item, a.ID, was)
}

// Attachments lists the files at a person's item, or at all of them with item "",
// oldest first, announced ones included.
func (t *Tx) Attachments(ctx context.Context, u vault.UserID, item vault.ItemID) (as []*vault.Attachment, err error) {
	q, args := `SELECT id, item_id, size, state, created_at, sealed FROM attachments WHERE user_id = ?`, []any{u}
	if item != "" {
		q, args = q+` AND item_id = ?`, append(args, item)
	}
	var sealed []string
	err = t.each(ctx, q+` ORDER BY created_at, id`, args, func(rows *sql.Rows) error {
		a := &vault.Attachment{Owner: u}
		var created int64
		var tok string
		err := rows.Scan(&a.ID, &a.Item, &a.Size, &a.State, &created, &tok)
		a.CreatedAt = clock(created)
		as, sealed = append(as, a), append(sealed, tok)
		return err
	})
	for i := 0; err == nil && i < len(as); i++ {
		var r attachmentRow
		err = t.openRow(ctx, string(u), "attachments", string(as[i].ID), sealed[i], &r)
		as[i].Name, as[i].Key = r.Name, r.Key
	}
	return as, err
}

// StoredBytes is what a person's files take, announced ones included.
func (t *Tx) StoredBytes(ctx context.Context, u vault.UserID) (int64, error) {
	var a, b sql.NullInt64
	if err := t.row(ctx, `SELECT SUM(size) FROM attachments WHERE user_id = ?`, u).Scan(&a); err != nil {
		return 0, err
	}
	err := t.row(ctx, `SELECT SUM(size) FROM sends WHERE user_id = ?`, u).Scan(&b)
	return a.Int64 + b.Int64, err
}

// Room is what a person's files take, and how much they may take if that was said
// for this person alone; nil where it was not.
func (t *Tx) Room(ctx context.Context, id vault.UserID) (used int64, own *int64, err error) {
	u, err := t.User(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	used, err = t.StoredBytes(ctx, id)
	return used, u.Quota, err
}

// DeleteAttachment removes a file from a person's item.
func (t *Tx) DeleteAttachment(ctx context.Context, u vault.UserID, item vault.ItemID, id vault.AttachmentID) error {
	if err := t.doom(ctx, `attachments WHERE user_id = ? AND item_id = ? AND id = ?`, u, item, id); err != nil {
		return err
	}
	return t.one(ctx, vault.ErrFileNotFound, `DELETE FROM attachments WHERE user_id = ? AND item_id = ? AND id = ?`, u, item, id)
}

// doom notes, in the transaction that removes their rows, which files are to be
// removed once it is committed: the ids of the rows that from chooses.
func (t *Tx) doom(ctx context.Context, from string, args ...any) error {
	q := `INSERT INTO blob_deletions (id, at) SELECT id, ` + strconv.FormatInt(micros(t.Now), 10) + ` FROM `
	_, err := t.exec(ctx, q+from, args...)
	if err != nil && t.s.d.unique(err) {
		return errors.Join(errDoomed, err)
	}
	return err
}

var errDoomed = errors.New("store: a file is to be removed twice")

const heldUntil = "files_held_until" // setting: no file is removed before that time

// HoldFiles has files that are deleted from now on kept until a time: a backup
// whose snapshot names them still has to copy them.
func (s *Store) HoldFiles(ctx context.Context, until time.Time) error {
	return s.Tx(ctx, func(t *Tx) error { return t.putSettingTime(ctx, heldUntil, until) })
}

// Doomed lists files that no row knows any more and no backup holds.
func (t *Tx) Doomed(ctx context.Context, limit int) (ids []string, err error) {
	held, err := t.settingTime(ctx, heldUntil)
	if err != nil || t.Now.Before(held) {
		return nil, err
	}
	err = t.each(ctx, `SELECT id FROM blob_deletions ORDER BY at, id LIMIT ?`, []any{limit}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// Undoom notes that a file is gone.
func (t *Tx) Undoom(ctx context.Context, id string) error {
	_, err := t.exec(ctx, `DELETE FROM blob_deletions WHERE id = ?`, id)
	return err
}

// DropAnnounced removes files that were announced before a time and never came.
func (t *Tx) DropAnnounced(ctx context.Context, before time.Time) error {
	at := micros(before)
	if err := t.doom(ctx, `attachments WHERE state = 0 AND created_at < ?`, at); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM attachments WHERE state = 0 AND created_at < ?`, at); err != nil {
		return err
	}
	if err := t.doom(ctx, `sends WHERE type = 1 AND state = 0 AND created_at < ?`, at); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM sends WHERE type = 1 AND state = 0 AND created_at < ?`, at)
	return err
}

package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type rememberedRow struct {
	Device  string `json:"d,omitempty"`
	Name    string `json:"n,omitempty"`
	Address string `json:"a,omitempty"`
}

func (t *Tx) rememberedIndex(token string) string { return t.s.keys.index.Of("remembered", token) }

// InsertRemembered adds a device that token stands for.
func (t *Tx) InsertRemembered(ctx context.Context, r *vault.Remembered, token string) error {
	r.CreatedAt, r.LastUsedAt, r.ExpiresAt = t.Now, t.Now, t.Now.Add(vault.RememberLife)
	sealed, err := t.sealRow(ctx, string(r.User), "remembered_devices", r.ID, rememberedRow{r.Device, r.Name, r.Address})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO remembered_devices (id, user_id, token_index, epoch, created_at, last_used_at, expires_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.User, t.rememberedIndex(token), r.Epoch, micros(r.CreatedAt), micros(r.LastUsedAt), micros(r.ExpiresAt), sealed)
	return err
}

const rememberedColumns = `SELECT id, user_id, epoch, created_at, last_used_at, expires_at, sealed FROM remembered_devices`

func (t *Tx) scanRemembered(scan func(...any) error) (*vault.Remembered, string, error) {
	var r vault.Remembered
	var created, used, expires int64
	var sealed string
	err := scan(&r.ID, &r.User, &r.Epoch, &created, &used, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrRemembered
	}
	r.CreatedAt, r.LastUsedAt, r.ExpiresAt = clock(created), clock(used), clock(expires)
	return &r, sealed, err
}

func (t *Tx) openRemembered(ctx context.Context, r *vault.Remembered, sealed string) error {
	var row rememberedRow
	if err := t.openRow(ctx, string(r.User), "remembered_devices", r.ID, sealed, &row); err != nil {
		return err
	}
	r.Device, r.Name, r.Address = row.Device, row.Name, row.Address
	return nil
}

// RememberedBy returns the device that a token of a person's stands for, or
// vault.ErrRemembered.
func (t *Tx) RememberedBy(ctx context.Context, u vault.UserID, token string) (*vault.Remembered, error) {
	r, sealed, err := t.scanRemembered(t.row(ctx, rememberedColumns+` WHERE user_id = ? AND token_index = ?`, u, t.rememberedIndex(token)).Scan)
	if err != nil {
		return nil, err
	}
	return r, t.openRemembered(ctx, r, sealed)
}

// Remembered lists the devices that still count for an account of this epoch, newest first.
func (t *Tx) Remembered(ctx context.Context, u vault.UserID, epoch int64) ([]*vault.Remembered, error) {
	return list(ctx, t, rememberedColumns+` WHERE user_id = ? AND epoch = ? AND expires_at > ? ORDER BY created_at DESC, id`, []any{u, epoch, micros(t.Now)}, t.scanRemembered, t.openRemembered)
}

// UseRemembered notes that a remembered device signed in.
func (t *Tx) UseRemembered(ctx context.Context, r *vault.Remembered) error {
	return t.one(ctx, vault.ErrRemembered, `UPDATE remembered_devices SET last_used_at = ? WHERE user_id = ? AND id = ?`, micros(t.Now), r.User, r.ID)
}

// DeleteRemembered forgets one device of a person's; another person's is vault.ErrRemembered.
func (t *Tx) DeleteRemembered(ctx context.Context, u vault.UserID, id string) error {
	return t.one(ctx, vault.ErrRemembered, `DELETE FROM remembered_devices WHERE user_id = ? AND id = ?`, u, id)
}

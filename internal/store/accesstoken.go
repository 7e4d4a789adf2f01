package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type accessTokenRow struct {
	Name string `json:"n"`
	Half string `json:"h"`
}

func (t *Tx) tokenIndex(secret string) string { return t.s.keys.index.Of("access", secret) }

// InsertAccessToken adds a machine's token; of secret only a keyed index is kept.
func (t *Tx) InsertAccessToken(ctx context.Context, a *vault.AccessToken, secret string) error {
	a.CreatedAt = t.Now
	sealed, err := t.sealRow(ctx, string(a.User), "access_tokens", string(a.ID), accessTokenRow{a.Name, a.Sealed})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO access_tokens (id, user_id, token_index, can_write, folder_id, epoch, created_at, expires_at, last_used_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
		a.ID, a.User, t.tokenIndex(secret), flag(a.Write), null(a.Folder), a.Epoch, micros(a.CreatedAt), micros(a.ExpiresAt), sealed)
	return err
}

const accessTokenColumns = `id, user_id, can_write, folder_id, epoch, created_at, expires_at, last_used_at, sealed FROM access_tokens`

func scanAccessToken(scan func(...any) error) (*vault.AccessToken, string, error) {
	var a vault.AccessToken
	var write int
	var folder sql.NullString
	var created, expires, used int64
	var sealed string
	err := scan(&a.ID, &a.User, &write, &folder, &a.Epoch, &created, &expires, &used, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrTokenNotFound
	}
	a.Write, a.Folder = write == 1, vault.FolderID(folder.String)
	a.CreatedAt, a.ExpiresAt, a.LastUsedAt = clock(created), clock(expires), clock(used)
	return &a, sealed, err
}

func (t *Tx) openAccessToken(ctx context.Context, a *vault.AccessToken, sealed string) error {
	var r accessTokenRow
	if err := t.openRow(ctx, string(a.User), "access_tokens", string(a.ID), sealed, &r); err != nil {
		return err
	}
	a.Name, a.Sealed = r.Name, r.Half
	return nil
}

// AccessTokenBySecret returns the token that secret is of, or vault.ErrTokenNotFound.
func (t *Tx) AccessTokenBySecret(ctx context.Context, secret string) (*vault.AccessToken, error) {
	a, sealed, err := scanAccessToken(t.row(ctx, `SELECT `+accessTokenColumns+` WHERE token_index = ?`, t.tokenIndex(secret)).Scan)
	if err != nil {
		return nil, err
	}
	return a, t.openAccessToken(ctx, a, sealed)
}

// AccessTokens lists a person's access tokens, oldest first.
func (t *Tx) AccessTokens(ctx context.Context, u vault.UserID) ([]*vault.AccessToken, error) {
	return list(ctx, t, `SELECT `+accessTokenColumns+` WHERE user_id = ? ORDER BY created_at, id LIMIT ?`, []any{u, vault.MaxTokens}, scanAccessToken, t.openAccessToken)
}

// DeleteAccessToken revokes a person's token; another person's is vault.ErrTokenNotFound.
func (t *Tx) DeleteAccessToken(ctx context.Context, u vault.UserID, id vault.TokenID) error {
	return t.one(ctx, vault.ErrTokenNotFound, `DELETE FROM access_tokens WHERE user_id = ? AND id = ?`, u, id)
}

// TouchAccessToken notes a use.
func (t *Tx) TouchAccessToken(ctx context.Context, id vault.TokenID) error {
	_, err := t.exec(ctx, `UPDATE access_tokens SET last_used_at = ? WHERE id = ?`, micros(t.Now), id)
	return err
}

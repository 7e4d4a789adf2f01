package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"strongroom/internal/vault"
)

type invitationRow struct {
	Email  string       `json:"e"`
	By     vault.UserID `json:"by"`
	Mailed bool         `json:"m,omitempty"`
	Sent   int64        `json:"t"`
}

func (t *Tx) invitationIndex(token string) string { return t.s.keys.index.Of("invitation", token) }

func (t *Tx) sealInvitation(ctx context.Context, i *vault.Invitation) (string, error) {
	return t.sealRow(ctx, instance, "invitations", string(i.ID), invitationRow{i.Email, i.By, i.Mailed, micros(i.SentAt)})
}

// InsertInvitation adds an invitation with its token, of which an index is kept
// and no more. An address that has one already is vault.ErrInvited.
func (t *Tx) InsertInvitation(ctx context.Context, i *vault.Invitation, token string) error {
	i.CreatedAt, i.SentAt = t.Now, t.Now
	sealed, err := t.sealInvitation(ctx, i)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO invitations (id, token_index, email_index, role, created_at, expires_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.ID, t.invitationIndex(token), t.emailIndex(i.Email), i.Role, micros(i.CreatedAt), micros(i.ExpiresAt), sealed)
	if err != nil && t.s.d.unique(err) {
		return vault.ErrInvited
	}
	return err
}

// ResendInvitation gives an invitation a new token and a new end; the old token
// is dead.
func (t *Tx) ResendInvitation(ctx context.Context, i *vault.Invitation, token string) error {
	i.SentAt = t.Now
	sealed, err := t.sealInvitation(ctx, i)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrInvitationNotFound, `UPDATE invitations SET token_index = ?, expires_at = ?, sealed = ? WHERE id = ?`,
		t.invitationIndex(token), micros(i.ExpiresAt), sealed, i.ID)
}

const invitationColumns = `SELECT id, role, created_at, expires_at, sealed FROM invitations`

func (t *Tx) scanInvitation(ctx context.Context, scan func(...any) error) (*vault.Invitation, error) {
	var i vault.Invitation
	var created, expires int64
	var sealed string
	err := scan(&i.ID, &i.Role, &created, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, vault.ErrInvitationNotFound
	}
	if err != nil {
		return nil, err
	}
	var r invitationRow
	if err := t.openRow(ctx, instance, "invitations", string(i.ID), sealed, &r); err != nil {
		return nil, err
	}
	i.CreatedAt, i.ExpiresAt, i.Email, i.By, i.Mailed, i.SentAt = clock(created), clock(expires), r.Email, r.By, r.Mailed, clock(r.Sent)
	return &i, nil
}

// Invitation returns one by id, or vault.ErrInvitationNotFound.
func (t *Tx) Invitation(ctx context.Context, id vault.InvitationID) (*vault.Invitation, error) {
	return t.scanInvitation(ctx, t.row(ctx, invitationColumns+` WHERE id = ?`, id).Scan)
}

// InvitationByToken returns the invitation that a token is good for now, or
// vault.ErrInvitationNotFound.
func (t *Tx) InvitationByToken(ctx context.Context, token string) (*vault.Invitation, error) {
	return t.scanInvitation(ctx, t.row(ctx, invitationColumns+` WHERE token_index = ? AND expires_at > ?`, t.invitationIndex(token), micros(t.Now)).Scan)
}

// Invitations lists invitations by time, expired ones included, limit at most.
func (t *Tx) Invitations(ctx context.Context, after vault.Cursor, limit int) (is []*vault.Invitation, err error) {
	if _, err := t.key(ctx, instance); err != nil { // not while rows are open
		return nil, err
	}
	q, args := invitationColumns, []any{}
	if after.ID != "" {
		at := micros(after.At)
		q, args = q+` WHERE created_at > ? OR (created_at = ? AND id > ?)`, append(args, at, at, after.ID)
	}
	err = t.each(ctx, q+` ORDER BY created_at, id LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
		i, err := t.scanInvitation(ctx, rows.Scan)
		is = append(is, i)
		return err
	})
	return is, err
}

// UseInvitation uses a token up for one address. It is one statement: of two that
// come with the same token at once, one is told vault.ErrInvitationNotFound.
func (t *Tx) UseInvitation(ctx context.Context, token, email string) error {
	return t.one(ctx, vault.ErrInvitationNotFound, `DELETE FROM invitations WHERE token_index = ? AND email_index = ? AND expires_at > ?`,
		t.invitationIndex(token), t.emailIndex(email), micros(t.Now))
}

// DeleteInvitation removes one by id, or returns vault.ErrInvitationNotFound.
func (t *Tx) DeleteInvitation(ctx context.Context, id vault.InvitationID) error {
	return t.one(ctx, vault.ErrInvitationNotFound, `DELETE FROM invitations WHERE id = ?`, id)
}

// DropInvitationOf removes what invited an address that has an account by now.
func (t *Tx) DropInvitationOf(ctx context.Context, email string) error {
	_, err := t.exec(ctx, `DELETE FROM invitations WHERE email_index = ?`, t.emailIndex(email))
	return err
}

// DropInvitations removes those that expired before a time, and says how many.
func (t *Tx) DropInvitations(ctx context.Context, before time.Time) (int64, error) {
	return t.exec(ctx, `DELETE FROM invitations WHERE expires_at < ?`, micros(before))
}

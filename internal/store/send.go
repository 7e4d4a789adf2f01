package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"strongroom/internal/vault"
)

type sendRow struct {
	Name      string `json:"n"`
	Notes     string `json:"o,omitempty"`
	Key       string `json:"k"`
	Text      string `json:"t,omitempty"`
	Hidden    bool   `json:"th,omitempty"`
	File      string `json:"f,omitempty"`
	Password  string `json:"p,omitempty"`
	Emails    string `json:"e,omitempty"`
	Disabled  bool   `json:"x,omitempty"`
	HideEmail bool   `json:"h,omitempty"`
	Code      string `json:"c,omitempty"`
	Until     int64  `json:"cu,omitempty"`
	Tries     int    `json:"ct,omitempty"`
	Recipient string `json:"cr,omitempty"`
}

func (t *Tx) sealSend(ctx context.Context, s *vault.Send) (string, error) {
	return t.sealRow(ctx, string(s.Owner), "sends", string(s.ID), sendRow{s.Name, s.Notes, s.Key, s.Text, s.TextHidden, s.FileName, s.PasswordHash.Reveal(), s.Emails, s.Disabled, s.HideEmail,
		s.CodeHash, micros(s.CodeUntil), s.CodeTries, s.CodeRecipient})
}

// InsertSend adds s at revision 1, made now unless it says when.
func (t *Tx) InsertSend(ctx context.Context, s *vault.Send) error {
	s.Revision, s.UpdatedAt = 1, t.Now
	if s.CreatedAt.IsZero() {
		s.CreatedAt = t.Now
	}
	sealed, err := t.sealSend(ctx, s)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO sends (id, user_id, type, auth, state, size, max_accesses, accesses, revision, created_at, updated_at, expires_at, deletes_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Owner, s.Type, s.Auth, s.State, s.Size, s.MaxAccesses, s.Accesses, s.Revision, micros(s.CreatedAt), micros(s.UpdatedAt), micros(s.ExpiresAt), micros(s.DeletesAt), sealed)
	return err
}

// UpdateSend writes all of s but how often it was received, if its revision is
// still the stored one.
func (t *Tx) UpdateSend(ctx context.Context, s *vault.Send) error {
	sealed, err := t.sealSend(ctx, s)
	if err != nil {
		return err
	}
	err = t.one(ctx, vault.ErrSendStale, `UPDATE sends SET auth = ?, state = ?, size = ?, max_accesses = ?, revision = revision + 1, updated_at = ?, expires_at = ?, deletes_at = ?, sealed = ? WHERE user_id = ? AND id = ? AND revision = ?`,
		s.Auth, s.State, s.Size, s.MaxAccesses, micros(t.Now), micros(s.ExpiresAt), micros(s.DeletesAt), sealed, s.Owner, s.ID, s.Revision)
	if err == nil {
		s.Revision, s.UpdatedAt = s.Revision+1, t.Now
	}
	return err
}

// CountAccess counts one more access, if one is left: of two who come for the
// last one, one is vault.ErrSendNotFound.
func (t *Tx) CountAccess(ctx context.Context, id vault.SendID) error {
	return t.one(ctx, vault.ErrSendNotFound, `UPDATE sends SET accesses = accesses + 1, revision = revision + 1, updated_at = ? WHERE id = ? AND (max_accesses = 0 OR accesses < max_accesses)`, micros(t.Now), id)
}

const sendColumns = `SELECT id, user_id, type, auth, state, size, max_accesses, accesses, revision, created_at, updated_at, expires_at, deletes_at, sealed FROM sends`

func scanSend(scan func(...any) error) (*vault.Send, string, error) {
	var s vault.Send
	var created, updated, expires, deletes int64
	var sealed string
	err := scan(&s.ID, &s.Owner, &s.Type, &s.Auth, &s.State, &s.Size, &s.MaxAccesses, &s.Accesses, &s.Revision, &created, &updated, &expires, &deletes, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrSendNotFound
	}
	s.CreatedAt, s.UpdatedAt, s.ExpiresAt, s.DeletesAt = clock(created), clock(updated), clock(expires), clock(deletes)
	return &s, sealed, err
}

func (t *Tx) openSend(ctx context.Context, s *vault.Send, sealed string) error {
	var r sendRow
	if err := t.openRow(ctx, string(s.Owner), "sends", string(s.ID), sealed, &r); err != nil {
		return err
	}
	s.Name, s.Notes, s.Key, s.Text, s.TextHidden, s.FileName, s.PasswordHash = r.Name, r.Notes, r.Key, r.Text, r.Hidden, r.File, vault.NewSecret(r.Password)
	s.Emails, s.Disabled, s.HideEmail, s.CodeHash, s.CodeUntil, s.CodeTries, s.CodeRecipient = r.Emails, r.Disabled, r.HideEmail, r.Code, clock(r.Until), r.Tries, r.Recipient
	return nil
}

// AnySend returns a Send whoever's it is: its id is half of the link that was
// given to the one who asks.
func (t *Tx) AnySend(ctx context.Context, id vault.SendID) (*vault.Send, error) {
	s, sealed, err := scanSend(t.row(ctx, sendColumns+` WHERE id = ?`, id).Scan)
	if err != nil {
		return nil, err
	}
	return s, t.openSend(ctx, s, sealed)
}

// Send returns a person's Send; another person's is vault.ErrSendNotFound.
func (t *Tx) Send(ctx context.Context, u vault.UserID, id vault.SendID) (*vault.Send, error) {
	s, err := t.AnySend(ctx, id)
	if err == nil && s.Owner != u {
		return nil, vault.ErrSendNotFound
	}
	return s, err
}

// Sends lists all of a person's Sends, oldest first.
func (t *Tx) Sends(ctx context.Context, u vault.UserID) ([]*vault.Send, error) {
	return list(ctx, t, sendColumns+` WHERE user_id = ? ORDER BY created_at, id`, []any{u}, scanSend, t.openSend)
}

// DeleteSend removes a person's Send and its file.
func (t *Tx) DeleteSend(ctx context.Context, u vault.UserID, id vault.SendID) error {
	if err := t.doom(ctx, `sends WHERE user_id = ? AND id = ? AND type = 1`, u, id); err != nil {
		return err
	}
	return t.one(ctx, vault.ErrSendNotFound, `DELETE FROM sends WHERE user_id = ? AND id = ?`, u, id)
}

// DueSends lists Sends of anyone whose time to be deleted has come.
func (t *Tx) DueSends(ctx context.Context, now time.Time, limit int) (ss []vault.Send, err error) {
	err = t.each(ctx, `SELECT user_id, id FROM sends WHERE deletes_at <= ? ORDER BY deletes_at LIMIT ?`, []any{micros(now), limit}, func(rows *sql.Rows) error {
		var s vault.Send
		err := rows.Scan(&s.Owner, &s.ID)
		ss = append(ss, s)
		return err
	})
	return ss, err
}

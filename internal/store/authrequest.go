package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type authRequestRow struct {
	PublicKey  string `json:"pub"`
	CodeHash   string `json:"c"`
	Device     string `json:"d"`
	DeviceType int    `json:"dt"`
	Address    string `json:"a,omitempty"`
	Key        string `json:"k,omitempty"`
	Proof      string `json:"h,omitempty"`
}

func (t *Tx) sealAuthRequest(ctx context.Context, a *vault.AuthRequest) (string, error) {
	return t.sealRow(ctx, string(a.User), "auth_requests", string(a.ID), authRequestRow{a.PublicKey, a.CodeHash, a.Device, a.DeviceType, a.Address, a.Key, a.Proof})
}

// InsertAuthRequest adds a request that waits for an answer.
func (t *Tx) InsertAuthRequest(ctx context.Context, a *vault.AuthRequest) error {
	a.CreatedAt, a.ExpiresAt = t.Now, t.Now.Add(vault.AuthRequestLife)
	sealed, err := t.sealAuthRequest(ctx, a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO auth_requests (id, user_id, type, state, created_at, answered_at, expires_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.User, a.Type, a.State, micros(a.CreatedAt), 0, micros(a.ExpiresAt), sealed)
	return err
}

const authRequestColumns = `SELECT id, user_id, type, state, created_at, answered_at, expires_at, sealed FROM auth_requests`

func scanAuthRequest(scan func(...any) error) (*vault.AuthRequest, string, error) {
	var a vault.AuthRequest
	var created, answered, expires int64
	var sealed string
	err := scan(&a.ID, &a.User, &a.Type, &a.State, &created, &answered, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrAuthRequestNotFound
	}
	a.CreatedAt, a.AnsweredAt, a.ExpiresAt = clock(created), clock(answered), clock(expires)
	return &a, sealed, err
}

func (t *Tx) openAuthRequest(ctx context.Context, a *vault.AuthRequest, sealed string) error {
	var r authRequestRow
	if err := t.openRow(ctx, string(a.User), "auth_requests", string(a.ID), sealed, &r); err != nil {
		return err
	}
	a.PublicKey, a.CodeHash, a.Device, a.DeviceType, a.Address, a.Key, a.Proof = r.PublicKey, r.CodeHash, r.Device, r.DeviceType, r.Address, r.Key, r.Proof
	return nil
}

// AuthRequest returns a request that has not expired, whoever's it is: the one
// who asks is not signed in yet, and knows its code.
func (t *Tx) AuthRequest(ctx context.Context, id vault.AuthRequestID) (*vault.AuthRequest, error) {
	a, sealed, err := scanAuthRequest(t.row(ctx, authRequestColumns+` WHERE id = ? AND expires_at > ?`, id, micros(t.Now)).Scan)
	if err != nil {
		return nil, err
	}
	return a, t.openAuthRequest(ctx, a, sealed)
}

// AuthRequests lists a person's requests that have not expired, newest first.
func (t *Tx) AuthRequests(ctx context.Context, u vault.UserID, limit int) ([]*vault.AuthRequest, error) {
	return list(ctx, t, authRequestColumns+` WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id LIMIT ?`, []any{u, micros(t.Now), limit}, scanAuthRequest, t.openAuthRequest)
}

// AnswerAuthRequest writes an answer to a request that still waits for one; of
// two answers at once one is vault.ErrAuthRequestAnswered.
func (t *Tx) AnswerAuthRequest(ctx context.Context, a *vault.AuthRequest) error {
	a.AnsweredAt = t.Now
	sealed, err := t.sealAuthRequest(ctx, a)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrAuthRequestAnswered, `UPDATE auth_requests SET state = ?, answered_at = ?, sealed = ? WHERE id = ? AND state = ?`,
		a.State, micros(a.AnsweredAt), sealed, a.ID, vault.AuthWaiting)
}

// UseAuthRequest removes an approved request, so that it opens one session only.
func (t *Tx) UseAuthRequest(ctx context.Context, id vault.AuthRequestID) error {
	return t.one(ctx, vault.ErrAuthRequestNotFound, `DELETE FROM auth_requests WHERE id = ? AND state = ?`, id, vault.AuthApproved)
}

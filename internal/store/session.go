package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type sessionRow struct {
	Client  string `json:"c,omitempty"`
	Address string `json:"a,omitempty"`
	Half    string `json:"h,omitempty"`
	Named   string `json:"d,omitempty"`
}

// InsertSession adds a session and its first refresh token.
func (t *Tx) InsertSession(ctx context.Context, s *vault.Session, refresh string) error {
	s.CreatedAt, s.LastUsedAt = t.Now, t.Now
	sealed, err := t.sealRow(ctx, string(s.User), "sessions", string(s.ID), sessionRow{s.Client, s.Address, s.Sealed, s.Named})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO sessions (id, user_id, door, epoch, created_at, last_used_at, expires_at, proven_at, device_id, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.User, s.Door, s.Epoch, micros(s.CreatedAt), micros(s.LastUsedAt), micros(s.ExpiresAt), micros(s.ProvenAt), null(s.Device), sealed)
	if err != nil {
		return err
	}
	return t.insertRefresh(ctx, s.ID, refresh)
}

func (t *Tx) insertRefresh(ctx context.Context, id vault.SessionID, refresh string) error {
	_, err := t.exec(ctx, `INSERT INTO refresh_tokens (token_index, session_id, used_at) VALUES (?, ?, 0)`, t.refreshIndex(refresh), id)
	return err
}

func (t *Tx) refreshIndex(token string) string { return t.s.keys.index.Of("refresh", token) }

const sessionFields = `s.id, s.user_id, s.door, s.epoch, s.created_at, s.last_used_at, s.expires_at, s.proven_at, s.device_id, s.sealed`

const sessionColumns = sessionFields + ` FROM sessions s`

func scanSession(scan func(...any) error, more ...any) (*vault.Session, string, error) {
	var s vault.Session
	var created, used, expires, proven int64
	var sealed string
	var device sql.NullString
	err := scan(append([]any{&s.ID, &s.User, &s.Door, &s.Epoch, &created, &used, &expires, &proven, &device, &sealed}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrSessionNotFound
	}
	s.Device, s.CreatedAt, s.LastUsedAt, s.ExpiresAt = vault.DeviceID(device.String), clock(created), clock(used), clock(expires)
	s.ProvenAt = clock(proven)
	return &s, sealed, err
}

func (t *Tx) openSession(ctx context.Context, s *vault.Session, sealed string) error {
	var r sessionRow
	if err := t.openRow(ctx, string(s.User), "sessions", string(s.ID), sealed, &r); err != nil {
		return err
	}
	s.Client, s.Address, s.Sealed, s.Named = r.Client, r.Address, r.Half, r.Named
	return nil
}

// Session returns a session by id, or vault.ErrSessionNotFound.
func (t *Tx) Session(ctx context.Context, id vault.SessionID) (*vault.Session, error) {
	s, sealed, err := scanSession(t.row(ctx, `SELECT `+sessionColumns+` WHERE s.id = ?`, id).Scan)
	if err != nil {
		return nil, err
	}
	return s, t.openSession(ctx, s, sealed)
}

// SessionByRefresh returns the session of a refresh token and whether that token
// was used before; an unknown one is vault.ErrSessionNotFound.
func (t *Tx) SessionByRefresh(ctx context.Context, refresh string) (s *vault.Session, used bool, err error) {
	var id vault.SessionID
	var at int64
	err = t.row(ctx, `SELECT session_id, used_at FROM refresh_tokens WHERE token_index = ?`, t.refreshIndex(refresh)).Scan(&id, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, vault.ErrSessionNotFound
	}
	if err != nil {
		return nil, false, err
	}
	s, err = t.Session(ctx, id)
	return s, at > 0, err
}

// RotateRefresh uses one refresh token up and puts the next in its place. Of two
// that come with the same token one is told false.
func (t *Tx) RotateRefresh(ctx context.Context, s *vault.Session, old, next string) (bool, error) {
	n, err := t.exec(ctx, `UPDATE refresh_tokens SET used_at = ? WHERE token_index = ? AND used_at = 0`, micros(t.Now), t.refreshIndex(old))
	if err != nil || n == 0 {
		return false, err
	}
	if err := t.insertRefresh(ctx, s.ID, next); err != nil {
		return false, err
	}
	s.LastUsedAt = t.Now
	return true, t.one(ctx, vault.ErrSessionNotFound, `UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?`, micros(s.LastUsedAt), micros(s.ExpiresAt), s.ID)
}

// Sessions lists a person's sessions, newest first, limit at most.
func (t *Tx) Sessions(ctx context.Context, u vault.UserID, limit int) ([]*vault.Session, error) {
	return list(ctx, t, `SELECT `+sessionColumns+` WHERE s.user_id = ? AND s.expires_at > ? ORDER BY s.created_at DESC, s.id LIMIT ?`, []any{u, micros(t.Now), limit}, func(scan func(...any) error) (*vault.Session, string, error) { return scanSession(scan) }, t.openSession)
}

// DeleteSession ends one session of a person's, and its half of the key with
// it; another person's is vault.ErrSessionNotFound.
func (t *Tx) DeleteSession(ctx context.Context, u vault.UserID, id vault.SessionID) error {
	return t.one(ctx, vault.ErrSessionNotFound, `DELETE FROM sessions WHERE user_id = ? AND id = ?`, u, id)
}

// UseSession notes that a session's refresh token, which stays, was used.
func (t *Tx) UseSession(ctx context.Context, s *vault.Session) error {
	s.LastUsedAt = t.Now
	return t.one(ctx, vault.ErrSessionNotFound, `UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?`, micros(s.LastUsedAt), micros(s.ExpiresAt), s.ID)
}

// ProveSession notes that who has the session just showed more than its token.
func (t *Tx) ProveSession(ctx context.Context, u vault.UserID, id vault.SessionID) error {
	return t.one(ctx, vault.ErrSessionNotFound, `UPDATE sessions SET proven_at = ? WHERE user_id = ? AND id = ?`, micros(t.Now), u, id)
}

// DeleteDeviceSessions ends all sessions of one device of a person's.
func (t *Tx) DeleteDeviceSessions(ctx context.Context, u vault.UserID, d vault.DeviceID) error {
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE user_id = ? AND device_id = ?`, u, d)
	return err
}

// TrimDeviceSessions ends the oldest sessions of a device until keep are left.
func (t *Tx) TrimDeviceSessions(ctx context.Context, u vault.UserID, d vault.DeviceID, keep int) error {
	var old []vault.SessionID
	err := t.each(ctx, `SELECT id FROM sessions WHERE user_id = ? AND device_id = ? ORDER BY created_at DESC, id`, []any{u, d}, func(rows *sql.Rows) error {
		var id vault.SessionID
		err := rows.Scan(&id)
		old = append(old, id)
		return err
	})
	for n := keep; err == nil && n < len(old); n++ {
		err = t.DeleteSession(ctx, u, old[n])
	}
	return err
}

// DeleteSessions ends all sessions of a person.
func (t *Tx) DeleteSessions(ctx context.Context, u vault.UserID) error {
	_, err := t.exec(ctx, `DELETE FROM sessions WHERE user_id = ?`, u)
	return err
}

// KeepSession ends all sessions of a person's but one, which lives on in the new epoch.
func (t *Tx) KeepSession(ctx context.Context, u vault.UserID, id vault.SessionID, epoch int64) error {
	if _, err := t.exec(ctx, `DELETE FROM sessions WHERE user_id = ? AND id <> ?`, u, id); err != nil {
		return err
	}
	return t.one(ctx, vault.ErrSessionNotFound, `UPDATE sessions SET epoch = ? WHERE user_id = ? AND id = ?`, epoch, u, id)
}

// DeleteExpired removes what ended by time: sessions, their halves of keys, and
// access tokens, requests to log in, remembered devices, codes, old notices. It returns how many.
func (t *Tx) DeleteExpired(ctx context.Context) (int64, error) {
	a, err := t.exec(ctx, `DELETE FROM sessions WHERE expires_at <= ?`, micros(t.Now))
	if err != nil {
		return 0, err
	}
	b, err := t.exec(ctx, `DELETE FROM access_tokens WHERE expires_at > 0 AND expires_at <= ?`, micros(t.Now))
	if err != nil {
		return 0, err
	}
	c, err := t.exec(ctx, `DELETE FROM auth_requests WHERE expires_at <= ?`, micros(t.Now))
	if err != nil {
		return 0, err
	}
	if err := t.ClearThrottles(ctx); err != nil {
		return 0, err
	}
	for _, table := range []string{"remembered_devices", "mail_codes", "spent"} {
		if _, err := t.exec(ctx, `DELETE FROM `+table+` WHERE expires_at <= ?`, micros(t.Now)); err != nil {
			return 0, err
		}
	}
	return a + b + c, t.ClearOutbox(ctx, t.Now.Add(-outboxLife))
}

const sessionAndUser = `SELECT ` + sessionFields + `, u.role, u.state, u.epoch, u.changed_at FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?`

// SessionAndUser returns a session and of its user what says whether the
// session still stands (id, role, state, epoch, time of change): the one read of every request.
func (t *Tx) SessionAndUser(ctx context.Context, id vault.SessionID) (*vault.Session, *vault.User, error) {
	var u vault.User
	var changed int64
	//nolint:sqlclosecheck // a transaction's statement ends with it
	s, sealed, err := scanSession(t.tx.StmtContext(ctx, t.s.caller).QueryRowContext(t.context(ctx), id).Scan,
		&u.Role, &u.State, &u.Epoch, &changed)
	if err != nil {
		return nil, nil, err
	}
	u.ID, u.Changed = s.User, clock(changed)
	return s, &u, t.openSession(ctx, s, sealed)
}

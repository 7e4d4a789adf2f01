package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"strongroom/internal/vault"
)

// userRow is what of an account is sealed.
type userRow struct {
	Email        string `json:"e"`
	Name         string `json:"n,omitempty"`
	PasswordHash string `json:"h"`
	Hint         string `json:"hint,omitempty"`
	Salt         string `json:"s"`
	KDF          [4]int `json:"k"`
	ProtectedKey string `json:"pk"`
	PublicKey    string `json:"pub"`
	PrivateKey   string `json:"prv"`
	Stamp        string `json:"st"`
	UserKeyID    string `json:"kid,omitempty"`

	V2            *vault.AccountV2 `json:"v2,omitempty"`
	EmailVerified bool             `json:"ev,omitempty"`
	Avatar        string           `json:"av,omitempty"`
	Culture       string           `json:"cu,omitempty"`
	APIKey        string           `json:"api,omitempty"`
	Domains       *vault.Domains   `json:"dom,omitempty"`
	Pending       *vault.Pending   `json:"pend,omitempty"`
	Quota         *int64           `json:"q,omitempty"`
}

func (t *Tx) sealUser(ctx context.Context, u *vault.User) (string, error) {
	return t.sealRow(ctx, string(u.ID), "users", string(u.ID), userRow{Email: u.Email, Name: u.Name, PasswordHash: u.PasswordHash.Reveal(), Hint: u.Hint, Salt: u.Salt,
		KDF:          [4]int{u.KDF.Type, u.KDF.Iterations, u.KDF.Memory, u.KDF.Parallelism},
		ProtectedKey: u.ProtectedKey, PublicKey: u.PublicKey, PrivateKey: u.PrivateKey, Stamp: u.Stamp, UserKeyID: u.UserKeyID,
		V2: orNil(u.V2, u.V2 == vault.AccountV2{}), EmailVerified: u.EmailVerified, Avatar: u.Avatar, Culture: u.Culture, APIKey: u.APIKey.Reveal(),
		Domains: orNil(u.Domains, len(u.Domains.Own)+len(u.Domains.Excluded) == 0), Pending: orNil(u.Pending, u.Pending == vault.Pending{}), Quota: u.Quota})
}

func orNil[T any](v T, empty bool) *T {
	if empty {
		return nil
	}
	return &v
}

func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func openUser(u *vault.User, plain []byte) error {
	var r userRow
	if err := json.Unmarshal(plain, &r); err != nil {
		return fmt.Errorf("users %s: %w", u.ID, err)
	}
	u.Email, u.Name, u.PasswordHash, u.Hint, u.Salt = r.Email, r.Name, vault.NewSecret(r.PasswordHash), r.Hint, r.Salt
	u.KDF = vault.KDF{Type: r.KDF[0], Iterations: r.KDF[1], Memory: r.KDF[2], Parallelism: r.KDF[3]}
	u.ProtectedKey, u.PublicKey, u.PrivateKey, u.Stamp, u.UserKeyID = r.ProtectedKey, r.PublicKey, r.PrivateKey, r.Stamp, r.UserKeyID
	u.EmailVerified, u.Avatar, u.Culture, u.APIKey = r.EmailVerified, r.Avatar, r.Culture, vault.NewSecret(r.APIKey)
	u.V2, u.Domains, u.Pending, u.Quota = orZero(r.V2), orZero(r.Domains), orZero(r.Pending), r.Quota
	return nil
}

func (t *Tx) emailIndex(email string) string { return t.s.keys.index.Of("email", email) }

// InsertUser adds an account and its data key, or returns vault.ErrUserTaken.
func (t *Tx) InsertUser(ctx context.Context, u *vault.User) error {
	d, err := t.insertKey(ctx, string(u.ID))
	if err != nil {
		return err
	}
	u.CreatedAt, u.Changed = t.Now, t.Now
	t.s.keys.keep(string(u.ID), d)
	sealed, err := t.sealUser(ctx, u)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO users (id, email_index, role, state, epoch, changed_at, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, t.emailIndex(u.Email), u.Role, u.State, u.Epoch, micros(u.Changed), micros(u.CreatedAt), sealed)
	if err != nil {
		t.s.keys.forget(string(u.ID))
		if t.s.d.unique(err) {
			return vault.ErrUserTaken
		}
	}
	return err
}

const userColumns = `u.id, u.role, u.state, u.epoch, u.changed_at, u.created_at, u.sealed, k.token, k.key_id FROM users u JOIN data_keys k ON k.owner_id = u.id`

// scanUser reads userColumns; the data key comes along, so that a list of
// people needs one statement.
func (t *Tx) scanUser(scan func(...any) error) (*vault.User, error) {
	var u vault.User
	var changed, created int64
	var sealed, token, keyID string
	if err := scan(&u.ID, &u.Role, &u.State, &u.Epoch, &changed, &created, &sealed, &token, &keyID); err != nil {
		return nil, err
	}
	u.Changed, u.CreatedAt = clock(changed), clock(created)
	d, ok := t.s.keys.cached(string(u.ID))
	if !ok {
		var err error
		if d, err = t.s.keys.unwrap(string(u.ID), token, keyID); err != nil {
			return nil, fmt.Errorf("data key of %s: %w", u.ID, err)
		}
	}
	plain, err := open(d, "users", string(u.ID), sealed)
	if err != nil {
		return nil, err
	}
	return &u, openUser(&u, plain)
}

func (t *Tx) user(ctx context.Context, where string, arg any) (*vault.User, error) {
	u, err := t.scanUser(t.row(ctx, `SELECT `+userColumns+where, arg).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, vault.ErrUserNotFound
	}
	return u, err
}

// User returns an account by id, or vault.ErrUserNotFound.
func (t *Tx) User(ctx context.Context, id vault.UserID) (*vault.User, error) {
	return t.user(ctx, ` WHERE u.id = ?`, id)
}

// UserForUpdate is User with the row locked until the transaction ends.
func (t *Tx) UserForUpdate(ctx context.Context, id vault.UserID) (*vault.User, error) {
	if _, err := t.exec(ctx, `UPDATE users SET epoch = epoch WHERE id = ?`, id); err != nil {
		return nil, err
	}
	return t.User(ctx, id)
}

// UserByEmail returns an account by its normalised address, or vault.ErrUserNotFound.
func (t *Tx) UserByEmail(ctx context.Context, email string) (*vault.User, error) {
	return t.user(ctx, ` WHERE u.email_index = ?`, t.emailIndex(email))
}

// Users lists accounts by time of registration, those that f lets through, limit
// at most. An address is found by its index.
func (t *Tx) Users(ctx context.Context, f vault.UserFilter, after vault.Cursor, limit int) (us []*vault.User, err error) {
	q, args := `SELECT `+userColumns+` WHERE 1 = 1`, []any{}
	also := func(cond string, more ...any) { q, args = q+" AND "+cond, append(args, more...) }
	if f.Email != "" {
		also(`u.email_index = ?`, t.emailIndex(f.Email))
	}
	if f.State != nil {
		also(`u.state = ?`, *f.State)
	}
	if f.Role != nil {
		also(`u.role = ?`, *f.Role)
	}
	if after.ID != "" {
		at := micros(after.At)
		also(`(u.created_at > ? OR (u.created_at = ? AND u.id > ?))`, at, at, after.ID)
	}
	err = t.each(ctx, q+` ORDER BY u.created_at, u.id LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
		u, err := t.scanUser(rows.Scan)
		us = append(us, u)
		return err
	})
	return us, err
}

// Usage counts what a person has.
func (t *Tx) Usage(ctx context.Context, id vault.UserID) (u vault.Usage, err error) {
	now := micros(t.Now)
	var used int64
	for _, q := range []struct {
		text string
		args []any
		into []any
	}{
		{`SELECT COUNT(*) FROM items WHERE user_id = ?`, []any{id}, []any{&u.Items}},
		{`SELECT COUNT(*) FROM sends WHERE user_id = ?`, []any{id}, []any{&u.Sends}},
		{`SELECT COUNT(*), COALESCE(MAX(last_used_at), 0) FROM sessions WHERE user_id = ? AND expires_at > ?`, []any{id, now}, []any{&u.Sessions, &used}},
		{`SELECT COUNT(*) FROM access_tokens WHERE user_id = ? AND (expires_at = 0 OR expires_at > ?)`, []any{id, now}, []any{&u.AccessTokens}},
		{`SELECT COUNT(*) FROM attachments WHERE user_id = ?`, []any{id}, []any{&u.Files}},
	} {
		if err := t.row(ctx, q.text, q.args...).Scan(q.into...); err != nil {
			return u, err
		}
	}
	u.LastUsed = clock(used)
	u.Bytes, err = t.StoredBytes(ctx, id)
	return u, err
}

// UpdateUser writes all of u but its creation, or returns vault.ErrUserNotFound.
func (t *Tx) UpdateUser(ctx context.Context, u *vault.User) error {
	sealed, err := t.sealUser(ctx, u)
	if err != nil {
		return err
	}
	err = t.one(ctx, vault.ErrUserNotFound, `UPDATE users SET email_index = ?, role = ?, state = ?, epoch = ?, changed_at = `+later+`, sealed = ? WHERE id = ?`,
		t.emailIndex(u.Email), u.Role, u.State, u.Epoch, micros(t.Now), micros(t.Now), sealed, u.ID)
	if err != nil {
		if t.s.d.unique(err) {
			return vault.ErrUserTaken
		}
		return err
	}
	var changed int64
	err = t.row(ctx, `SELECT changed_at FROM users WHERE id = ?`, u.ID).Scan(&changed)
	u.Changed = clock(changed)
	return err
}

// later is a time of change that no change had before, whatever the clocks of
// nodes say: what was made of a vault at one time of change is as good as the
// vault itself while that time stands in the row.
const later = `CASE WHEN changed_at < ? THEN ? ELSE changed_at + 1 END`

// Touch notes that a sync of u would now show a difference. Every transaction
// that makes one must call it, or UpdateUser.
func (t *Tx) Touch(ctx context.Context, u vault.UserID) error {
	_, err := t.exec(ctx, `UPDATE users SET changed_at = `+later+` WHERE id = ?`, micros(t.Now), micros(t.Now), u)
	return err
}

// DeleteUser removes an account and all that is its own. Its data key goes too,
// so that what a backup still has of it cannot be opened.
func (t *Tx) DeleteUser(ctx context.Context, id vault.UserID) error {
	if err := t.doom(ctx, `sends WHERE user_id = ? AND type = 1`, id); err != nil {
		return err
	}
	if err := t.DeleteItems(ctx, id); err != nil {
		return err
	}
	if err := t.one(ctx, vault.ErrUserNotFound, `DELETE FROM users WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM data_keys WHERE owner_id = ?`, id)
	t.s.keys.forget(string(id))
	return err
}

// CountAdmins counts the active administrators besides one. It locks them, so
// that two who step down at once do not both go.
func (t *Tx) CountAdmins(ctx context.Context, besides vault.UserID) (n int, err error) {
	if _, err = t.exec(ctx, `UPDATE users SET role = role WHERE role = ? AND state = ?`, vault.RoleAdmin, vault.Active); err != nil {
		return 0, err
	}
	err = t.row(ctx, `SELECT COUNT(*) FROM users WHERE role = ? AND state = ? AND id <> ?`, vault.RoleAdmin, vault.Active, besides).Scan(&n)
	return n, err
}

// HasAdmin reports whether there is an active administrator.
func (t *Tx) HasAdmin(ctx context.Context) (bool, error) {
	var n int
	err := t.row(ctx, `SELECT COUNT(*) FROM users WHERE role = ? AND state = ?`, vault.RoleAdmin, vault.Active).Scan(&n)
	return n > 0, err
}

package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type factorRow struct {
	Name    string             `json:"n,omitempty"`
	Number  int                `json:"no,omitempty"`
	Secret  string             `json:"s,omitempty"`
	Email   string             `json:"e,omitempty"`
	NFC     bool               `json:"nfc,omitempty"`
	Key     *vault.PublicKey   `json:"k,omitempty"`
	PRF     bool               `json:"prf,omitempty"`
	Unlocks *vault.PasskeyKeys `json:"u,omitempty"`
}

func (t *Tx) sealFactor(ctx context.Context, f *vault.Factor) (string, error) {
	return t.sealRow(ctx, string(f.User), "factors", string(f.ID), factorRow{f.Name, f.Number, f.Secret.Reveal(), f.Email, f.NFC, orNil(f.Key, f.Key.ID == nil), f.PRF,
		orNil(f.Unlocks, f.Unlocks == vault.PasskeyKeys{})})
}

// InsertFactor adds a factor.
func (t *Tx) InsertFactor(ctx context.Context, f *vault.Factor) error {
	f.CreatedAt = t.Now
	sealed, err := t.sealFactor(ctx, f)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO factors (id, user_id, kind, counter, created_at, last_used_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		f.ID, f.User, f.Kind, f.Counter, micros(f.CreatedAt), micros(f.LastUsedAt), sealed)
	return err
}

// UpdateFactor writes all of f but its kind, counter and creation.
func (t *Tx) UpdateFactor(ctx context.Context, f *vault.Factor) error {
	sealed, err := t.sealFactor(ctx, f)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrFactorNotFound, `UPDATE factors SET last_used_at = ?, sealed = ? WHERE user_id = ? AND id = ?`, micros(f.LastUsedAt), sealed, f.User, f.ID)
}

// AdvanceFactor uses a factor's steps up to and with counter. Of two that come
// with the same one, and of one that comes late, it is vault.ErrSecondWrong.
func (t *Tx) AdvanceFactor(ctx context.Context, f *vault.Factor, counter int64) error {
	err := t.one(ctx, vault.ErrSecondWrong, `UPDATE factors SET counter = ?, last_used_at = ? WHERE user_id = ? AND id = ? AND counter < ?`,
		counter, micros(t.Now), f.User, f.ID, counter)
	if err == nil {
		f.Counter, f.LastUsedAt = counter, t.Now
	}
	return err
}

const factorColumns = `SELECT id, user_id, kind, counter, created_at, last_used_at, sealed FROM factors`

// Factors lists all that a person can show, passkeys and the recovery code too,
// by kind and time.
func (t *Tx) Factors(ctx context.Context, u vault.UserID) ([]*vault.Factor, error) {
	scan := func(scan func(...any) error) (*vault.Factor, string, error) {
		var f vault.Factor
		var created, used int64
		var sealed string
		err := scan(&f.ID, &f.User, &f.Kind, &f.Counter, &created, &used, &sealed)
		f.CreatedAt, f.LastUsedAt = clock(created), clock(used)
		return &f, sealed, err
	}
	return list(ctx, t, factorColumns+` WHERE user_id = ? ORDER BY kind, created_at, id`, []any{u}, scan, t.openFactor)
}

func (t *Tx) openFactor(ctx context.Context, f *vault.Factor, sealed string) error {
	var r factorRow
	if err := t.openRow(ctx, string(f.User), "factors", string(f.ID), sealed, &r); err != nil {
		return err
	}
	f.Name, f.Number, f.Secret, f.Email, f.NFC, f.PRF = r.Name, r.Number, vault.NewSecret(r.Secret), r.Email, r.NFC, r.PRF
	f.Key, f.Unlocks = orZero(r.Key), orZero(r.Unlocks)
	return nil
}

// HasSecond reports whether a person has a second factor.
func (t *Tx) HasSecond(ctx context.Context, u vault.UserID) (bool, error) {
	var n int
	err := t.row(ctx, `SELECT COUNT(*) FROM factors WHERE user_id = ? AND kind <= ?`, u, vault.FactorWebAuthn).Scan(&n)
	return n > 0, err
}

// DeleteFactor removes one factor of a person's; another person's, or one that is
// gone already, is vault.ErrFactorNotFound.
func (t *Tx) DeleteFactor(ctx context.Context, u vault.UserID, id vault.FactorID) error {
	return t.one(ctx, vault.ErrFactorNotFound, `DELETE FROM factors WHERE user_id = ? AND id = ?`, u, id)
}

// DeleteSeconds removes a person's second factors, their recovery code with them;
// passkeys stay.
func (t *Tx) DeleteSeconds(ctx context.Context, u vault.UserID) error {
	_, err := t.exec(ctx, `DELETE FROM factors WHERE user_id = ? AND kind <= ?`, u, vault.FactorRecovery)
	return err
}

// Spend uses a token up that is good for one use until a time; of two uses one is
// vault.ErrSpent.
func (t *Tx) Spend(ctx context.Context, token string, until int64) error {
	_, err := t.exec(ctx, `INSERT INTO spent (token_index, expires_at) VALUES (?, ?)`, t.s.keys.index.Of("spent", token), until)
	if err != nil && t.s.d.unique(err) {
		return vault.ErrSpent
	}
	return err
}

type codeRow struct {
	Hash  string `json:"h"`
	Email string `json:"e"`
}

// PutCode keeps a mailed code in the place of the last one of its purpose.
func (t *Tx) PutCode(ctx context.Context, c *vault.Code) error {
	c.SentAt, c.ExpiresAt = t.Now, t.Now.Add(vault.CodeLife)
	c.ID = vault.NewID[string]()
	sealed, err := t.sealRow(ctx, string(c.User), "mail_codes", c.ID, codeRow{c.Hash, c.Email})
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM mail_codes WHERE user_id = ? AND purpose = ?`, c.User, c.Purpose); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO mail_codes (id, user_id, purpose, tries, created_at, expires_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.User, c.Purpose, c.Tries, micros(c.SentAt), micros(c.ExpiresAt), sealed)
	return err
}

// Code returns the code that waits, or vault.ErrCodeWrong when none does.
func (t *Tx) Code(ctx context.Context, u vault.UserID, p vault.CodePurpose) (*vault.Code, error) {
	c := &vault.Code{User: u, Purpose: p}
	var sent, expires int64
	var sealed string
	err := t.row(ctx, `SELECT id, tries, created_at, expires_at, sealed FROM mail_codes WHERE user_id = ? AND purpose = ? AND expires_at > ?`, u, p, micros(t.Now)).Scan(&c.ID, &c.Tries, &sent, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, vault.ErrCodeWrong
	}
	if err != nil {
		return nil, err
	}
	var r codeRow
	if err := t.openRow(ctx, string(u), "mail_codes", c.ID, sealed, &r); err != nil {
		return nil, err
	}
	c.SentAt, c.ExpiresAt, c.Hash, c.Email = clock(sent), clock(expires), r.Hash, r.Email
	return c, nil
}

// TryCode uses one try of the code that waits and returns it; when none waits, or
// its tries are used up, it is vault.ErrCodeWrong.
func (t *Tx) TryCode(ctx context.Context, u vault.UserID, p vault.CodePurpose) (*vault.Code, error) {
	err := t.one(ctx, vault.ErrCodeWrong, `UPDATE mail_codes SET tries = tries + 1 WHERE user_id = ? AND purpose = ? AND tries < ? AND expires_at > ?`,
		u, p, vault.CodeTries, micros(t.Now))
	if err != nil {
		return nil, err
	}
	return t.Code(ctx, u, p)
}

// DropCode uses a code up; of two uses one is vault.ErrCodeWrong.
func (t *Tx) DropCode(ctx context.Context, c *vault.Code) error {
	return t.one(ctx, vault.ErrCodeWrong, `DELETE FROM mail_codes WHERE user_id = ? AND id = ?`, c.User, c.ID)
}

package store

import (
	"context"
	"database/sql"
	"errors"
)

// putSetting writes one of the instance's own values. Update first, so that no
// database needs its own spelling of "insert or update".
func (t *Tx) putSetting(ctx context.Context, name, value string) error {
	n, err := t.exec(ctx, `UPDATE settings SET value = ? WHERE name = ?`, value, name)
	if err != nil || n > 0 {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO settings (name, value) VALUES (?, ?)`, name, value)
	return err
}

const setupCode = "setup_code"

// SetupCode returns the code that makes the first administrator, or "".
func (t *Tx) SetupCode(ctx context.Context) (string, error) {
	var sealed string
	err := t.row(ctx, `SELECT value FROM settings WHERE name = ?`, setupCode).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain, err := t.unseal(ctx, instance, "settings", setupCode, sealed)
	return string(plain), err
}

// PutSetupCode keeps code as the one that makes the first administrator.
func (t *Tx) PutSetupCode(ctx context.Context, code string) error {
	sealed, err := t.seal(ctx, instance, "settings", setupCode, []byte(code))
	if err != nil {
		return err
	}
	return t.putSetting(ctx, setupCode, sealed)
}

// DropSetupCode uses the code up. It reports whether there was one: of two that
// come at once, one is told so.
func (t *Tx) DropSetupCode(ctx context.Context) (bool, error) {
	n, err := t.exec(ctx, `DELETE FROM settings WHERE name = ?`, setupCode)
	return n > 0, err
}

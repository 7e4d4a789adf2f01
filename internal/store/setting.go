package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"strongroom/internal/vault"
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

// settingTime reads a time that stands in settings, zero for none.
func (t *Tx) settingTime(ctx context.Context, name string) (time.Time, error) {
	var text string
	err := t.row(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	us, err := strconv.ParseInt(text, 10, 64)
	return clock(us), err
}

func (t *Tx) putSettingTime(ctx context.Context, name string, at time.Time) error {
	return t.putSetting(ctx, name, strconv.FormatInt(micros(at), 10))
}

const (
	lastBackup   = "last_backup"   // settings: when the last backup was made,
	lastVerified = "last_verified" // and when the newest that was read back whole was made
)

// Backups are what an instance remembers of its backups; zero times for none.
type Backups struct{ Made, Verified time.Time }

// Backups returns them.
func (s *Store) Backups(ctx context.Context) (b Backups, err error) {
	err = s.Read(ctx, func(t *Tx) (err error) {
		for name, at := range map[string]*time.Time{lastBackup: &b.Made, lastVerified: &b.Verified} {
			if *at, err = t.settingTime(ctx, name); err != nil {
				return err
			}
		}
		return nil
	})
	return b, err
}

// RecordBackup remembers a backup that was made at a time, and with verified that
// it was read back whole. An older one than is known changes nothing.
func (s *Store) RecordBackup(ctx context.Context, made time.Time, verified bool) error {
	return s.Tx(ctx, func(t *Tx) error {
		for name, is := range map[string]bool{lastBackup: true, lastVerified: verified} {
			was, err := t.settingTime(ctx, name)
			if err == nil && is && made.After(was) {
				err = t.putSettingTime(ctx, name, made)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
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

// kept is before the names of settings that administrators set.
const kept = "set/"

type keptRow struct {
	Value string       `json:"v"`
	By    vault.UserID `json:"by"`
	At    int64        `json:"t"`
}

// Kept returns the values that administrators set, by the setting's name.
func (t *Tx) Kept(ctx context.Context) (map[string]vault.Kept, error) {
	k, err := t.key(ctx, instance)
	if err != nil {
		return nil, err
	}
	all := map[string]vault.Kept{}
	err = t.each(ctx, `SELECT name, value FROM settings WHERE name LIKE ?`, []any{kept + "%"}, func(rows *sql.Rows) error {
		var name, sealed string
		if err := rows.Scan(&name, &sealed); err != nil {
			return err
		}
		plain, err := open(k, "settings", name, sealed)
		if err != nil {
			return err
		}
		var r keptRow
		err = json.Unmarshal(plain, &r)
		all[strings.TrimPrefix(name, kept)] = vault.Kept{Value: r.Value, By: r.By, At: clock(r.At)}
		return err
	})
	return all, err
}

// Keep notes what an administrator set.
func (t *Tx) Keep(ctx context.Context, name, value string, by vault.UserID) error {
	sealed, err := t.sealRow(ctx, instance, "settings", kept+name, keptRow{value, by, micros(t.Now)})
	if err != nil {
		return err
	}
	return t.putSetting(ctx, kept+name, sealed)
}

// Unkeep forgets what an administrator set, and says whether there was anything.
func (t *Tx) Unkeep(ctx context.Context, name string) (bool, error) {
	n, err := t.exec(ctx, `DELETE FROM settings WHERE name = ?`, kept+name)
	return n > 0, err
}

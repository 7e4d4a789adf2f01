package store

import (
	"context"
	"database/sql"
	"errors"

	"strongroom/internal/vault"
)

type deviceRow struct {
	Identifier string            `json:"i"`
	Name       string            `json:"n"`
	PushToken  string            `json:"p,omitempty"`
	Keys       *vault.DeviceKeys `json:"k,omitempty"`
}

func (t *Tx) deviceIndex(u vault.UserID, identifier string) string {
	return t.s.keys.index.Of("device", string(u)+"/"+identifier)
}

func (t *Tx) sealDevice(ctx context.Context, d *vault.Device) (string, error) {
	return t.sealRow(ctx, string(d.User), "devices", string(d.ID), deviceRow{d.Identifier, d.Name, d.PushToken, orNil(d.Keys, d.Keys == vault.DeviceKeys{})})
}

// InsertDevice adds a device that its owner does not have yet, made and used now
// unless it says when.
func (t *Tx) InsertDevice(ctx context.Context, d *vault.Device) error {
	if d.CreatedAt.IsZero() {
		d.CreatedAt = t.Now
	}
	if d.LastUsedAt.IsZero() {
		d.LastUsedAt = t.Now
	}
	sealed, err := t.sealDevice(ctx, d)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO devices (id, user_id, identifier_index, type, created_at, last_used_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.User, t.deviceIndex(d.User, d.Identifier), d.Type, micros(d.CreatedAt), micros(d.LastUsedAt), sealed)
	return err
}

// UpdateDevice writes all of d but its creation.
func (t *Tx) UpdateDevice(ctx context.Context, d *vault.Device) error {
	sealed, err := t.sealDevice(ctx, d)
	if err != nil {
		return err
	}
	return t.one(ctx, vault.ErrDeviceNotFound, `UPDATE devices SET type = ?, last_used_at = ?, sealed = ? WHERE user_id = ? AND id = ?`,
		d.Type, micros(d.LastUsedAt), sealed, d.User, d.ID)
}

const deviceColumns = `SELECT id, user_id, type, created_at, last_used_at, sealed FROM devices`

func scanDevice(scan func(...any) error) (*vault.Device, string, error) {
	var d vault.Device
	var created, used int64
	var sealed string
	err := scan(&d.ID, &d.User, &d.Type, &created, &used, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", vault.ErrDeviceNotFound
	}
	d.CreatedAt, d.LastUsedAt = clock(created), clock(used)
	return &d, sealed, err
}

func (t *Tx) openDevice(ctx context.Context, d *vault.Device, sealed string) error {
	var r deviceRow
	if err := t.openRow(ctx, string(d.User), "devices", string(d.ID), sealed, &r); err != nil {
		return err
	}
	d.Identifier, d.Name, d.PushToken, d.Keys = r.Identifier, r.Name, r.PushToken, orZero(r.Keys)
	return nil
}

func (t *Tx) device(ctx context.Context, where string, args ...any) (*vault.Device, error) {
	d, sealed, err := scanDevice(t.row(ctx, deviceColumns+where, args...).Scan)
	if err != nil {
		return nil, err
	}
	return d, t.openDevice(ctx, d, sealed)
}

// Device returns a person's device; another person's is vault.ErrDeviceNotFound.
func (t *Tx) Device(ctx context.Context, u vault.UserID, id vault.DeviceID) (*vault.Device, error) {
	return t.device(ctx, ` WHERE user_id = ? AND id = ?`, u, id)
}

// DeviceNamed returns a person's device by the identifier that it gave itself.
func (t *Tx) DeviceNamed(ctx context.Context, u vault.UserID, identifier string) (*vault.Device, error) {
	return t.device(ctx, ` WHERE user_id = ? AND identifier_index = ?`, u, t.deviceIndex(u, identifier))
}

// Devices lists a person's devices, the one used last first.
func (t *Tx) Devices(ctx context.Context, u vault.UserID) ([]*vault.Device, error) {
	return list(ctx, t, deviceColumns+` WHERE user_id = ? ORDER BY last_used_at DESC, id`, []any{u}, scanDevice, t.openDevice)
}

// DeleteDevice removes a person's device and ends its sessions.
func (t *Tx) DeleteDevice(ctx context.Context, u vault.UserID, id vault.DeviceID) error {
	if err := t.DeleteDeviceSessions(ctx, u, id); err != nil {
		return err
	}
	return t.one(ctx, vault.ErrDeviceNotFound, `DELETE FROM devices WHERE user_id = ? AND id = ?`, u, id)
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"

	"strongroom/internal/vault"
)

var errOfOrganization = errors.New("it belongs to an organization")

// sends reads an account's Sends. One that cannot be read says why.
func (w *Warden) sends(ctx context.Context, id string, v *WardenVault) error {
	if !w.later["sends"] {
		return nil
	}
	q := `SELECT uuid, organization_uuid, name, notes, atype, data, akey, password_hash, password_salt, password_iter, max_access_count, access_count, creation_date, expiration_date,
		deletion_date, disabled, ` + w.column("sends", "hide_email") + ` FROM sends WHERE user_uuid = ? ORDER BY creation_date, uuid`
	return w.f.each(ctx, q, []any{id}, func(rows *sql.Rows) error {
		var id, org, name, notes, kind, data, key, hash, salt, rounds, most, count, created, expires, deletes, off, hide any
		err := rows.Scan(&id, &org, &name, &notes, &kind, &data, &key, &hash, &salt, &rounds, &most, &count, &created, &expires, &deletes, &off, &hide)
		if err != nil {
			return err
		}
		var f form
		s := &vault.MovedSend{Send: &vault.Send{ID: vault.SendID(f.text("uuid", id)), DeletesAt: f.time("deletion_date", deletes), Type: int(f.number("atype", kind, 0)),
			Name: f.text("name", name), Notes: f.text("notes", notes), Key: f.text("akey", key), MaxAccesses: f.number("max_access_count", most, 1), Accesses: f.number("access_count", count, 0),
			CreatedAt: f.time("creation_date", created), ExpiresAt: f.time("expiration_date", expires), Disabled: f.flag("disabled", off), HideEmail: f.flag("hide_email", hide), Auth: vault.SendOpen}}
		if kind == nil {
			f.fail("atype", "number")
		}
		if org != nil && f.bad == nil {
			f.bad = errOfOrganization
		}
		if hash != nil {
			s.Auth = vault.SendByPassword
			s.Proof = vault.MovedProof{Hash: []byte(f.text("password_hash", hash)), Salt: []byte(f.text("password_salt", salt)), Rounds: int(f.number("password_iter", rounds, 1))}
		}
		v.content(s, &f, data)
		s.Bad = f.bad
		v.Move.Sends = append(v.Move.Sends, s)
		return nil
	})
}

// content reads what is sent: a text, or the name of a file and where its bytes lie.
func (v *WardenVault) content(s *vault.MovedSend, f *form, data any) {
	var in struct {
		Text     string `json:"text"`
		Hidden   bool   `json:"hidden"`
		ID       string `json:"id"`
		FileName string `json:"fileName"`
	}
	f.json("data", data, &in)
	if s.Type != vault.SendFile {
		s.Text, s.TextHidden = in.Text, in.Hidden
		return
	}
	s.FileName = in.FileName
	if f.bad == nil && (!fileName(in.ID) || !fileName(string(s.ID))) {
		f.bad = fmt.Errorf("the id %q of its file is no name of a file", in.ID)
		return
	}
	v.SendFiles[s.ID] = path.Join("sends", string(s.ID), in.ID)
}

// devices reads the programs that somebody signed in with. Their tokens stay.
func (w *Warden) devices(ctx context.Context, id string, v *WardenVault) error {
	if !w.later["devices"] {
		return nil
	}
	return w.f.each(ctx, `SELECT uuid, name, atype, created_at, updated_at FROM devices WHERE user_uuid = ? ORDER BY uuid`, []any{id}, func(rows *sql.Rows) error {
		var id, name, kind, created, used any
		if err := rows.Scan(&id, &name, &kind, &created, &used); err != nil {
			return err
		}
		var f form
		d := &vault.Device{Identifier: f.text("uuid", id), Name: f.text("name", name), Type: int(f.number("atype", kind, 0)), CreatedAt: f.time("created_at", created), LastUsedAt: f.time("updated_at", used)}
		if kind == nil {
			f.fail("atype", "number")
		}
		if f.bad != nil {
			v.Leave(vault.LeftDevice, d.Identifier, f.bad)
			return nil
		}
		v.Devices = append(v.Devices, d)
		return nil
	})
}

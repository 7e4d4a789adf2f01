package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// What is known of a Vaultwarden database, and from where, is in
// docs/import-vaultwarden.md. A file is asked for its own columns first.
var (
	wardenTables = map[string][]string{
		"users": {"uuid", "enabled", "verified_at", "email", "name", "password_hash", "salt", "password_iterations", "password_hint", "akey", "private_key", "public_key",
			"equivalent_domains", "excluded_globals", "client_kdf_type", "client_kdf_iter", "api_key"},
		"ciphers": {"uuid", "created_at", "user_uuid", "organization_uuid", "atype", "name", "notes", "fields", "data", "password_history", "deleted_at", "reprompt"},
		"folders": {"uuid", "user_uuid", "name"}, "folders_ciphers": {"cipher_uuid", "folder_uuid"}, "favorites": {"user_uuid", "cipher_uuid"},
		"attachments": {"id", "cipher_uuid", "file_name", "file_size", "akey"}, "twofactor": {"user_uuid", "atype", "enabled", "data"},
		"sends": {"uuid", "user_uuid", "organization_uuid", "name", "notes", "atype", "data", "akey", "password_hash", "password_salt", "password_iter", "max_access_count", "access_count",
			"creation_date", "expiration_date", "deletion_date", "disabled"},
		"devices": {"uuid", "user_uuid", "name", "atype", "created_at", "updated_at"},
	}
	// Tables and columns that came later; an older file has none of what they hold.
	wardenNew   = []string{"sends", "devices"}
	wardenLater = map[string][]string{"users": {"client_kdf_memory", "client_kdf_parallelism", "totp_recover"}, "ciphers": {"key"}, "sends": {"hide_email"}}
)

// Warden is the SQLite database of a Vaultwarden. It is only ever read.
type Warden struct {
	f     *Foreign
	later map[string]bool // table, or table.column
}

// WardenVault is one of its accounts. Files and SendFiles are where the bytes of
// attachments and of Sends lie, below its folder of data.
type WardenVault struct {
	vault.Move
	Unfinished bool // invited, and never set up
	Files      map[vault.AttachmentID]string
	SendFiles  map[vault.SendID]string
}

// OpenWarden opens a database file, or says which table or column it lacks.
func OpenWarden(ctx context.Context, file string) (*Warden, error) {
	f, err := OpenForeign(ctx, Source{Kind: "sqlite", Path: file})
	if err != nil {
		return nil, err
	}
	w := &Warden{f: f, later: map[string]bool{}}
	if err := w.check(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is not a Vaultwarden database that can be read: %w", file, err), f.Close())
	}
	return w, nil
}

// Close ends all connections.
func (w *Warden) Close() error { return w.f.Close() }

func (w *Warden) check(ctx context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(wardenTables)) {
		have, err := w.columns(ctx, table)
		if err != nil {
			return err
		}
		if len(have) == 0 && slices.Contains(wardenNew, table) {
			continue
		}
		if w.later[table] = true; len(have) == 0 {
			return fmt.Errorf("it has no table %s", table)
		}
		for _, c := range wardenTables[table] {
			if !slices.Contains(have, c) {
				return fmt.Errorf("its table %s has no column %s", table, c)
			}
		}
		for _, c := range wardenLater[table] {
			w.later[table+"."+c] = slices.Contains(have, c)
		}
	}
	return nil
}

func (w *Warden) columns(ctx context.Context, table string) (names []string, err error) {
	err = w.f.each(ctx, `SELECT name FROM pragma_table_info(?)`, []any{table}, func(rows *sql.Rows) error {
		var n string
		err := rows.Scan(&n)
		names = append(names, n)
		return err
	})
	return names, err
}

// column is a later column, or NULL where the file has none.
func (w *Warden) column(table, name string) string {
	if w.later[table+"."+name] {
		return name
	}
	return "NULL"
}

// Counts is how many accounts there are, and how many items belong to organizations.
func (w *Warden) Counts(ctx context.Context) (users, shared int64, err error) {
	if err = w.f.s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM users`).Scan(&users); err == nil {
		err = w.f.s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM ciphers WHERE organization_uuid IS NOT NULL`).Scan(&shared)
	}
	return users, shared, err
}

// Vaults hands every account to use, whole, in the order of their ids. bad is why
// one cannot be read; what the database itself cannot give ends all.
func (w *Warden) Vaults(ctx context.Context, use func(v *WardenVault, bad error) error) error {
	var ids []string
	err := w.f.each(ctx, `SELECT uuid FROM users ORDER BY uuid`, nil, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		v, bad, err := w.vault(ctx, id)
		if err != nil {
			return err
		}
		if err := use(v, bad); err != nil {
			return err
		}
	}
	return nil
}

func (w *Warden) vault(ctx context.Context, id string) (v *WardenVault, bad, err error) {
	v = &WardenVault{Files: map[vault.AttachmentID]string{}, SendFiles: map[vault.SendID]string{}}
	if bad, err = w.user(ctx, id, v); err != nil || bad != nil || v.Unfinished {
		return v, bad, err
	}
	for _, read := range []func(context.Context, string, *WardenVault) (error, error){w.folders, w.items, w.files} {
		if bad, err = read(ctx, id, v); err != nil || bad != nil {
			return v, bad, err
		}
	}
	for _, read := range []func(context.Context, string, *WardenVault) error{w.factors, w.sends, w.devices} {
		if err = read(ctx, id, v); err != nil {
			return v, nil, err
		}
	}
	return v, nil, nil
}

func (w *Warden) user(ctx context.Context, id string, v *WardenVault) (bad, err error) {
	var enabled bool
	var verified any
	var hint, private, public, own, excluded, api sql.NullString
	var memory, lanes sql.NullInt64
	err = w.f.s.read.QueryRowContext(ctx, `SELECT uuid, enabled, verified_at, email, name, password_hash, salt, password_iterations, password_hint, akey, private_key, public_key,
		equivalent_domains, excluded_globals, client_kdf_type, client_kdf_iter, `+w.column("users", "client_kdf_memory")+`, `+w.column("users", "client_kdf_parallelism")+`, api_key
		FROM users WHERE uuid = ?`, id).Scan(&v.ID, &enabled, &verified, &v.Email, &v.Name, &v.Proof.Hash, &v.Proof.Salt, &v.Proof.Rounds, &hint, &v.ProtectedKey, &private, &public,
		&own, &excluded, &v.KDF.Type, &v.KDF.Iterations, &memory, &lanes, &api)
	if err != nil {
		return nil, err
	}
	v.Email, v.Hint, v.PrivateKey, v.PublicKey, v.APIKey = strings.ToLower(v.Email), hint.String, private.String, public.String, api.String
	v.KDF.Memory, v.KDF.Parallelism, v.EmailVerified = int(memory.Int64), int(lanes.Int64), verified != nil
	if v.KDF.Type == 0 {
		v.KDF.Memory, v.KDF.Parallelism = 0, 0
	}
	if !enabled {
		v.State = vault.Suspended
	}
	v.Unfinished = v.ProtectedKey == ""
	return orElse(wardenJSON("equivalent_domains", own.String, &v.Domains.Own), wardenJSON("excluded_globals", excluded.String, &v.Domains.Excluded)), nil
}

func (w *Warden) folders(ctx context.Context, id string, v *WardenVault) (bad, err error) {
	return nil, w.f.each(ctx, `SELECT uuid, name FROM folders WHERE user_uuid = ? ORDER BY uuid`, []any{id}, func(rows *sql.Rows) error {
		f := &vault.Folder{Owner: v.ID}
		v.Folders = append(v.Folders, f)
		return rows.Scan(&f.ID, &f.Name)
	})
}

func (w *Warden) items(ctx context.Context, id string, v *WardenVault) (bad, err error) {
	q := `SELECT uuid, created_at, atype, name, notes, fields, data, password_history, deleted_at, reprompt, ` + w.column("ciphers", "key") + `,
		(SELECT x.folder_uuid FROM folders_ciphers x JOIN folders f ON f.uuid = x.folder_uuid WHERE x.cipher_uuid = c.uuid AND f.user_uuid = c.user_uuid LIMIT 1),
		EXISTS (SELECT 1 FROM favorites x WHERE x.cipher_uuid = c.uuid AND x.user_uuid = c.user_uuid)
		FROM ciphers c WHERE user_uuid = ? AND organization_uuid IS NULL ORDER BY created_at, uuid`
	err = w.f.each(ctx, q, []any{id}, func(rows *sql.Rows) error {
		i := &vault.Item{Owner: v.ID}
		var created, deleted any
		var c wardenContent
		var reprompt sql.NullInt64
		var folder sql.NullString
		if err := rows.Scan(&i.ID, &created, &i.Type, &c.name, &c.notes, &c.fields, &c.data, &c.history, &deleted, &reprompt, &c.key, &folder, &i.Favorite); err != nil {
			return err
		}
		i.Folder, i.Reprompt = vault.FolderID(folder.String), reprompt.Int64 == 1
		if i.CreatedAt, bad = wardenTime("created_at", created); bad == nil {
			if i.DeletedAt, bad = wardenTime("deleted_at", deleted); bad == nil {
				i.Data, bad = c.content(i.Type)
			}
		}
		v.Items = append(v.Items, i)
		if bad != nil {
			bad = fmt.Errorf("item %s: %w", i.ID, bad)
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return bad, err
}

var errStop = errors.New("no more rows are wanted")

func (w *Warden) files(ctx context.Context, id string, v *WardenVault) (bad, err error) {
	items := map[vault.ItemID]*vault.Item{}
	for _, i := range v.Items {
		items[i.ID] = i
	}
	err = w.f.each(ctx, `SELECT a.id, a.cipher_uuid, a.file_name, a.file_size, a.akey FROM attachments a JOIN ciphers c ON c.uuid = a.cipher_uuid
		WHERE c.user_uuid = ? AND c.organization_uuid IS NULL ORDER BY a.cipher_uuid, a.id`, []any{id}, func(rows *sql.Rows) error {
		a := &vault.Attachment{Owner: v.ID, State: vault.FileStored}
		var old string
		var key sql.NullString
		if err := rows.Scan(&old, &a.Item, &a.Name, &a.Size, &key); err != nil {
			return err
		}
		if !fileName(old) || !fileName(string(a.Item)) {
			bad = fmt.Errorf("item %q: the id %q of its attachment is no name of a file", a.Item, old)
			return errStop
		}
		a.ID, a.Key = vault.DerivedID[vault.AttachmentID]("vaultwarden attachment", string(a.Item), old), key.String
		v.Files[a.ID] = path.Join("attachments", string(a.Item), old)
		items[a.Item].Attachments = append(items[a.Item].Attachments, a)
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return bad, err
}

// fileName is whether an id names a file and nothing above or below it.
func fileName(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.ContainsAny(id, "/\\\x00")
}

// wardenTime reads a time as SQLite's driver hands it over.
func wardenTime(column string, v any) (time.Time, error) {
	switch t := v.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		return t.UTC(), nil
	case string:
		for _, layout := range []string{"2006-01-02 15:04:05.999999999", time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if at, err := time.Parse(layout, t); err == nil {
				return at.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("column %s holds no time", column)
}

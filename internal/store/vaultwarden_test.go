package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/store"
)

// wardenFile is a database as a Vaultwarden's, with one account u and what exec adds.
func wardenFile(t *testing.T) (file string, exec func(q string, args ...any)) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "db.sqlite3")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec = func(q string, args ...any) {
		t.Helper()
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for _, q := range []string{
		`CREATE TABLE users (uuid, enabled, verified_at, email, name, password_hash, salt, password_iterations, password_hint, akey, private_key, public_key, equivalent_domains, excluded_globals,
			client_kdf_type, client_kdf_iter, api_key, totp_recover)`,
		`CREATE TABLE ciphers (uuid, created_at, user_uuid, organization_uuid, atype, name, notes, fields, data, password_history, deleted_at, reprompt)`,
		`CREATE TABLE folders (uuid, user_uuid, name)`, `CREATE TABLE folders_ciphers (cipher_uuid, folder_uuid)`, `CREATE TABLE favorites (user_uuid, cipher_uuid)`,
		`CREATE TABLE attachments (id, cipher_uuid, file_name, file_size, akey)`, `CREATE TABLE twofactor (uuid, user_uuid, atype, enabled BOOLEAN, data)`,
		`INSERT INTO users VALUES ('u', 1, NULL, 'a@example.com', 'A', x'00', x'00', 1, NULL, 'key', NULL, NULL, '[]', '[]', 0, 1, NULL, NULL)`,
	} {
		exec(q)
	}
	return file, exec
}

// readWarden is the one account of file.
func readWarden(t *testing.T, file string) (v *store.WardenVault, bad error) {
	t.Helper()
	w, err := store.OpenWarden(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Vaults(t.Context(), func(one *store.WardenVault, why error) error { v, bad = one, why; return nil }); err != nil {
		t.Fatal(err)
	}
	return v, bad
}

// TestAttachmentIDIsNoPath: an attachment whose id would name anything but a file of
// its item's folder is refused with its account.
func TestAttachmentIDIsNoPath(t *testing.T) {
	file, exec := wardenFile(t)
	exec(`INSERT INTO ciphers VALUES ('c', '2024-01-02 03:04:05', 'u', NULL, 2, 'name', NULL, NULL, '{"type":0}', NULL, NULL, 0)`)
	exec(`INSERT INTO attachments VALUES ('', 'c', 'name', 1, 'key')`)
	for id, ok := range map[string]bool{"0123abc": true, "": false, ".": false, "..": false, "../../rsa_key.pem": false, `..\x`: false, "a\x00b": false} {
		exec(`UPDATE attachments SET id = ?`, id)
		v, bad := readWarden(t, file)
		if (bad == nil) != ok || (len(v.Files) == 1) != ok || !ok && !strings.Contains(bad.Error(), "no name of a file") {
			t.Errorf("%q: %v, with %v", id, bad, v.Files)
		}
	}
}

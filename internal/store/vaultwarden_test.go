package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/store"
)

// TestAttachmentIDIsNoPath: an attachment whose id would name anything but a file of
// its item's folder is refused with its account.
func TestAttachmentIDIsNoPath(t *testing.T) {
	file := filepath.Join(t.TempDir(), "db.sqlite3")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for _, q := range []string{
		`CREATE TABLE users (uuid, enabled, verified_at, email, name, password_hash, salt, password_iterations, password_hint, akey, private_key, public_key, equivalent_domains, excluded_globals,
			client_kdf_type, client_kdf_iter, api_key)`,
		`CREATE TABLE ciphers (uuid, created_at, user_uuid, organization_uuid, atype, name, notes, fields, data, password_history, deleted_at, reprompt)`,
		`CREATE TABLE folders (uuid, user_uuid, name)`, `CREATE TABLE folders_ciphers (cipher_uuid, folder_uuid)`, `CREATE TABLE favorites (user_uuid, cipher_uuid)`,
		`CREATE TABLE attachments (id, cipher_uuid, file_name, file_size, akey)`, `CREATE TABLE twofactor (user_uuid)`, `CREATE TABLE sends (user_uuid)`,
		`INSERT INTO users VALUES ('u', 1, NULL, 'a@example.com', 'A', x'00', x'00', 1, NULL, 'key', NULL, NULL, '[]', '[]', 0, 1, NULL)`,
		`INSERT INTO ciphers VALUES ('c', '2024-01-02 03:04:05', 'u', NULL, 2, 'name', NULL, NULL, '{"type":0}', NULL, NULL, 0)`,
		`INSERT INTO attachments VALUES ('', 'c', 'name', 1, 'key')`,
	} {
		exec(q)
	}
	for id, ok := range map[string]bool{"0123abc": true, "": false, ".": false, "..": false, "../../rsa_key.pem": false, `..\x`: false, "a\x00b": false} {
		exec(`UPDATE attachments SET id = ?`, id)
		w, err := store.OpenWarden(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Vaults(t.Context(), func(v *store.WardenVault, bad error) error {
			if (bad == nil) != ok || (len(v.Files) == 1) != ok || !ok && !strings.Contains(bad.Error(), "no name of a file") {
				t.Errorf("%q: %v, with %v", id, bad, v.Files)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%q: %v", id, err)
		}
		w.Close()
	}
}

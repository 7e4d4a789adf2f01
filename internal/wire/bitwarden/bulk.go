package bitwarden

import (
	"context"
	"encoding/json"
	"time"

	"strongroom/internal/core/item"
	"strongroom/internal/spread"
	"strongroom/internal/vault"
)

func (d *Door) bulkRoutes() {
	d.row(vault.WriteVault, d.one(item.Remove, false), "DELETE /api/ciphers/{id}", "POST /api/ciphers/{id}/delete")
	d.row(vault.WriteVault, d.one(item.ToTrash, false), "PUT /api/ciphers/{id}/delete")
	d.row(vault.WriteVault, d.one(item.FromTrash, true), "PUT /api/ciphers/{id}/restore")
	d.row(vault.WriteVault, d.one(item.Archive, true), "PUT /api/ciphers/{id}/archive")
	d.row(vault.WriteVault, d.one(item.Unarch, true), "PUT /api/ciphers/{id}/unarchive")
	d.row(vault.WriteVault, d.many(item.Remove, false), "DELETE /api/ciphers", "POST /api/ciphers/delete")
	d.row(vault.WriteVault, d.many(item.ToTrash, false), "PUT /api/ciphers/delete")
	d.row(vault.WriteVault, d.many(item.FromTrash, true), "PUT /api/ciphers/restore")
	d.row(vault.WriteVault, d.many(item.Archive, true), "PUT /api/ciphers/archive")
	d.row(vault.WriteVault, d.many(item.Unarch, true), "PUT /api/ciphers/unarchive")
	d.row(vault.WriteVault, d.move, "PUT /api/ciphers/move", "POST /api/ciphers/move")
	d.row(vault.ManageSelf, d.purge, "POST /api/ciphers/purge")
	d.row(vault.ManageSelf, d.importItems, "POST /api/ciphers/import")
	d.large(1, maxImport)
	d.row(vault.ReadVault, func(context.Context, vault.Caller, *request) (any, error) { return false, nil }, "GET /api/ciphers/has-unassigned-ciphers")
}

// one acts on the item that the path names, and answers with it if show.
func (d *Door) one(act item.Act, show bool) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		items, err := d.Items.Do(ctx, c, []vault.ItemID{vault.ItemID(r.param("id"))}, act)
		if err != nil || !show {
			return nil, err
		}
		return d.cipher(items[0]), nil
	}
}

type idsIn struct {
	IDs    []vault.ItemID `json:"ids"`
	Org    *string        `json:"organizationId"`
	Folder *string        `json:"folderId"`
}

func (r *request) ids() (idsIn, error) {
	var in idsIn
	err := r.read(&in)
	if err == nil && deref(in.Org) != "" {
		err = errNoOrg
	}
	return in, err
}

// many acts on the items that the body names.
func (d *Door) many(act item.Act, show bool) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		in, err := r.ids()
		if err != nil {
			return nil, err
		}
		items, err := d.Items.Do(ctx, c, in.IDs, act)
		if err != nil || !show {
			return nil, err
		}
		b := []byte(`{"object":"list","data":[`)
		for n, i := range items {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendCipher(b, i, arrived(i.Attachments))
		}
		return raw(append(b, `],"continuationToken":null}`...)), nil
	}
}

func (d *Door) move(ctx context.Context, c vault.Caller, r *request) (any, error) {
	in, err := r.ids()
	if err != nil {
		return nil, err
	}
	folder := vault.FolderID(deref(in.Folder))
	if folder != "" && !vault.ValidID(folder) {
		return nil, vault.ErrFolderNotFound
	}
	_, err = d.Items.Do(ctx, c, in.IDs, item.Into(folder))
	return nil, err
}

func (d *Door) purge(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if r.URL.Query().Get("organizationId") != "" {
		return nil, errNoOrg
	}
	if err := d.prove(ctx, c, r, nil); err != nil {
		return nil, err
	}
	return nil, d.Items.Purge(ctx, c)
}

type importIn struct {
	Folders []struct {
		ID   *string `json:"id"`
		Name string  `json:"name"`
	} `json:"folders"`
	Items     []json.RawMessage `json:"ciphers"`
	Relations []struct {
		Item   int `json:"key"`
		Folder int `json:"value"`
	} `json:"folderRelationships"`
}

// items decodes the items of an import, on all processors, and gathers who is
// said to have made them.
func (in *importIn) items(now time.Time) ([]*vault.Item, map[vault.Maker]bool, error) {
	decoded := make([]cipherIn, len(in.Items))
	items := make([]*vault.Item, len(in.Items))
	err := spread.Over(len(items), func(n int) error {
		if err := decoded[n].UnmarshalJSON(in.Items[n]); err != nil { // valid, as a part of the request
			return undecodable(err)
		}
		items[n] = &vault.Item{}
		decoded[n].fill(items[n], now)
		items[n].Folder = ""
		return decoded[n].personal()
	})
	makers := map[vault.Maker]bool{}
	for n := range decoded {
		makers[decoded[n].Maker] = true
	}
	return items, makers, err
}

// importItems keeps a whole vault. A folder that the caller has already is used
// as it is; every other gets an id of the server's.
func (d *Door) importItems(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in importIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	have, err := d.Items.Folders(ctx, c)
	if err != nil {
		return nil, err
	}
	own := map[vault.FolderID]bool{}
	for _, f := range have {
		own[f.ID] = true
	}
	folders := make([]*vault.Folder, len(in.Folders))
	for n, f := range in.Folders {
		id := vault.FolderID(deref(f.ID))
		if !own[id] {
			id = vault.NewID[vault.FolderID]()
		}
		folders[n] = &vault.Folder{ID: id, Name: f.Name}
	}
	items, makers, err := in.items(d.Now())
	if err != nil {
		return nil, err
	}
	for by := range makers {
		if err := d.Items.Made(ctx, c, by); err != nil {
			return nil, err
		}
	}
	for _, rel := range in.Relations {
		if rel.Item < 0 || rel.Item >= len(items) || rel.Folder < 0 || rel.Folder >= len(folders) {
			return nil, vault.ErrItemInvalid.At("folderRelationships", "names an item or folder that is not in the request")
		}
		items[rel.Item].Folder = folders[rel.Folder].ID
	}
	return nil, d.Items.Import(ctx, c, folders, items)
}

package bitwarden

import (
	"context"

	"strongroom/internal/vault"
)

func (d *Door) folderRoutes() {
	d.row(vault.ReadVault, d.folders, "GET /api/folders")
	d.row(vault.ReadVault, d.folder, "GET /api/folders/{id}")
	d.row(vault.ManageSelf, d.addFolder, "POST /api/folders")
	d.row(vault.ManageSelf, d.editFolder, "PUT /api/folders/{id}", "POST /api/folders/{id}")
	d.row(vault.ManageSelf, d.dropFolders, "DELETE /api/folders/all")
	d.row(vault.ManageSelf, d.dropFolder, "DELETE /api/folders/{id}", "POST /api/folders/{id}/delete")
}

type folderJSON struct {
	ID       vault.FolderID `json:"id"`
	Name     string         `json:"name"`
	Revision string         `json:"revisionDate"`
	Object   string         `json:"object"`
}

func folderOf(f *vault.Folder) folderJSON {
	return folderJSON{f.ID, f.Name, when(f.UpdatedAt), "folder"}
}

func foldersOf(fs []*vault.Folder) []folderJSON {
	out := make([]folderJSON, len(fs))
	for n, f := range fs {
		out[n] = folderOf(f)
	}
	return out
}

func (d *Door) folders(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	fs, err := d.Items.Folders(ctx, c)
	return list(foldersOf(fs)), err
}

func (d *Door) folder(ctx context.Context, c vault.Caller, r *request) (any, error) {
	f, err := d.Items.Folder(ctx, c, vault.FolderID(r.param("id")))
	if err != nil {
		return nil, err
	}
	return folderOf(f), nil
}

func (r *request) name() (string, error) {
	var in struct {
		Name string `json:"name"`
	}
	err := r.read(&in)
	return in.Name, err
}

func (d *Door) addFolder(ctx context.Context, c vault.Caller, r *request) (any, error) {
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	f := &vault.Folder{Name: name}
	if err := d.Items.AddFolder(ctx, c, f); err != nil {
		return nil, err
	}
	return folderOf(f), nil
}

func (d *Door) editFolder(ctx context.Context, c vault.Caller, r *request) (any, error) {
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	f, err := d.Items.RenameFolder(ctx, c, vault.FolderID(r.param("id")), name)
	if err != nil {
		return nil, err
	}
	return folderOf(f), nil
}

func (d *Door) dropFolder(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return nil, d.Items.DeleteFolder(ctx, c, vault.FolderID(r.param("id")))
}

func (d *Door) dropFolders(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	return nil, d.Items.DeleteFolders(ctx, c)
}

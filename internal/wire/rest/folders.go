package rest

import (
	"context"
	"time"

	"strongroom/internal/core/unlock"
	"strongroom/internal/vault"
)

type folderJSON struct {
	ID        vault.FolderID `json:"id" format:"uuid" example:"f3c5f3c5-0000-4000-8000-000000000001"`
	Name      string         `json:"name" example:"Work"`
	Revision  int64          `json:"revision" example:"1"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

type folderBody struct {
	Name string `json:"name" minLength:"1" maxLength:"650" example:"Work"`
}

type (
	folderOut  struct{ Body folderJSON }
	foldersOut struct{ Body []folderJSON }
	addFolder  struct{ Body folderBody }
	// FolderIn names a folder; see ItemIn.
	FolderIn struct {
		ID vault.FolderID `path:"id" maxLength:"64" doc:"The id of one of your folders"`
	}
	renameIn struct {
		FolderIn
		Body folderBody
	}
)

func fromFolder(f *unlock.Folder) folderJSON {
	return folderJSON{f.ID, f.Name, f.Revision, f.CreatedAt, f.UpdatedAt}
}

func folder(f *unlock.Folder, err error) (*folderOut, error) {
	if err != nil {
		return nil, err
	}
	return &folderOut{fromFolder(f)}, nil
}

func (d *Door) folderRoutes() {
	example := folderJSON{"f3c5f3c5-0000-4000-8000-000000000001", "Work", 1, exampleUser.CreatedAt, exampleUser.CreatedAt}
	in := map[string]any{"name": "Work"}
	register(d, route{method: "GET", path: "/folders", id: "list-folders", tag: "Folders", needs: vault.ReadVault, status: 200, errors: []int{403},
		summary: "List your folders", detail: "All of them, in the order they were made: one person has 2,000 at most.", out: []folderJSON{example}},
		func(ctx context.Context, c vault.Caller, _ *struct{}) (*foldersOut, error) {
			fs, err := d.Unlock.Folders(ctx, c)
			out := &foldersOut{Body: []folderJSON{}}
			for n := range fs {
				out.Body = append(out.Body, fromFolder(&fs[n]))
			}
			return out, err
		})
	register(d, route{method: "POST", path: "/folders", id: "add-folder", tag: "Folders", needs: vault.ManageSelf, status: 201, errors: []int{403},
		summary: "Make a folder", in: in, out: example},
		func(ctx context.Context, c vault.Caller, in *addFolder) (*folderOut, error) {
			return folder(d.Unlock.AddFolder(ctx, c, in.Body.Name))
		})
	register(d, route{method: "PATCH", path: "/folders/{id}", id: "rename-folder", tag: "Folders", needs: vault.ManageSelf, status: 200, errors: []int{403, 404, 412},
		summary: "Rename a folder", in: in, out: example},
		func(ctx context.Context, c vault.Caller, in *renameIn) (*folderOut, error) {
			return folder(d.Unlock.RenameFolder(ctx, c, in.ID, in.Body.Name))
		})
	register(d, route{method: "DELETE", path: "/folders/{id}", id: "delete-folder", tag: "Folders", needs: vault.ManageSelf, status: 200, errors: []int{403, 404},
		summary: "Delete a folder", detail: "The items in it stay, in no folder.", out: map[string]any{"detail": "The folder was deleted; its items were kept."}},
		func(ctx context.Context, c vault.Caller, in *FolderIn) (*detailOut, error) {
			return detail("The folder was deleted; its items were kept."), d.Items.DeleteFolder(ctx, c, in.ID)
		})
}

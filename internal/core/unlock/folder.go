package unlock

import (
	"context"
	"strings"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Folder is a folder with its name opened. Unreadable says that it could not be.
type Folder struct {
	vault.Folder
	Unreadable bool
}

// Folders lists the caller's folders with their names.
func (s *Service) Folders(ctx context.Context, c vault.Caller) ([]Folder, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	return s.folders(ctx, c, user)
}

func (s *Service) folders(ctx context.Context, c vault.Caller, user keyring.SymKey) ([]Folder, error) {
	fs, err := s.Items.Folders(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]Folder, len(fs))
	for n, f := range fs {
		out[n].Folder = *f
		name, err := user.Decrypt(f.Name)
		out[n].Name, out[n].Unreadable = string(name), err != nil
	}
	return out, nil
}

// folder turns the id or the name of one of the caller's folders into its id.
func (s *Service) folder(ctx context.Context, c vault.Caller, user keyring.SymKey, name, path string) (vault.FolderID, error) {
	if name == "" || vault.ValidID(name) {
		return vault.FolderID(name), nil
	}
	fs, err := s.folders(ctx, c, user)
	if err != nil {
		return "", err
	}
	for _, f := range fs {
		if f.Name == name && !f.Unreadable {
			return f.ID, nil
		}
	}
	return "", vault.ErrItemInvalid.At(path, "is neither the id nor the name of one of your folders")
}

func checkFolderName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", vault.ErrFolderInvalid.At("name", "is required")
	}
	return name, vault.CheckLine(vault.ErrFolderInvalid, "name", name, maxFolder)
}

// AddFolder keeps a new folder.
func (s *Service) AddFolder(ctx context.Context, c vault.Caller, name string) (*Folder, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	if name, err = checkFolderName(name); err != nil {
		return nil, err
	}
	f := vault.Folder{Name: user.EncryptString(name)}
	if err := s.Items.AddFolder(ctx, c, &f); err != nil {
		return nil, err
	}
	f.Name = name
	return &Folder{Folder: f}, nil
}

// RenameFolder gives a folder another name.
func (s *Service) RenameFolder(ctx context.Context, c vault.Caller, id vault.FolderID, name string) (*Folder, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	if name, err = checkFolderName(name); err != nil {
		return nil, err
	}
	f, err := s.Items.RenameFolder(ctx, c, id, user.EncryptString(name))
	if err != nil {
		return nil, err
	}
	f.Name = name
	return &Folder{Folder: *f}, nil
}

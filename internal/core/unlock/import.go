package unlock

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"strongroom/internal/fault"
	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Row is one item of an import. Folder is a name (made when there is none) or an id.
type Row struct {
	Password
	Folder string
}

var errImport = fault.New(fault.Invalid, "import-invalid", "Nothing was imported: some rows cannot be saved.")

// maxBadRows is how many faulty rows an answer lists.
const maxBadRows = 1_000

// Import keeps many login items, all or none. at names row n for the reader
// ("items[3]", "row 5"); every faulty row is listed.
func (s *Service) Import(ctx context.Context, c vault.Caller, rows []Row, at func(n int) string) ([]vault.ItemID, error) {
	user, err := s.join(c)
	if err != nil {
		return nil, err
	}
	if err := c.Must(vault.WriteVault); err != nil {
		return nil, err
	}
	if len(rows) > vault.MaxImport {
		return nil, vault.ErrImportSize
	}
	if err := checkRows(rows, at); err != nil {
		return nil, err
	}
	folders, err := s.importFolders(ctx, c, user, rows)
	if err != nil {
		return nil, err
	}
	items, err := s.sealRows(user, rows)
	if err != nil {
		return nil, err
	}
	if err := s.Items.Import(ctx, c, folders, items); err != nil {
		return nil, err
	}
	ids := make([]vault.ItemID, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return ids, nil
}

func checkRows(rows []Row, at func(int) string) error {
	bad := errImport
	for n := range rows {
		err := rows[n].check(at(n) + ".")
		if err == nil && rows[n].Folder != "" && !vault.ValidID(rows[n].Folder) {
			if _, ferr := checkFolderName(rows[n].Folder); ferr != nil {
				err = vault.ErrItemInvalid.At(at(n)+".folder", fault.From(ferr).Fields[0].Message)
			}
		}
		if err == nil {
			continue
		}
		for _, f := range fault.From(err).Fields {
			bad = bad.At(f.Path, f.Message)
		}
		if len(bad.Fields) >= maxBadRows {
			break
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// importFolders gives every row the id of its folder and returns those to be made.
func (s *Service) importFolders(ctx context.Context, c vault.Caller, user keyring.SymKey, rows []Row) (made []*vault.Folder, err error) {
	have, err := s.folders(ctx, c, user)
	if err != nil {
		return nil, err
	}
	ids := map[string]vault.FolderID{"": ""}
	for _, f := range have {
		ids[f.Name], ids[string(f.ID)] = f.ID, f.ID
	}
	for n := range rows {
		name := rows[n].Folder
		id, ok := ids[name]
		if !ok {
			if err := c.Must(vault.ManageSelf); err != nil {
				return nil, err
			}
			id = vault.NewID[vault.FolderID]()
			ids[name] = id
			made = append(made, &vault.Folder{ID: id, Name: user.EncryptString(name)})
		}
		rows[n].Password.Folder = id
	}
	return made, nil
}

func (s *Service) sealRows(user keyring.SymKey, rows []Row) ([]*vault.Item, error) {
	items := make([]*vault.Item, len(rows))
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	now := s.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := w; n < len(rows) && errs[w] == nil; n += workers {
				items[n], errs[w] = sealNew(user, &rows[n].Password, now)
			}
		})
	}
	wg.Wait()
	return items, errors.Join(errs...)
}

package vault

import (
	"time"

	"strongroom/internal/fault"
)

// Folder is a person's own drawer for items. Name is encrypted by the client.
type Folder struct {
	ID        FolderID
	Owner     UserID
	Name      string
	Revision  int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Check reports why f may not be kept.
func (f *Folder) Check() error {
	if len(f.Name) > 1000 || !ValidEncString(f.Name) {
		return ErrFolderInvalid.At("name", "is not an encrypted string of a known type")
	}
	return nil
}

// MaxFolders is how many folders one person may have.
const MaxFolders = 2_000

// The faults of folders.
var (
	ErrFolderNotFound = fault.New(fault.NotFound, "folder-not-found", "There is no such folder.")
	ErrFolderInvalid  = fault.New(fault.Invalid, "folder-invalid", "This folder cannot be saved as sent.")
	ErrFolderStale    = fault.New(fault.Stale, "folder-stale", "This folder was changed elsewhere since you read it.")
	ErrFolderLimit    = fault.New(fault.Invalid, "folder-limit", "You have as many folders as one person may have (2,000).")
)

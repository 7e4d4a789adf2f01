package vault

import (
	"time"

	"strongroom/internal/fault"
)

// ItemType is what an item is about; the numbers are those of the Bitwarden protocol.
type ItemType uint8

// The types of items that a vault keeps.
const (
	Login ItemType = iota + 1
	SecureNote
	Card
	Identity
	SSHKey
	BankAccount
	DriversLicence
	Passport
)

// Limits of one person's vault. An item's content is counted as it is stored,
// encrypted and in base64.
const (
	MaxItemData = 500_000
	MaxImport   = 10_000
)

// Item is one entry of a vault. Data is what the client encrypted, one JSON
// object that the server keeps as it came (names, logins, notes, fields); the
// members here are what the server must know to keep it.
type Item struct {
	ID         ItemID
	Owner      UserID
	Type       ItemType
	Folder     FolderID // "" when in none
	Favorite   bool
	Reprompt   bool
	Revision   int64 // 1 at first, one more at each change
	CreatedAt  time.Time
	UpdatedAt  time.Time
	DeletedAt  time.Time // zero unless in the trash
	ArchivedAt time.Time // zero unless archived
	Data       []byte

	Attachments []*Attachment // where a verb says that it fills them
}

// The faults of items.
var (
	ErrItemNotFound = fault.New(fault.NotFound, "item-not-found", "There is no such item.")
	ErrItemStale    = fault.New(fault.Stale, "item-stale", "This item was changed elsewhere since you read it. Read it again, then change it.")
	ErrItemInvalid  = fault.New(fault.Invalid, "item-invalid", "This item cannot be saved as sent.")
	ErrItemExists   = fault.New(fault.Conflict, "item-exists", "There is an item with this id already.")
	ErrImportSize   = fault.New(fault.Invalid, "import-size", "An import takes at most 10,000 items at once.")
)

// Check reports the first rule that i breaks. Of the content it knows the shape
// only: one item that clients cannot parse would take the whole vault from them.
func (i *Item) Check() error {
	switch {
	case i.Type < Login || i.Type > Passport:
		return ErrItemInvalid.At("type", "must be 1 to 8")
	case len(i.Data) < 2 || i.Data[0] != '{':
		return ErrItemInvalid.At("data", "must be a JSON object")
	case len(i.Data) > MaxItemData:
		return ErrItemInvalid.At("data", "is larger than 500,000 bytes when encrypted")
	case i.Folder != "" && !ValidID(i.Folder):
		return ErrItemInvalid.At("folder", "is not the id of a folder")
	}
	members, err := ParseContent(i.Data)
	if err != nil {
		return err
	}
	return CheckContent(i.Type, members)
}

// clockSlack is how far a client's idea of an item's last change may lie from ours:
// some keep seconds only.
const clockSlack = time.Second

// CheckKnown reports whether a client that last knew the item as it was at known
// would overwrite what it has not seen; zero is a client that does not say.
func (i *Item) CheckKnown(known time.Time) error {
	if d := i.UpdatedAt.Sub(known); !known.IsZero() && (d > clockSlack || d < -clockSlack) {
		return ErrItemStale
	}
	return nil
}

// Cursor is where a page of a list ended: the last row's time of creation and id.
// The zero Cursor is before the first row. The row itself may be gone by then.
type Cursor struct {
	At time.Time
	ID string
}

// ItemFilter chooses among a person's items, from after After on.
type ItemFilter struct {
	Type     ItemType // 0 for all
	Folder   FolderID
	Favorite *bool
	Trash    bool // those in the trash instead of those outside
	All      bool // both
	After    Cursor
	Limit    int // 0 for all
}

// Maker is what a client says about who encrypted an item, and how: an account,
// and the id of its user key; both may be "".
type Maker struct {
	For   UserID
	KeyID string
}

package vault

import (
	"time"

	"strongroom/internal/fault"
)

// AttachmentID names an attachment and the file that holds its bytes.
type AttachmentID string

// FileState is whether a file's bytes have arrived.
type FileState uint8

// An announced file without bytes is removed after UploadLife.
const (
	FileAnnounced FileState = iota
	FileStored
)

// UploadLife is how long an announced upload may take, LinkLife how long a link
// to download may be used, SizeSlack how far an upload may lie from what was announced.
const (
	UploadLife = 24 * time.Hour
	LinkLife   = 5 * time.Minute
	SizeSlack  = 1 << 20
	MaxFile    = 525_336_576 // 501 MiB, what official clients offer at most
)

// Attachment is a file at an item, encrypted by the client with its own Key. Name
// and Key are encrypted strings; Key is "" with attachments of very old clients.
type Attachment struct {
	ID        AttachmentID
	Owner     UserID
	Item      ItemID
	Name, Key string
	Size      int64 // bytes as stored, encrypted
	State     FileState
	CreatedAt time.Time
}

// The faults of files.
var (
	ErrFileNotFound = fault.New(fault.NotFound, "file-not-found", "There is no such attachment or file.")
	ErrFileInvalid  = fault.New(fault.Invalid, "file-invalid", "This file cannot be saved as sent.")
	ErrFileSize     = fault.New(fault.Invalid, "file-size", "The file is longer or shorter than was announced; nothing was kept.")
	ErrFileQuota    = fault.New(fault.Invalid, "file-quota", "There is not enough room left for this file in your account.")
	ErrFileStored   = fault.New(fault.Conflict, "file-stored", "This file has been uploaded already.")
)

// Check reports why a may not be announced.
func (a *Attachment) Check() error {
	switch {
	case a.Size <= 0:
		return ErrFileInvalid.At("fileSize", "must be more than 0")
	case a.Size > MaxFile:
		return ErrFileInvalid.At("fileSize", "is larger than 501 MiB")
	case len(a.Name) > 1000 || !ValidEncString(a.Name):
		return ErrFileInvalid.At("fileName", "is not an encrypted string of a known type")
	case a.Key != "" && (len(a.Key) > 1000 || !ValidEncString(a.Key)):
		return ErrFileInvalid.At("key", "is not an encrypted string of a known type")
	}
	return nil
}

// CheckQuota reports whether a person who stores used bytes may add more. What was
// said for this person alone (own, nil for nothing) goes before what counts for
// everybody; 0 is no limit.
func CheckQuota(used, more int64, own *int64, everybody int64) error {
	quota := everybody
	if own != nil {
		quota = *own
	}
	if quota > 0 && used+more > quota {
		return ErrFileQuota
	}
	return nil
}

// CheckArrived reports whether what came is near enough to what was announced.
func CheckArrived(announced, came int64) error {
	if d := came - announced; d > SizeSlack || d < -SizeSlack || came == 0 {
		return ErrFileSize
	}
	return nil
}

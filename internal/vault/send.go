package vault

import (
	"time"

	"strongroom/internal/fault"
)

// SendID names a Send.
type SendID string

// The kinds of Sends and of what guards them; the numbers are the protocol's.
const (
	SendText = 0
	SendFile = 1

	SendByEmail    = 0
	SendByPassword = 1
	SendOpen       = 2
)

// Limits of Sends.
const (
	MaxSends    = 2_000
	MaxSendLife = 31 * 24 * time.Hour
)

// Send is a text or a file for somebody without an account, who has the link with
// its key. All that is written in it is encrypted by its maker.
type Send struct {
	ID            SendID
	Owner         UserID
	Type, Auth    int
	Name, Notes   string
	Key           string // the link's seed under the owner's user key
	Text          string
	TextHidden    bool
	FileName      string
	Size          int64 // of the file as stored; 0 for text
	State         FileState
	PasswordHash  Secret // PHC over what the receiver derives from the password
	Emails        string
	MaxAccesses   int64 // 0 for no limit
	Accesses      int64
	Disabled      bool
	HideEmail     bool
	Revision      int64
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ExpiresAt     time.Time // zero for never
	DeletesAt     time.Time
	CodeHash      string // of the code last mailed to a receiver
	CodeUntil     time.Time
	CodeTries     int
	CodeRecipient string
}

// The faults of Sends. Codes that begin with send-access- are the protocol's own.
var (
	ErrSendNotFound  = fault.New(fault.NotFound, "send-not-found", "There is no such Send, or it is no longer available.")
	ErrSendInvalid   = fault.New(fault.Invalid, "send-invalid", "This Send cannot be saved as sent.")
	ErrSendLimit     = fault.New(fault.Invalid, "send-limit", "You have as many Sends as one person may have (2,000).")
	ErrSendStale     = fault.New(fault.Stale, "send-stale", "This Send was changed elsewhere since you read it.")
	ErrSendPassword  = fault.New(fault.Unauthenticated, "send-password-required", "This Send asks for a password.")
	ErrSendWrong     = fault.New(fault.Invalid, "send-password-wrong", "Invalid password.")
	ErrSendNeedsID   = fault.New(fault.Invalid, "send-access-send-id-required", "send_id is required.")
	ErrSendNoSuchID  = fault.New(fault.Invalid, "send-access-send-id-invalid", "There is no such Send, or it is no longer available.")
	ErrSendNeedsPass = fault.New(fault.Invalid, "send-access-password-hash-b64-required", "This Send asks for a password.")
	ErrSendBadPass   = fault.New(fault.Invalid, "send-access-password-hash-b64-invalid", "The password is wrong.")
	ErrSendNeedsMail = fault.New(fault.Invalid, "send-access-email-required", "This Send asks for your address.")
	ErrSendNeedsCode = fault.New(fault.Invalid, "send-access-email-and-otp-required", "This Send asks for your address and the code that was sent there.")
)

// Check reports why s may not be kept at now.
func (s *Send) Check(now time.Time) error {
	enc := func(path, v string, limit int, must bool) error {
		if v == "" && !must {
			return nil
		}
		if len(v) > limit || !ValidEncString(v) {
			return ErrSendInvalid.At(path, "is not an encrypted string of at most "+itoa(limit)+" bytes")
		}
		return nil
	}
	for _, f := range []struct {
		path, v string
		limit   int
		must    bool
	}{{"key", s.Key, 1000, true}, {"name", s.Name, 1000, true}, {"notes", s.Notes, 1000, false}, {"text.text", s.Text, 1_000_000, s.Type == SendText},
		{"file.fileName", s.FileName, 1000, s.Type == SendFile}} {
		if err := enc(f.path, f.v, f.limit, f.must); err != nil {
			return err
		}
	}
	switch {
	case s.Type != SendText && s.Type != SendFile:
		return ErrSendInvalid.At("type", "must be 0 (text) or 1 (file)")
	case s.Type == SendFile && (s.Size <= 0 || s.Size > MaxFile):
		return ErrSendInvalid.At("fileLength", "must be 1 to 501 MiB")
	case s.MaxAccesses < 0:
		return ErrSendInvalid.At("maxAccessCount", "must not be negative")
	case s.DeletesAt.IsZero() || s.DeletesAt.After(now.Add(MaxSendLife+time.Hour)):
		return ErrSendInvalid.At("deletionDate", "is required and at most 31 days away")
	case !s.DeletesAt.After(now):
		return ErrSendInvalid.At("deletionDate", "lies in the past")
	case s.Auth == SendByPassword && s.PasswordHash.Reveal() == "":
		return ErrSendInvalid.At("password", "is required")
	case s.Auth == SendByEmail && s.Emails == "":
		return ErrSendInvalid.At("emails", "is required")
	case s.Auth < SendByEmail || s.Auth > SendOpen:
		return ErrSendInvalid.At("authType", "must be 0 to 2")
	}
	return CheckLine(ErrSendInvalid, "emails", s.Emails, 4000)
}

// Available reports whether s may be received at now by whoever has its link.
func (s *Send) Available(now time.Time) error {
	if s.Disabled || s.State != FileStored || !now.Before(s.DeletesAt) || !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt) ||
		s.MaxAccesses > 0 && s.Accesses >= s.MaxAccesses {
		return ErrSendNotFound
	}
	return nil
}

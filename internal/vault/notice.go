package vault

import "time"

// NoticeKind says what other devices should do about a change. The numbers are
// those of the Bitwarden protocol, so that a door sends them as they are.
type NoticeKind uint8

// The kinds. Those of one item, folder or send name it; the others speak of the
// account.
const (
	NoticeItemUpdated   NoticeKind = 0
	NoticeItemAdded     NoticeKind = 1
	NoticeItemDeleted   NoticeKind = 2
	NoticeFolderDeleted NoticeKind = 3
	NoticeItems         NoticeKind = 4 // many items at once: read them all again
	NoticeVault         NoticeKind = 5 // read everything again
	NoticeOrgKeys       NoticeKind = 6 // read everything again, and connect anew
	NoticeFolderAdded   NoticeKind = 7
	NoticeFolderUpdated NoticeKind = 8
	NoticeSettings      NoticeKind = 10
	NoticeSignOut       NoticeKind = 11
	NoticeSendAdded     NoticeKind = 12
	NoticeSendUpdated   NoticeKind = 13
	NoticeSendDeleted   NoticeKind = 14
	NoticeAuthRequest   NoticeKind = 15 // a new device asks to be let in
	NoticeAuthAnswer    NoticeKind = 16 // and it was answered
)

// Notice is a change that the user's other devices should hear about. It says
// that something changed and never what it is now: devices ask for that.
type Notice struct {
	ID      string
	Kind    NoticeKind
	User    UserID
	Subject string    // id of the item, folder, send or auth request; "" for the account
	At      time.Time // the subject's revision date, or now
	Device  string    // identifier of the acting device, which ignores the notice; "" for none
}

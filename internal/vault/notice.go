package vault

import "time"

// NoticeKind says what changed; the numbers are those of the Bitwarden
// protocol's live messages.
type NoticeKind uint8

// What other devices hear about. NoticeItems and NoticeVault ask for a sync of
// everything, NoticeSignOut ends them.
const (
	NoticeItemUpdated   NoticeKind = 0
	NoticeItemAdded     NoticeKind = 1
	NoticeItemDeleted   NoticeKind = 2
	NoticeFolderDeleted NoticeKind = 3
	NoticeItems         NoticeKind = 4
	NoticeVault         NoticeKind = 5
	NoticeOrgKeys       NoticeKind = 6
	NoticeFolderAdded   NoticeKind = 7
	NoticeFolderUpdated NoticeKind = 8
	NoticeSettings      NoticeKind = 10
	NoticeSignOut       NoticeKind = 11
	NoticeSendAdded     NoticeKind = 12
	NoticeSendUpdated   NoticeKind = 13
	NoticeSendDeleted   NoticeKind = 14
	NoticeAuthRequest   NoticeKind = 15
	NoticeAuthAnswer    NoticeKind = 16
)

// Notice is a change that a person's other devices should hear about. Subject is
// the id of the item, folder, Send or request; Device the identifier of the
// device that made the change, which ignores it.
type Notice struct {
	ID      string
	Kind    NoticeKind
	User    UserID
	Subject string
	At      time.Time
	Device  string
}

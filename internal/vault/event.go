package vault

import "time"

// EventKind says what happened. Numbers are stored: never reuse one.
type EventKind uint16

// What is written down. Each line stands in the transaction it describes.
const (
	EventUserRegistered EventKind = 1
	EventUserRole       EventKind = 2
	EventUserState      EventKind = 3
	EventSignedIn       EventKind = 10
	EventSignInFailed   EventKind = 11
	EventSignedOut      EventKind = 12
	EventSessionEnded   EventKind = 13
	EventRefreshReused  EventKind = 14
	EventTokenMade      EventKind = 20
	EventTokenRevoked   EventKind = 21
	EventItemAdded      EventKind = 30
	EventItemChanged    EventKind = 31
	EventItemTrashed    EventKind = 32
	EventItemRestored   EventKind = 33
	EventItemDeleted    EventKind = 34
	EventItemsImported  EventKind = 35
	EventItemArchived   EventKind = 36
	EventItemsMoved     EventKind = 37
	EventVaultPurged    EventKind = 38
	EventFolderAdded    EventKind = 40
	EventFolderChanged  EventKind = 41
	EventFolderDeleted  EventKind = 42
	EventFileAdded      EventKind = 43
	EventFileDeleted    EventKind = 44
	EventSendAdded      EventKind = 45
	EventSendChanged    EventKind = 46
	EventSendDeleted    EventKind = 47
	EventSendAccessed   EventKind = 48
	EventKeyRotated     EventKind = 50
	EventPassword       EventKind = 60
	EventKDF            EventKind = 61
	EventEmail          EventKind = 62
	EventStamp          EventKind = 63
	EventUserKeys       EventKind = 64
	EventAPIKey         EventKind = 65
	EventUserDeleted    EventKind = 66
	EventProfile        EventKind = 67
	EventClient         EventKind = 70 // Detail is the client's own number of what happened on it
)

// Event is one line of the audit log. User is whose log it is in, Actor who did
// it; Subject names the thing by id. It never holds a secret or a name from a vault.
type Event struct {
	Kind    EventKind
	At      time.Time
	User    UserID
	Actor   UserID
	Subject string
	Door    Door
	Address string
	Detail  string
}

// ClientEvent is what an official client says happened on its device; Kind is the
// protocol's number.
type ClientEvent struct {
	Kind int
	Item ItemID
	At   time.Time
}

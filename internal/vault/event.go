package vault

import (
	"slices"
	"strconv"
	"time"

	"strongroom/internal/fault"
)

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
	EventHeldBack       EventKind = 15 // guesses are refused unseen; Detail is the place
	EventDenied         EventKind = 16 // Detail is what was asked, and why not
	EventSecretRead     EventKind = 17 // through the REST door; Detail is what of it, or how many
	EventAuditCut       EventKind = 18 // old lines were taken away; Detail is how many
	EventAuditExported  EventKind = 19
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
	EventStepUp         EventKind = 80
	EventSecondFailed   EventKind = 81 // Detail is the kind of factor, here and below
	EventFactorAdded    EventKind = 82
	EventFactorRemoved  EventKind = 83
	EventRecoveryUsed   EventKind = 84
	EventRecoveryShown  EventKind = 85
	EventRemembered     EventKind = 86
	EventForgotten      EventKind = 87
	EventCodeSent       EventKind = 88
	EventFactorChanged  EventKind = 89
	EventJobAsked       EventKind = 120
	EventSetting        EventKind = 121 // Subject is its name, Detail "set" or "default"
	EventMailTest       EventKind = 122

	EventInvited           EventKind = 123 // Subject is the invitation, Detail the role
	EventInvitationSent    EventKind = 124 // again
	EventInvitationRevoked EventKind = 125
	EventQuota             EventKind = 126
	EventFactorsReset      EventKind = 127 // by an administrator
)

var eventNames = map[EventKind]string{
	EventUserRegistered:    "user-registered",
	EventUserRole:          "role-changed",
	EventUserState:         "state-changed",
	EventSignedIn:          "signed-in",
	EventSignInFailed:      "sign-in-failed",
	EventSignedOut:         "signed-out",
	EventSessionEnded:      "session-ended",
	EventRefreshReused:     "refresh-reused",
	EventHeldBack:          "held-back",
	EventDenied:            "denied",
	EventSecretRead:        "secret-read",
	EventAuditCut:          "audit-cut",
	EventAuditExported:     "audit-exported",
	EventTokenMade:         "token-made",
	EventTokenRevoked:      "token-revoked",
	EventItemAdded:         "item-added",
	EventItemChanged:       "item-changed",
	EventItemTrashed:       "item-trashed",
	EventItemRestored:      "item-restored",
	EventItemDeleted:       "item-deleted",
	EventItemsImported:     "items-imported",
	EventItemArchived:      "item-archived",
	EventItemsMoved:        "items-moved",
	EventVaultPurged:       "vault-purged",
	EventFolderAdded:       "folder-added",
	EventFolderChanged:     "folder-changed",
	EventFolderDeleted:     "folder-deleted",
	EventFileAdded:         "file-added",
	EventFileDeleted:       "file-deleted",
	EventSendAdded:         "send-added",
	EventSendChanged:       "send-changed",
	EventSendDeleted:       "send-deleted",
	EventSendAccessed:      "send-accessed",
	EventKeyRotated:        "key-rotated",
	EventPassword:          "password-changed",
	EventKDF:               "kdf-changed",
	EventEmail:             "email-changed",
	EventStamp:             "sessions-ended",
	EventUserKeys:          "user-keys-set",
	EventAPIKey:            "api-key-made",
	EventUserDeleted:       "user-deleted",
	EventProfile:           "profile-changed",
	EventClient:            "client",
	EventStepUp:            "step-up",
	EventSecondFailed:      "second-factor-failed",
	EventFactorAdded:       "factor-added",
	EventFactorRemoved:     "factor-removed",
	EventRecoveryUsed:      "recovery-used",
	EventRecoveryShown:     "recovery-shown",
	EventRemembered:        "device-remembered",
	EventForgotten:         "devices-forgotten",
	EventCodeSent:          "code-sent",
	EventFactorChanged:     "factor-changed",
	EventJobAsked:          "job-asked",
	EventSetting:           "setting-changed",
	EventMailTest:          "mail-test",
	EventInvited:           "invited",
	EventInvitationSent:    "invitation-sent",
	EventInvitationRevoked: "invitation-revoked",
	EventQuota:             "quota-changed",
	EventFactorsReset:      "factors-reset",
}

// String is the kind's name, as filters and exports spell it.
func (k EventKind) String() string {
	if n, ok := eventNames[k]; ok {
		return n
	}
	return "kind-" + strconv.Itoa(int(k))
}

// ParseEventKind reads a kind's name.
func ParseEventKind(s string) (EventKind, error) {
	for k, n := range eventNames {
		if n == s {
			return k, nil
		}
	}
	return 0, ErrEventFilter.At("query.kind", "is not the name of a kind of event")
}

// EventKinds lists all kinds.
func EventKinds() (ks []EventKind) {
	for k := range eventNames {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// Event is one line of the audit log. User is whose log it is in, Actor who did
// it; Subject names the thing by id. It never holds a secret or a name from a vault.
type Event struct {
	ID      string
	Seq     int64 // its place in the chain, 0 before it has one
	Kind    EventKind
	At      time.Time
	User    UserID
	Actor   UserID
	Subject string
	Door    Door
	Address string
	Device  string // the identifier of the client's device, or the id of an access token
	Detail  string
}

// EventFilter chooses lines, from after After on, newest first. A zero member does
// not choose.
type EventFilter struct {
	User        UserID
	Kinds       []EventKind
	From, Until time.Time
	After       Cursor
	Limit       int
}

// ErrEventFilter names what of a filter cannot be.
var ErrEventFilter = fault.New(fault.Invalid, "event-filter", "The audit log cannot be searched like this.")

// ChainReport is what a check of the audit log found: how many lines, from First to
// Last; Bad is the first that is wrong, 0 for none.
type ChainReport struct {
	Lines, First, Last int64
	Link, PublicKey    string
	At                 time.Time // when the end was signed
	Bad                int64
	Why                string
}

// Event is a line about what c did, in the caller's own log.
func (c Caller) Event(kind EventKind, subject, detail string) Event {
	e := Event{Kind: kind, User: c.User, Actor: c.User, Subject: subject, Door: c.Door, Address: c.Address, Device: c.Device, Detail: detail}
	if c.Token != "" {
		e.Device = string(c.Token)
	}
	if !ValidID(c.User) { // the machine's owner, who has no log of their own
		e.User = ""
	}
	return e
}

// ClientEvent is what an official client says happened on its device; Kind is the
// protocol's number.
type ClientEvent struct {
	Kind int
	Item ItemID
	At   time.Time
}

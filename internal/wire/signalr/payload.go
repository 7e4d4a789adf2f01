package signalr

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"strongroom/internal/vault"
)

// What clients read, by their names. A nil stands where the protocol has a value
// that does not apply, for clients look at it.
type (
	message struct {
		ContextID any `msgpack:"ContextId"`
		Type      vault.NoticeKind
		Payload   any
	}
	strangersMessage struct {
		Type    vault.NoticeKind
		Payload any
		UserID  vault.UserID `msgpack:"UserId"`
	}
	itemPayload struct {
		ID             string       `msgpack:"Id"`
		UserID         vault.UserID `msgpack:"UserId"`
		OrganizationID any          `msgpack:"OrganizationId"`
		CollectionIDs  any          `msgpack:"CollectionIds"`
		RevisionDate   time.Time
	}
	revisionPayload struct {
		ID           string       `msgpack:"Id"`
		UserID       vault.UserID `msgpack:"UserId"`
		RevisionDate time.Time
	}
	requestPayload struct {
		ID     string       `msgpack:"Id"`
		UserID vault.UserID `msgpack:"UserId"`
	}
	accountPayload struct {
		UserID vault.UserID `msgpack:"UserId"`
		Date   time.Time
	}
)

func payload(n vault.Notice) any {
	switch n.Kind {
	case vault.NoticeItemUpdated, vault.NoticeItemAdded, vault.NoticeItemDeleted:
		return itemPayload{ID: n.Subject, UserID: n.User, RevisionDate: n.At}
	case vault.NoticeFolderAdded, vault.NoticeFolderUpdated, vault.NoticeFolderDeleted,
		vault.NoticeSendAdded, vault.NoticeSendUpdated, vault.NoticeSendDeleted:
		return revisionPayload{ID: n.Subject, UserID: n.User, RevisionDate: n.At}
	case vault.NoticeAuthRequest, vault.NoticeAuthAnswer:
		return requestPayload{ID: n.Subject, UserID: n.User}
	}
	return accountPayload{UserID: n.User, Date: n.At}
}

// invocation is the message that calls o.Target at the client with n.
func invocation(n vault.Notice, o Options) ([]byte, error) {
	var argument any
	if o.Anonymous {
		argument = strangersMessage{Type: n.Kind, Payload: payload(n), UserID: n.User}
	} else {
		m := message{Type: n.Kind, Payload: payload(n)}
		if n.Device != "" {
			m.ContextID = n.Device
		}
		argument = m
	}
	var b bytes.Buffer
	enc := msgpack.GetEncoder()
	defer msgpack.PutEncoder(enc)
	enc.Reset(&b)
	enc.UseCompactInts(true)
	if err := enc.Encode([]any{typeInvocation, map[string]string{}, nil, o.Target, []any{argument}}); err != nil {
		return nil, err
	}
	return append(binary.AppendUvarint(nil, uint64(b.Len())), b.Bytes()...), nil
}

package signalr

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strongroom/internal/live"
	"strongroom/internal/vault"
)

func TestEveryKindFieldByField(t *testing.T) {
	hub := live.New()
	c := dial(t, serve(t, userDoor(hub, nil)), nil).greeted()
	at := time.Date(2026, 7, 1, 10, 20, 30, 123456000, time.UTC)
	item := map[string]any{"Id": "subject", "UserId": string(user), "OrganizationId": nil, "CollectionIds": nil, "RevisionDate": at}
	revision := map[string]any{"Id": "subject", "UserId": string(user), "RevisionDate": at}
	account := map[string]any{"UserId": string(user), "Date": at}
	request := map[string]any{"Id": "subject", "UserId": string(user)}
	for number, want := range map[int64]map[string]any{0: item, 1: item, 2: item, 3: revision, 4: account, 5: account, 6: account,
		7: revision, 8: revision, 10: account, 11: account, 12: revision, 13: revision, 14: revision, 15: request, 16: request} {
		for device, contextID := range map[string]any{"device": "device", "": nil} {
			hub.Tell(vault.Notice{ID: "n", Kind: vault.NoticeKind(number), User: user, Subject: "subject", At: at, Device: device})
			expected := []any{int64(1), map[string]any{}, nil, "ReceiveMessage", []any{
				map[string]any{"ContextId": contextID, "Type": number, "Payload": want}}}
			if diff := cmp.Diff(expected, c.hearMessage()); diff != "" {
				t.Errorf("kind %d: %s", number, diff)
			}
		}
	}
}

func TestAnonymousHearsTheAnswerOnly(t *testing.T) {
	hub := live.New()
	c := dial(t, serve(t, door(func() (*live.Listener, error) { return hub.Await("request") },
		Options{Target: TargetAnonymous, Anonymous: true})), nil).greeted()
	hub.Tell(vault.Notice{Kind: vault.NoticeAuthRequest, User: user, Subject: "request"})
	hub.Tell(vault.Notice{Kind: vault.NoticeAuthAnswer, User: user, Subject: "another"})
	hub.Tell(vault.Notice{Kind: vault.NoticeAuthAnswer, User: user, Subject: "request", Device: "device"})
	expected := []any{int64(1), map[string]any{}, nil, "AuthRequestResponseRecieved", []any{
		map[string]any{"Type": int64(16), "Payload": map[string]any{"Id": "request", "UserId": string(user)}, "UserId": string(user)}}}
	if diff := cmp.Diff(expected, c.hearMessage()); diff != "" {
		t.Error(diff)
	}
}

// TestBytes is spelled by hand from MessagePack's specification, so that what
// encodes here is not checked by its own decoder alone.
func TestBytes(t *testing.T) {
	got, err := invocation(vault.Notice{Kind: vault.NoticeSettings, User: "u", At: time.Unix(1, 0), Device: "d"}, Options{Target: TargetDevice})
	want := "44" + // 68 bytes
		"95" + "01" + "80" + "c0" + "ae" + hex.EncodeToString([]byte("ReceiveMessage")) + "91" + "83" +
		"a9" + hex.EncodeToString([]byte("ContextId")) + "a164" +
		"a4" + hex.EncodeToString([]byte("Type")) + "0a" +
		"a7" + hex.EncodeToString([]byte("Payload")) + "82" +
		"a6" + hex.EncodeToString([]byte("UserId")) + "a175" +
		"a4" + hex.EncodeToString([]byte("Date")) + "d6ff00000001"
	if hex.EncodeToString(got) != want || err != nil {
		t.Errorf("%v\n%x\n%s", err, got, want)
	}
	long, err := invocation(vault.Notice{Kind: vault.NoticeItemAdded, User: user, Subject: string(user), At: time.Unix(1, 5)}, Options{Target: TargetDevice})
	if err != nil || len(long) < 130 || int(long[0]&0x7f)|int(long[1])<<7 != len(long)-2 || long[0] < 0x80 {
		t.Errorf("a long message begins with % x and has %d bytes, %v", long[:2], len(long), err)
	}
}

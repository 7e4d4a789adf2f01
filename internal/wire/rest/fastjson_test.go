package rest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strongroom/internal/vault"
)

// TestFastJSONIsJSON holds the list's own writer to encoding/json, byte for byte.
func TestFastJSONIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ<>&\"\\/\n\x00\x1f\u2028é🔑")), 0, 12, -1)
		list := make(passwordList, rapid.IntRange(0, 3).Draw(t, "n"))
		for n := range list {
			p := passwordJSON{ID: vault.ItemID(text.Draw(t, "id")), Service: text.Draw(t, "service"), URL: text.Draw(t, "url"), Username: text.Draw(t, "user"),
				Password: text.Draw(t, "pw"), Notes: text.Draw(t, "notes"), TOTP: text.Draw(t, "totp"), Favorite: rapid.Bool().Draw(t, "fav"), Fields: []fieldJSON{},
				Revision: rapid.Int64().Draw(t, "rev"), CreatedAt: time.UnixMicro(rapid.Int64Range(0, 1<<51).Draw(t, "at")).UTC(), Unreadable: rapid.Bool().Draw(t, "bad")}
			if rapid.Bool().Draw(t, "more") {
				f := vault.FolderID(text.Draw(t, "folder"))
				p.Folder, p.DeletedAt = &f, &p.CreatedAt
				p.Fields = []fieldJSON{{text.Draw(t, "name"), text.Draw(t, "value"), "text"}, {"a", "b", ""}}
			}
			list[n] = p
		}
		var want strings.Builder
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode([]passwordJSON(list)); err != nil {
			t.Fatal(err)
		}
		if got := string(list.appendJSON(nil)); got != want.String() {
			t.Fatalf("\n%s\n%s", got, want.String())
		}
	})
}

func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\ud83d\udd11"}`, `{"a":"\u0000"}`, `["\\u0000"]`, "[[[", `"\ud800"`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		var v any
		if json.Unmarshal(data, &v) != nil {
			return
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "\ufffd") && !strings.Contains(string(data), "\ufffd") && !strings.Contains(strings.ToLower(string(data)), `\ufffd`) {
			t.Errorf("%q was changed to %q without a word", data, out)
		}
		if strings.Contains(string(out), `\u0000`) && !strings.Contains(string(out), `\\u0000`) {
			t.Errorf("%q holds a NUL", data)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("service,password\nx,y\n"))
	f.Fuzz(func(_ *testing.T, raw []byte) { csvRows(raw) }) // it must not panic
}

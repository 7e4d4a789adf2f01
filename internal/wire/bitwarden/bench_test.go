package bitwarden

import (
	"strings"
	"testing"
	"time"

	"strongroom/internal/vault"
)

// BenchmarkSplice writes 1,000 stored items into an answer: of a sync what is
// this package's own.
func BenchmarkSplice(b *testing.B) {
	i := vault.Item{ID: vault.NewID[vault.ItemID](), Type: vault.Login, Folder: vault.NewID[vault.FolderID](), CreatedAt: time.Now(), UpdatedAt: time.Now(),
		Data: []byte(`{"name":"2.` + strings.Repeat("x", 1300) + `"}`)}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for range 1000 {
			buf = appendCipher(buf, &i, nil)
		}
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkDecodeItem reads one item of a request.
func BenchmarkDecodeItem(b *testing.B) {
	enc := `"2.` + strings.Repeat("x", 80) + `"`
	body := []byte(`{"type":1,"name":` + enc + `,"notes":` + enc + `,"favorite":false,"reprompt":0,"folderId":null,"organizationId":null,"key":` + enc + `,"login":{"uris":[{"uri":` + enc +
		`,"uriChecksum":` + enc + `,"match":null}],"username":` + enc + `,"password":` + enc + `,"totp":null},"fields":[{"type":1,"name":` + enc + `,"value":` + enc + `,"linkedId":null}]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var in cipherIn
		if err := in.UnmarshalJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}

package bitwarden

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"strongroom/internal/vault"
)

// attachmentJSON is one file of an answer. Sizes are texts in this dialect.
type attachmentJSON struct {
	ID       vault.AttachmentID `json:"id"`
	URL      *string            `json:"url"`
	FileName string             `json:"fileName"`
	Key      *string            `json:"key"`
	Size     string             `json:"size"`
	SizeName string             `json:"sizeName"`
	Object   string             `json:"object"`
}

func attachmentOf(a *vault.Attachment, url string) attachmentJSON {
	return attachmentJSON{a.ID, orNull(url), a.Name, orNull(a.Key), strconv.FormatInt(a.Size, 10), sizeName(a.Size), "attachment"}
}

func sizeName(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " Bytes"
	case n < 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 2, 64) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 2, 64) + " MB"
}

// cipher is one item as an answer.
func (d *Door) cipher(i *vault.Item) raw {
	return appendCipher(nil, i, arrived(i.Attachments))
}

// arrived leaves out the files that were announced only.
func arrived(files []*vault.Attachment) (out []*vault.Attachment) {
	for _, a := range files {
		if a.State == vault.FileStored {
			out = append(out, a)
		}
	}
	return out
}

// appendCipher writes an item: what the server knows, then the stored content as
// it is. A sync of 10,000 items is mostly this.
func appendCipher(b []byte, i *vault.Item, files []*vault.Attachment) []byte {
	b = append(b, `{"object":"cipherDetails","id":"`...)
	b = append(b, i.ID...)
	b = append(b, `","organizationId":null,"type":`...)
	b = strconv.AppendUint(b, uint64(i.Type), 10)
	b = append(b, `,"folderId":`...)
	if i.Folder == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), i.Folder...), '"')
	}
	b = strconv.AppendBool(append(b, `,"favorite":`...), i.Favorite)
	if b = append(b, `,"reprompt":`...); i.Reprompt {
		b = append(b, '1')
	} else {
		b = append(b, '0')
	}
	b = append(b, `,"organizationUseTotp":false,"edit":true,"viewPassword":true,"permissions":{"delete":true,"restore":true},"collectionIds":[],"creationDate":`...)
	b = appendWhen(b, i.CreatedAt)
	b = appendWhen(append(b, `,"revisionDate":`...), i.UpdatedAt)
	b = appendWhen(append(b, `,"deletedDate":`...), i.DeletedAt)
	b = appendWhen(append(b, `,"archivedDate":`...), i.ArchivedAt)
	b = appendFiles(append(b, `,"attachments":`...), files)
	if len(i.Data) > 2 {
		b = append(b, ',')
	}
	return append(b, i.Data[1:]...)
}

func appendWhen(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.AppendFormat(append(b, '"'), stamp), '"')
}

// appendFiles writes files; null when there are none.
func appendFiles(b []byte, files []*vault.Attachment) []byte {
	if len(files) == 0 {
		return append(b, "null"...)
	}
	out := make([]attachmentJSON, len(files))
	for n, a := range files {
		out[n] = attachmentOf(a, "")
	}
	j, _ := json.Marshal(out) // texts always encode
	return append(b, j...)
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// lowerFirst spells a member as the API does: old clients begin with a capital.
func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if r >= 'A' && r <= 'Z' {
		return string(r+'a'-'A') + s[n:]
	}
	return s
}

package bitwarden

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"strongroom/internal/vault"
)

func (d *Door) fileRoutes() {
	const at = "/api/ciphers/{id}/attachment/{file}"
	d.row(vault.WriteVault, d.announce, "POST /api/ciphers/{id}/attachment/v2")
	d.row(vault.ReadVault, d.renewFile, "GET "+at+"/renew")
	d.row(vault.ReadVault, d.fileLink, "GET "+at)
	d.row(vault.WriteVault, d.dropFile, "DELETE "+at, "POST "+at+"/delete")
	d.row(vault.WriteVault, d.uploadFile, "POST "+at)
	d.row(vault.WriteVault, d.uploadOld, "POST /api/ciphers/{id}/attachment")
	d.streamed(2)
	d.row(0, d.download, "GET "+downloadPath)
}

const downloadPath = "/api/ciphers/attachment/download"

// streamed marks the rows added last as reading their bodies themselves.
func (d *Door) streamed(n int) {
	for i := len(d.routes) - n; i < len(d.routes); i++ {
		d.routes[i].stream = true
	}
}

type announcedJSON struct {
	ID     vault.AttachmentID `json:"attachmentId"`
	URL    string             `json:"url"`
	Type   int                `json:"fileUploadType"`
	Cipher raw                `json:"cipherResponse"`
	Mini   *struct{}          `json:"cipherMiniResponse"`
	Object string             `json:"object"`
}

// MarshalJSON gives raw as it is.
func (r raw) MarshalJSON() ([]byte, error) { return r, nil }

// announced shows the new file among the others before it has come: clients keep
// the item of this answer as theirs.
func (d *Door) announced(i *vault.Item, a *vault.Attachment, r *request) announcedJSON {
	return announcedJSON{ID: a.ID, URL: d.base(r.Request) + "/api/ciphers/" + string(i.ID) + "/attachment/" + string(a.ID), Cipher: appendCipher(nil, i, i.Attachments), Object: "attachment-fileUpload"}
}

func (d *Door) announce(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Key   string `json:"key"`
		Name  string `json:"fileName"`
		Size  number `json:"fileSize"`
		Admin bool   `json:"adminRequest"`
		Known moment `json:"lastKnownRevisionDate"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	a := &vault.Attachment{Name: in.Name, Key: in.Key, Size: int64(in.Size)}
	i, err := d.Files.Announce(ctx, c, vault.ItemID(r.param("id")), a, in.Known.Time)
	if err != nil {
		return nil, err
	}
	return d.announced(i, a, r), nil
}

func (d *Door) renewFile(ctx context.Context, c vault.Caller, r *request) (any, error) {
	i, a, err := d.Files.Find(ctx, c, vault.ItemID(r.param("id")), vault.AttachmentID(r.param("file")))
	if err != nil {
		return nil, err
	}
	return d.announced(i, a, r), nil
}

func (d *Door) fileLink(ctx context.Context, c vault.Caller, r *request) (any, error) {
	_, a, err := d.Files.Find(ctx, c, vault.ItemID(r.param("id")), vault.AttachmentID(r.param("file")))
	if err == nil && a.State != vault.FileStored {
		err = vault.ErrFileNotFound
	}
	if err != nil {
		return nil, err
	}
	link, err := d.Files.Link(string(a.ID))
	if err != nil {
		return nil, err
	}
	return attachmentOf(a, d.downloadURL(r, link)), nil
}

func (d *Door) downloadURL(r *request, link string) string {
	return d.base(r.Request) + downloadPath + "?token=" + link
}

func (d *Door) dropFile(ctx context.Context, c vault.Caller, r *request) (any, error) {
	i, err := d.Files.Delete(ctx, c, vault.ItemID(r.param("id")), vault.AttachmentID(r.param("file")))
	if err != nil {
		return nil, err
	}
	return map[string]any{"cipher": d.cipher(i)}, nil
}

// uploadTime is how long a file may take to arrive, or to go.
const uploadTime = 60 * time.Minute

// part returns the data part of a multipart body, after the fields before it. The
// part's own file name is not read: clients cut it at a slash.
func (r *request) part() (fields map[string]string, data io.Reader, err error) {
	rc := http.NewResponseController(r.w)
	until := time.Now().Add(uploadTime)
	rc.SetReadDeadline(until)  //nolint:errcheck // a test's recorder has none
	rc.SetWriteDeadline(until) //nolint:errcheck // see above
	ct, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || ct != "multipart/form-data" {
		return nil, nil, errBody.Saying("The request's body must be multipart/form-data.")
	}
	const overhead = 64 << 10
	mr := multipart.NewReader(http.MaxBytesReader(r.w, r.Body, vault.MaxFile+vault.SizeSlack+overhead), params["boundary"])
	fields = map[string]string{}
	for range 10 {
		p, err := mr.NextPart()
		if err != nil {
			return nil, nil, errBody.Because(err).At("data", "is missing")
		}
		if p.FormName() == "data" {
			return fields, p, nil
		}
		b, err := io.ReadAll(io.LimitReader(p, overhead))
		if err != nil {
			return nil, nil, unreadable(err)
		}
		fields[p.FormName()] = string(b)
	}
	return nil, nil, errBody.At("data", "is missing")
}

// broken says that a body broke off; the client is usually gone.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errBody.Because(err)
	}
	return err
}

func (d *Door) uploadFile(ctx context.Context, c vault.Caller, r *request) (any, error) {
	_, data, err := r.part()
	if err != nil {
		return nil, err
	}
	return nil, broken(d.Files.Upload(ctx, c, vault.ItemID(r.param("id")), vault.AttachmentID(r.param("file")), data))
}

// sentName is a file's name as it was sent: what is encrypted has slashes, and the
// library takes what stands before one for a folder.
func sentName(p *multipart.Part) string {
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}

// uploadOld is the one-step upload of old clients: the size is known from the
// request's length only, and the parts' order is theirs.
func (d *Door) uploadOld(ctx context.Context, c vault.Caller, r *request) (any, error) {
	fields, data, err := r.part()
	if err != nil {
		return nil, err
	}
	name := fields["fileName"]
	if p, ok := data.(*multipart.Part); ok && name == "" {
		name = sentName(p)
	}
	size, _ := strconv.ParseInt(r.Header.Get("Content-Length"), 10, 64)
	if r.ContentLength > 0 {
		size = r.ContentLength
	}
	a := &vault.Attachment{Name: name, Key: fields["key"], Size: size}
	id := vault.ItemID(r.param("id"))
	if _, err := d.Files.Announce(ctx, c, id, a, time.Time{}); err != nil {
		return nil, err
	}
	if err := d.Files.Upload(ctx, c, id, a.ID, data); err != nil {
		return nil, broken(err)
	}
	i, err := d.Items.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	return d.cipher(i), nil
}

// download answers a signed link. It is open to every origin: only who has the
// link has the file, and that is encrypted.
func (d *Door) download(_ context.Context, _ vault.Caller, r *request) (any, error) {
	f, n, err := d.Files.Open(r.URL.Query().Get("token"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(uploadTime)) //nolint:errcheck // a test's recorder has none
	h := r.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	io.Copy(r.w, f) //nolint:errcheck // the client is gone
	return done{}, nil
}

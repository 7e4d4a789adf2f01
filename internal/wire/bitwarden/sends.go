package bitwarden

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"strongroom/internal/core/send"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

func (d *Door) sendRoutes() {
	d.row(vault.ReadVault, d.sends, "GET /api/sends")
	d.row(vault.ReadVault, d.sendOne, "GET /api/sends/{id}")
	d.row(vault.WriteVault, d.addSend, "POST /api/sends")
	d.row(vault.WriteVault, d.addFileSend, "POST /api/sends/file/v2")
	d.row(vault.WriteVault, d.editSend, "PUT /api/sends/{id}", "POST /api/sends/{id}")
	d.row(vault.WriteVault, d.openSend, "PUT /api/sends/{id}/remove-password", "PUT /api/sends/{id}/remove-auth")
	d.row(vault.WriteVault, d.dropSend, "DELETE /api/sends/{id}", "POST /api/sends/{id}/delete")
	d.row(vault.ReadVault, d.renewSend, "GET /api/sends/{id}/file/{file}")
	d.row(vault.WriteVault, d.uploadSend, "POST /api/sends/{id}/file/{file}")
	d.streamed(1)
	d.row(0, d.receive, "POST /api/sends/access")
	d.row(0, d.receiveFile, "POST /api/sends/access/file/{file}")
	d.row(0, d.receiveOld, "POST /api/sends/access/{access}")
	d.row(0, d.receiveFileOld, "POST /api/sends/{access}/access/file/{file}")
}

type sendJSON struct {
	ID        vault.SendID  `json:"id"`
	AccessID  string        `json:"accessId"`
	Type      int           `json:"type"`
	Auth      int           `json:"authType"`
	Name      string        `json:"name"`
	Notes     *string       `json:"notes"`
	Text      *sendTextJSON `json:"text"`
	File      *sendFileJSON `json:"file"`
	Key       string        `json:"key"`
	Max       *int64        `json:"maxAccessCount"`
	Count     int64         `json:"accessCount"`
	Password  *string       `json:"password"`
	Emails    *string       `json:"emails"`
	Disabled  bool          `json:"disabled"`
	Revision  string        `json:"revisionDate"`
	Expires   *string       `json:"expirationDate"`
	Deletes   string        `json:"deletionDate"`
	HideEmail bool          `json:"hideEmail"`
	Object    string        `json:"object"`
}

type sendTextJSON struct {
	Text   string `json:"text"`
	Hidden bool   `json:"hidden"`
}

type sendFileJSON struct {
	ID       vault.SendID `json:"id"`
	Name     string       `json:"fileName"`
	Size     string       `json:"size"`
	SizeName string       `json:"sizeName"`
}

func textOf(s *vault.Send) *sendTextJSON {
	if s.Type != vault.SendText {
		return nil
	}
	return &sendTextJSON{s.Text, s.TextHidden}
}

func fileOf(s *vault.Send) *sendFileJSON {
	if s.Type != vault.SendFile {
		return nil
	}
	return &sendFileJSON{s.ID, s.FileName, strconv.FormatInt(s.Size, 10), sizeName(s.Size)}
}

// passwordSet tells the owner's clients that there is a password. Nobody can use
// it, and one that a client sends back is known, whatever became of the password
// since that client looked.
func passwordSet(s *vault.Send) string {
	if s.PasswordHash.Reveal() == "" {
		return ""
	}
	return digest("the password of Send " + string(s.ID))
}

func digest(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

func sendOf(s *vault.Send) sendJSON {
	out := sendJSON{ID: s.ID, AccessID: accessID(s.ID), Type: s.Type, Auth: s.Auth, Name: s.Name, Notes: orNull(s.Notes), Text: textOf(s), File: fileOf(s),
		Key: s.Key, Count: s.Accesses, Password: orNull(passwordSet(s)), Emails: orNull(s.Emails), Disabled: s.Disabled, Revision: when(s.UpdatedAt),
		Expires: whenOrNil(s.ExpiresAt), Deletes: when(s.DeletesAt), HideEmail: s.HideEmail, Object: "send"}
	if s.MaxAccesses > 0 {
		out.Max = &s.MaxAccesses
	}
	return out
}

type sendIn struct {
	ID       string  `json:"id"`
	Type     int     `json:"type"`
	Auth     *int    `json:"authType"`
	Length   *number `json:"fileLength"`
	Name     string  `json:"name"`
	Notes    *string `json:"notes"`
	Key      string  `json:"key"`
	Max      *number `json:"maxAccessCount"`
	Expires  moment  `json:"expirationDate"`
	Deletes  moment  `json:"deletionDate"`
	Text     *textIn `json:"text"`
	File     *fileIn `json:"file"`
	Password *string `json:"password"`
	Emails   *string `json:"emails"`
	Disabled bool    `json:"disabled"`
	Hide     *bool   `json:"hideEmail"`
}

type textIn struct {
	Text   string `json:"text"`
	Hidden bool   `json:"hidden"`
}

type fileIn struct {
	Name string `json:"fileName"`
}

// password is the one that the request brings, "" for none or the one that is set.
func (in sendIn) password(have *vault.Send) string {
	p := deref(in.Password)
	if have != nil && p != "" && (p == passwordSet(have) || p == digest(have.PasswordHash.Reveal())) { // the latter from before it stayed the same
		return ""
	}
	return p
}

// fill puts what a request says into s. A client that does not name what guards
// the Send means what it sends along.
func (in sendIn) fill(s *vault.Send, password string) {
	s.Name, s.Notes, s.Key, s.MaxAccesses = in.Name, deref(in.Notes), in.Key, int64(deref(in.Max))
	s.ExpiresAt, s.DeletesAt, s.Disabled, s.HideEmail = in.Expires.Time, in.Deletes.Time, in.Disabled, deref(in.Hide)
	if in.Text != nil {
		s.Text, s.TextHidden = in.Text.Text, in.Text.Hidden
	}
	switch {
	case in.Auth != nil:
		s.Auth = *in.Auth
	case password != "":
		s.Auth = vault.SendByPassword
	case deref(in.Emails) != "":
		s.Auth = vault.SendByEmail
	case s.ID == "":
		s.Auth = vault.SendOpen
	}
	s.Emails = deref(in.Emails)
	if s.Auth != vault.SendByEmail {
		s.Emails = ""
	}
	if s.Auth != vault.SendByPassword {
		s.PasswordHash = vault.Secret{}
	}
}

func (d *Door) sendsOf(ctx context.Context, c vault.Caller) ([]sendJSON, error) {
	ss, err := d.Sends.List(ctx, c)
	out := []sendJSON{}
	for _, s := range ss {
		if s.State == vault.FileStored {
			out = append(out, sendOf(s))
		}
	}
	return out, err
}

func (d *Door) sends(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	ss, err := d.sendsOf(ctx, c)
	return list(ss), err
}

func (d *Door) sendOne(ctx context.Context, c vault.Caller, r *request) (any, error) {
	s, err := d.Sends.Get(ctx, c, vault.SendID(r.param("id")))
	if err != nil {
		return nil, err
	}
	return sendOf(s), nil
}

func (d *Door) addSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in sendIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	if in.Type != vault.SendText {
		return nil, vault.ErrSendInvalid.At("type", "must be 0 (text); a file goes to /api/sends/file/v2")
	}
	s := &vault.Send{Type: vault.SendText}
	in.fill(s, in.password(nil))
	if err := d.Sends.Add(ctx, c, s, in.password(nil)); err != nil {
		return nil, err
	}
	return sendOf(s), nil
}

type sendUploadJSON struct {
	URL    string   `json:"url"`
	Type   int      `json:"fileUploadType"`
	Send   sendJSON `json:"sendResponse"`
	Object string   `json:"object"`
}

func (d *Door) sendUpload(s *vault.Send, r *request) sendUploadJSON {
	return sendUploadJSON{URL: d.base(r.Request) + "/api/sends/" + string(s.ID) + "/file/" + string(s.ID), Send: sendOf(s), Object: "send-fileUpload"}
}

func (d *Door) addFileSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in sendIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	if in.Type != vault.SendFile || in.File == nil {
		return nil, vault.ErrSendInvalid.At("file", "is required")
	}
	s := &vault.Send{Type: vault.SendFile, FileName: in.File.Name, Size: int64(deref(in.Length))}
	in.fill(s, in.password(nil))
	if err := d.Sends.Add(ctx, c, s, in.password(nil)); err != nil {
		return nil, err
	}
	return d.sendUpload(s, r), nil
}

func (d *Door) renewSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	s, err := d.Sends.Get(ctx, c, vault.SendID(r.param("id")))
	if err == nil && (s.Type != vault.SendFile || r.param("file") != string(s.ID)) {
		err = vault.ErrSendNotFound
	}
	if err != nil {
		return nil, err
	}
	return d.sendUpload(s, r), nil
}

func (d *Door) uploadSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if r.param("file") != r.param("id") {
		return nil, vault.ErrSendNotFound
	}
	_, data, err := r.part()
	if err != nil {
		return nil, err
	}
	return nil, broken(d.Sends.Upload(ctx, c, vault.SendID(r.param("id")), data))
}

func (d *Door) editSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in sendIn
	if err := r.read(&in); err != nil {
		return nil, err
	}
	id := vault.SendID(r.param("id"))
	have, err := d.Sends.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	password := in.password(have)
	s, err := d.Sends.Edit(ctx, c, id, password, func(s *vault.Send) error {
		if in.Type != s.Type {
			return vault.ErrSendInvalid.At("type", "must not change")
		}
		in.fill(s, password)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sendOf(s), nil
}

func (d *Door) openSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	s, err := d.Sends.Edit(ctx, c, vault.SendID(r.param("id")), "", func(s *vault.Send) error {
		s.Auth, s.PasswordHash, s.Emails = vault.SendOpen, vault.Secret{}, ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sendOf(s), nil
}

func (d *Door) dropSend(ctx context.Context, c vault.Caller, r *request) (any, error) {
	if err := d.Sends.Delete(ctx, c, vault.SendID(r.param("id"))); err != nil {
		return nil, err
	}
	return nil, d.Files.Sweep(ctx)
}

type receivedJSON struct {
	ID      string        `json:"id"`
	Type    int           `json:"type"`
	Auth    int           `json:"authType"`
	Name    string        `json:"name"`
	Text    *sendTextJSON `json:"text"`
	File    *sendFileJSON `json:"file"`
	Expires *string       `json:"expirationDate"`
	Creator *string       `json:"creatorIdentifier"`
	Object  string        `json:"object"`
}

func receivedOf(x *send.Received) receivedJSON {
	return receivedJSON{accessID(x.ID), x.Type, x.Auth, x.Name, textOf(x.Send), fileOf(x.Send), whenOrNil(x.ExpiresAt), orNull(x.Creator), "send-access"}
}

// sendGrant is the token request of a receiver.
func (d *Door) sendGrant(ctx context.Context, c vault.Caller, f form) (any, error) {
	if f["send_id"] == "" {
		return nil, vault.ErrSendNeedsID
	}
	id, err := d.linked(ctx, f["send_id"])
	if err != nil {
		return nil, err
	}
	tok, life, err := d.Sends.Token(ctx, id, send.Proof{Password: f["password_hash_b64"], Email: f["email"], Code: f["otp"], Address: c.Address})
	if err != nil {
		return nil, err
	}
	return map[string]any{"access_token": tok, "expires_in": int(life / time.Second), "token_type": "Bearer", "scope": "api.send.access"}, nil
}

func (d *Door) receive(ctx context.Context, _ vault.Caller, r *request) (any, error) {
	x, err := d.Sends.Receive(ctx, httpkit.Bearer(r.Header.Get("Authorization")))
	if err != nil {
		return nil, err
	}
	return receivedOf(x), nil
}

func (d *Door) receiveFile(ctx context.Context, _ vault.Caller, r *request) (any, error) {
	link, err := d.Sends.File(ctx, httpkit.Bearer(r.Header.Get("Authorization")), vault.SendID(r.param("file")))
	if err != nil {
		return nil, err
	}
	return d.fileAnswer(r, link), nil
}

func (d *Door) fileAnswer(r *request, link string) map[string]string {
	return map[string]string{"id": r.param("file"), "url": d.downloadURL(r, link), "object": "send-fileDownload"}
}

// passwordIn is the body of the old way to receive; there may be none.
func (r *request) passwordIn() (string, error) {
	var in struct {
		Password string `json:"password"`
	}
	if r.ContentLength == 0 {
		return "", nil
	}
	err := r.read(&in)
	return in.Password, err
}

func (d *Door) receiveOld(ctx context.Context, c vault.Caller, r *request) (any, error) {
	password, err := r.passwordIn()
	if err != nil {
		return nil, err
	}
	id, err := d.linked(ctx, r.param("access"))
	if err != nil {
		return nil, err
	}
	x, err := d.Sends.ReceiveOld(ctx, id, send.Proof{Password: password, Address: c.Address})
	if err != nil {
		return nil, err
	}
	return receivedOf(x), nil
}

func (d *Door) receiveFileOld(ctx context.Context, c vault.Caller, r *request) (any, error) {
	password, err := r.passwordIn()
	if err != nil {
		return nil, err
	}
	// Clients name the Send by either of its ids here.
	id := vault.SendID(r.param("access"))
	if !vault.ValidID(id) {
		if id, err = d.linked(ctx, r.param("access")); err != nil {
			return nil, err
		}
	}
	link, err := d.Sends.FileOld(ctx, id, vault.SendID(r.param("file")), send.Proof{Password: password, Address: c.Address})
	if err != nil {
		return nil, err
	}
	return d.fileAnswer(r, link), nil
}

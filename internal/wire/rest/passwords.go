package rest

import (
	"context"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"strongroom/internal/core/unlock"
	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

func itoa(n int) string { return strconv.Itoa(n) }

// passwordJSON is a login item, opened.
type passwordJSON struct {
	ID         vault.ItemID    `json:"id" format:"uuid" example:"3c2c6a0f-0f61-4f0e-9df9-8f1f2f5c7e21"`
	Service    string          `json:"service" example:"example.com"`
	URL        string          `json:"url" example:"https://example.com/login"`
	Username   string          `json:"username" example:"alice"`
	Password   string          `json:"password" example:"7-gD!v9Qw2"`
	Notes      string          `json:"notes" example:"The second account is Bob's."`
	TOTP       string          `json:"totp" example:"JBSWY3DPEHPK3PXP" doc:"A base32 secret or an otpauth:// address"`
	Folder     *vault.FolderID `json:"folder" nullable:"true" doc:"The id of a folder"`
	Favorite   bool            `json:"favorite"`
	Fields     []fieldJSON     `json:"fields" nullable:"false"`
	Revision   int64           `json:"revision" example:"1" doc:"One more at each change; the ETag is the same number"`
	CreatedAt  time.Time       `json:"created_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
	DeletedAt  *time.Time      `json:"deleted_at,omitempty" doc:"Only in the trash"`
	Unreadable bool            `json:"unreadable,omitempty" doc:"Its client encrypted it in a way that only that client can open"`
}

type fieldJSON struct {
	Name  string `json:"name" maxLength:"650" example:"PIN"`
	Value string `json:"value" maxLength:"3600" example:"0042"`
	Type  string `json:"type,omitempty" enum:"text,hidden,boolean" default:"text"`
}

// passwordBody is what a new item takes, and what PUT replaces.
type passwordBody struct {
	Service  string      `json:"service" minLength:"1" maxLength:"650" example:"example.com" doc:"What it is for"`
	URL      string      `json:"url,omitempty" maxLength:"7000" example:"https://example.com/login"`
	Username string      `json:"username,omitempty" maxLength:"650" example:"alice"`
	Password string      `json:"password" maxLength:"3600" example:"7-gD!v9Qw2"`
	Notes    string      `json:"notes,omitempty" maxLength:"7000"`
	TOTP     string      `json:"totp,omitempty" maxLength:"650" example:"JBSWY3DPEHPK3PXP"`
	Folder   *string     `json:"folder,omitempty" nullable:"true" maxLength:"650" doc:"The id or the name of one of your folders"`
	Favorite bool        `json:"favorite,omitempty"`
	Fields   []fieldJSON `json:"fields,omitempty" maxItems:"100"`
}

func (b *passwordBody) folder() string {
	if b.Folder == nil {
		return ""
	}
	return *b.Folder
}

func (b *passwordBody) into(p *unlock.Password) {
	p.Service, p.URL, p.Username, p.Password, p.Notes, p.TOTP, p.Favorite = b.Service, b.URL, b.Username, b.Password, b.Notes, b.TOTP, b.Favorite
	p.Fields = toFields(b.Fields)
}

func toFields(in []fieldJSON) (out []unlock.Field) {
	for _, f := range in {
		out = append(out, unlock.Field(f))
	}
	return out
}

func fromPassword(p *unlock.Password) passwordJSON {
	j := passwordJSON{ID: p.ID, Service: p.Service, URL: p.URL, Username: p.Username, Password: p.Password, Notes: p.Notes, TOTP: p.TOTP,
		Favorite: p.Favorite, Fields: make([]fieldJSON, len(p.Fields)), Revision: p.Revision, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Unreadable: p.Unreadable}
	for n, f := range p.Fields {
		j.Fields[n] = fieldJSON(f)
		if f.Type == "" {
			j.Fields[n].Type = "text"
		}
	}
	if p.Folder != "" {
		j.Folder = &p.Folder
	}
	if !p.DeletedAt.IsZero() {
		j.DeletedAt = &p.DeletedAt
	}
	return j
}

type passwordOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     passwordJSON
}

func (d *Door) password(p *unlock.Password, err error, created bool) (*passwordOut, error) {
	if err != nil {
		return nil, err
	}
	out := &passwordOut{ETag: `"` + strconv.FormatInt(p.Revision, 10) + `"`, Body: fromPassword(p)}
	if created {
		out.Location = d.Base + Prefix + "/passwords/" + string(p.ID)
	}
	return out, nil
}

type listIn struct {
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
	Cursor   string `query:"cursor" maxLength:"100" doc:"Where the page before ended; take it from the Link header"`
	Q        string `query:"q" maxLength:"200" doc:"Looked for in service, url and username"`
	Folder   string `query:"folder" maxLength:"650" doc:"The id or the name of a folder"`
	Favorite string `query:"favorite" enum:"true,false" doc:"Only favourites, or only others"`
	Trash    bool   `query:"trash" doc:"What is in the trash instead"`
}

type listOut struct {
	Link string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
	Body passwordList
}

// passwordList is an array; it writes itself (see fastjson.go).
type passwordList []passwordJSON

var errCursor = fault.New(fault.Invalid, "cursor-invalid", "This cursor is not one that this server gave.")

func cursor(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 36) + "." + id))
}

func parseCursor(s string) (c vault.Cursor, err error) {
	if s == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	at, id, ok := strings.Cut(string(raw), ".")
	us, perr := strconv.ParseInt(at, 36, 64)
	if err != nil || perr != nil || !ok || !vault.ValidID(id) {
		return c, errCursor.At("query.cursor", "is not one that this server gave")
	}
	return vault.Cursor{At: time.UnixMicro(us).UTC(), ID: id}, nil
}

func (d *Door) list(ctx context.Context, c vault.Caller, in *listIn) (*listOut, error) {
	after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	q := unlock.Query{Text: in.Q, Folder: in.Folder, Trash: in.Trash, After: after, Limit: in.Limit}
	if in.Favorite != "" {
		yes := in.Favorite == "true"
		q.Favorite = &yes
	}
	ps, more, err := d.Unlock.List(ctx, c, q)
	if err != nil {
		return nil, err
	}
	out := &listOut{Body: make(passwordList, len(ps))}
	for n := range ps {
		out.Body[n] = fromPassword(&ps[n])
	}
	if more {
		last := ps[len(ps)-1]
		next := url.Values{"limit": {itoa(in.Limit)}, "cursor": {cursor(last.CreatedAt, string(last.ID))}}
		for k, v := range map[string]string{"q": in.Q, "folder": in.Folder, "favorite": in.Favorite} {
			if v != "" {
				next.Set(k, v)
			}
		}
		if in.Trash {
			next.Set("trash", "true")
		}
		out.Link = "<" + d.Base + Prefix + "/passwords?" + next.Encode() + `>; rel="next"`
	}
	return out, nil
}

type addIn struct{ Body passwordBody }

// ItemIn and its like are exported because huma fills embedded parts only then.
type ItemIn struct {
	ID vault.ItemID `path:"id" maxLength:"64" doc:"The id of one of your items"`
}

// IfMatchIn is the precondition of a change.
type IfMatchIn struct {
	IfMatch string `header:"If-Match" maxLength:"40" doc:"The ETag that you read; with another one stored the answer is 412"`
}

var errIfMatch = fault.New(fault.Invalid, "if-match-invalid", "The If-Match header is not an ETag of an item.")

// revision reads If-Match: 0 stands for any.
func (m IfMatchIn) revision() (int64, error) {
	s := strings.TrimSpace(m.IfMatch)
	if s == "" || s == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(s, "W/"), `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, errIfMatch.At("header.If-Match", `must be like "3", as the ETag header gave it`)
	}
	return n, nil
}

type putIn struct {
	ItemIn
	IfMatchIn
	Body passwordBody
}

type patchIn struct {
	ItemIn
	IfMatchIn
	Body struct {
		Service  *string      `json:"service,omitempty" minLength:"1" maxLength:"650"`
		URL      *string      `json:"url,omitempty" maxLength:"7000"`
		Username *string      `json:"username,omitempty" maxLength:"650"`
		Password *string      `json:"password,omitempty" maxLength:"3600" example:"8_hE?w0Rx3"`
		Notes    *string      `json:"notes,omitempty" maxLength:"7000"`
		TOTP     *string      `json:"totp,omitempty" maxLength:"650"`
		Folder   *string      `json:"folder,omitempty" maxLength:"650" doc:"Empty for no folder"`
		Favorite *bool        `json:"favorite,omitempty"`
		Fields   *[]fieldJSON `json:"fields,omitempty" maxItems:"100"`
	}
}

type deleteIn struct {
	ItemIn
	IfMatchIn
	Permanent bool `query:"permanent" doc:"Past the trash, for good"`
}

func (d *Door) put(ctx context.Context, c vault.Caller, in *putIn) (*passwordOut, error) {
	rev, err := in.revision()
	if err != nil {
		return nil, err
	}
	folder := in.Body.folder()
	p, err := d.Unlock.Edit(ctx, c, in.ID, rev, &folder, in.Body.into)
	return d.password(p, err, false)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (d *Door) patch(ctx context.Context, c vault.Caller, in *patchIn) (*passwordOut, error) {
	rev, err := in.revision()
	if err != nil {
		return nil, err
	}
	b := &in.Body
	p, err := d.Unlock.Edit(ctx, c, in.ID, rev, b.Folder, func(p *unlock.Password) {
		set(&p.Service, b.Service)
		set(&p.URL, b.URL)
		set(&p.Username, b.Username)
		set(&p.Password, b.Password)
		set(&p.Notes, b.Notes)
		set(&p.TOTP, b.TOTP)
		set(&p.Favorite, b.Favorite)
		if b.Fields != nil {
			p.Fields = toFields(*b.Fields)
		}
	})
	return d.password(p, err, false)
}

func (d *Door) remove(ctx context.Context, c vault.Caller, in *deleteIn) (*detailOut, error) {
	rev, err := in.revision()
	if err != nil {
		return nil, err
	}
	if in.Permanent {
		return detail("The item was deleted for good."), d.Items.Delete(ctx, c, in.ID, rev)
	}
	return detail("The item was moved to the trash."), d.Items.Trash(ctx, c, in.ID, rev)
}

var examplePassword = passwordJSON{ID: "3c2c6a0f-0f61-4f0e-9df9-8f1f2f5c7e21", Service: "example.com", URL: "https://example.com/login", Username: "alice",
	Password: "7-gD!v9Qw2", Fields: []fieldJSON{}, Revision: 1, CreatedAt: exampleUser.CreatedAt, UpdatedAt: exampleUser.CreatedAt}

var exampleNew = map[string]any{"service": "example.com", "url": "https://example.com/login", "username": "alice", "password": "7-gD!v9Qw2"}

func (d *Door) passwordRoutes() {
	register(d, route{method: "GET", path: "/passwords", id: "list-passwords", tag: "Passwords", needs: vault.ReadVault, status: 200, errors: []int{403},
		summary: "List your passwords", detail: "In the order they were made. The next page is in the Link header.", out: []passwordJSON{examplePassword}}, d.list)
	register(d, route{method: "POST", path: "/passwords", id: "add-password", tag: "Passwords", needs: vault.WriteVault, status: 201, errors: []int{403},
		summary: "Save a new password", in: exampleNew, out: examplePassword},
		func(ctx context.Context, c vault.Caller, in *addIn) (*passwordOut, error) {
			var p unlock.Password
			in.Body.into(&p)
			made, err := d.Unlock.Add(ctx, c, p, in.Body.folder())
			return d.password(made, err, true)
		})
	register(d, route{method: "GET", path: "/passwords/{id}", id: "get-password", tag: "Passwords", needs: vault.ReadVault, status: 200, errors: []int{403, 404},
		summary: "Read one password", out: examplePassword},
		func(ctx context.Context, c vault.Caller, in *ItemIn) (*passwordOut, error) {
			p, err := d.Unlock.Get(ctx, c, in.ID)
			return d.password(p, err, false)
		})
	register(d, route{method: "PUT", path: "/passwords/{id}", id: "replace-password", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 404, 409, 412},
		summary: "Replace a password", detail: "Replaces all that this API knows of the item; what other clients keep in it stays. The old password goes to the history.",
		in: exampleNew, out: examplePassword}, d.put)
	register(d, route{method: "PATCH", path: "/passwords/{id}", id: "change-password", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 404, 409, 412},
		summary: "Change parts of a password", detail: "What is not sent stays as it is.", in: map[string]any{"password": "8_hE?w0Rx3"}, out: examplePassword}, d.patch)
	register(d, route{method: "DELETE", path: "/passwords/{id}", id: "delete-password", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 404, 412},
		summary: "Move a password to the trash, or delete it for good", out: map[string]any{"detail": "The item was moved to the trash."}}, d.remove)
	register(d, route{method: "POST", path: "/passwords/{id}/restore", id: "restore-password", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 404},
		summary: "Take a password out of the trash", out: examplePassword},
		func(ctx context.Context, c vault.Caller, in *ItemIn) (*passwordOut, error) {
			p, err := d.Unlock.Restore(ctx, c, in.ID)
			return d.password(p, err, false)
		})
}

package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/core/unlock"
	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

type importIn struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte `contentType:"application/json"`
}

type importOut struct {
	Body struct {
		Imported int            `json:"imported" example:"2" doc:"How many items were made"`
		IDs      []vault.ItemID `json:"ids" nullable:"false" doc:"Their ids, in the order they came in"`
	}
}

var errImportBody = fault.New(fault.Invalid, "import-unreadable", "This is not an import that this server takes. Nothing was imported.")

// importRow is one item of a JSON import.
type importRow struct {
	Service  string      `json:"service"`
	URL      string      `json:"url"`
	Username string      `json:"username"`
	Password string      `json:"password"`
	Notes    string      `json:"notes"`
	TOTP     string      `json:"totp"`
	Folder   *string     `json:"folder"`
	Favorite bool        `json:"favorite"`
	Fields   []fieldJSON `json:"fields"`
}

func (r *importRow) row() unlock.Row {
	b := passwordBody{r.Service, r.URL, r.Username, r.Password, r.Notes, r.TOTP, r.Folder, r.Favorite, r.Fields}
	var p unlock.Password
	b.into(&p)
	return unlock.Row{Password: p, Folder: b.folder()}
}

// jsonRows reads an array of items, or an object with such an array as "items".
func jsonRows(raw []byte) ([]unlock.Row, error) {
	if err := checkJSON(raw); err != nil {
		return nil, err
	}
	list := json.RawMessage(raw)
	if t := bytes.TrimLeft(raw, " \t\r\n"); len(t) > 0 && t[0] == '{' {
		var wrapped struct {
			Items json.RawMessage `json:"items"`
		}
		if err := strictly(raw, &wrapped); err != nil {
			return nil, errImportBody.At("body", plainJSON(err.Error()))
		}
		list = wrapped.Items
	}
	var each []json.RawMessage
	if err := json.Unmarshal(list, &each); err != nil {
		return nil, errImportBody.At("body", "must be an array of items, or an object with one as items")
	}
	if len(each) > vault.MaxImport {
		return nil, vault.ErrImportSize
	}
	bad := errImportBody
	rows := make([]unlock.Row, 0, len(each))
	for n, one := range each {
		var r importRow
		if err := strictly(one, &r); err != nil {
			if bad = bad.At(jsonAt(n), rowTrouble(err)); len(bad.Fields) == maxBadRows {
				break
			}
		}
		rows = append(rows, r.row())
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return rows, nil
}

const maxBadRows = 1_000

func strictly(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// rowTrouble says what is wrong with a row without Go's words.
func rowTrouble(err error) string {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		if typ.Field == "" {
			return "must be an object"
		}
		return typ.Field + " must not be a " + typ.Value
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "has the unknown member " + name
	}
	return plainJSON(err.Error())
}

func jsonAt(n int) string { return "items[" + itoa(n) + "]" }

// csvAt counts as a text editor does: line 1 has the columns' names.
func csvAt(n int) string { return "row[" + itoa(n+2) + "]" }

// csvRows reads the old program's columns by name: service, url, username,
// password; id is ignored, and notes, totp, folder and favorite are taken too.
func csvRows(raw []byte) ([]unlock.Row, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, errImportBody.At("row[1]", "must name the columns, such as service,url,username,password")
	}
	set, err := columns(head)
	if err != nil {
		return nil, err
	}
	bad := errImportBody
	var rows []unlock.Row
	for n := 0; ; n++ {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return nil, errImportBody.At(csvAt(n), "is not well-formed CSV")
		case n == vault.MaxImport:
			return nil, vault.ErrImportSize
		case len(rec) != len(head):
			bad = bad.At(csvAt(n), "has "+itoa(len(rec))+" columns; the first line names "+itoa(len(head)))
			continue
		}
		var row importRow
		for i, v := range rec {
			if msg := set[i](&row, v); msg != "" {
				bad = bad.At(csvAt(n)+"."+head[i], msg)
			}
		}
		rows = append(rows, row.row())
		if len(bad.Fields) >= maxBadRows {
			break
		}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return rows, nil
}

type setter func(*importRow, string) string

func columns(head []string) ([]setter, error) {
	text := func(f func(*importRow) *string) setter {
		return func(r *importRow, v string) string { *f(r) = v; return "" }
	}
	known := map[string]setter{
		"id":       func(*importRow, string) string { return "" },
		"service":  text(func(r *importRow) *string { return &r.Service }),
		"url":      text(func(r *importRow) *string { return &r.URL }),
		"username": text(func(r *importRow) *string { return &r.Username }),
		"password": text(func(r *importRow) *string { return &r.Password }),
		"notes":    text(func(r *importRow) *string { return &r.Notes }),
		"totp":     text(func(r *importRow) *string { return &r.TOTP }),
		"folder":   func(r *importRow, v string) string { r.Folder = &v; return "" },
		"favorite": func(r *importRow, v string) string {
			switch strings.ToLower(v) {
			case "", "0", "false", "no":
			case "1", "true", "yes":
				r.Favorite = true
			default:
				return "must be true or false"
			}
			return ""
		},
	}
	var out []setter
	seen := map[string]bool{}
	for _, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		f, ok := known[name]
		if !ok {
			return nil, errImportBody.At("row[1]", "has the unknown column "+name+"; known are service, url, username, password, notes, totp, folder, favorite")
		}
		if seen[name] {
			return nil, errImportBody.At("row[1]", "has the column "+name+" twice")
		}
		seen[name] = true
		out = append(out, f)
	}
	if !seen["service"] || !seen["password"] {
		return nil, errImportBody.At("row[1]", "must have the columns service and password")
	}
	return out, nil
}

func (d *Door) importPasswords(ctx context.Context, c vault.Caller, in *importIn) (*importOut, error) {
	t, _, perr := mime.ParseMediaType(in.ContentType)
	var rows []unlock.Row
	var err error
	at := jsonAt
	switch {
	case in.ContentType == "", perr == nil && t == "application/json":
		rows, err = jsonRows(in.RawBody)
	case t == "text/csv":
		at = csvAt
		rows, err = csvRows(in.RawBody)
	default:
		return nil, errImportBody.At("header.Content-Type", "must be application/json or text/csv")
	}
	if err != nil {
		return nil, err
	}
	ids, err := d.Unlock.Import(ctx, c, rows, at)
	if err != nil {
		return nil, err
	}
	out := &importOut{}
	out.Body.Imported, out.Body.IDs = len(ids), ids
	return out, nil
}

func (d *Door) importRoutes() {
	example := []any{exampleNew, map[string]any{"service": "mail", "username": "alice", "password": "3Lq!", "folder": "Private"}}
	rowSchema := &huma.Schema{Type: "array", MaxItems: new(int), Items: huma.SchemaFromType(d.api.OpenAPI().Components.Schemas, typeOf[passwordBody]())}
	*rowSchema.MaxItems = vault.MaxImport
	body := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: rowSchema, Example: example},
		"text/csv":         {Schema: &huma.Schema{Type: "string"}, Example: "service,url,username,password\nexample.com,https://example.com/login,alice,7-gD!v9Qw2\n"},
	}}
	register(d, route{method: "POST", path: "/passwords/import", id: "import-passwords", tag: "Passwords", needs: vault.WriteVault, status: 200, errors: []int{403, 413},
		summary: "Import many passwords at once", detail: "Up to 10,000 items, as JSON or as CSV with named columns, in one transaction: if one row cannot be saved, none is, and every bad row is listed. A folder that is not there is made.",
		maxBody: 64 << 20, body: body, out: map[string]any{"imported": 2, "ids": []string{string(examplePassword.ID), "9d0c1f0e-4f3f-4f0a-8a35-2f1f4e6f5b12"}}}, d.importPasswords)
}

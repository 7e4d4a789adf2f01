package unlock

import (
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// Password is a login item, opened. Its members are what the REST API knows of
// one; what else a client put into the item stays there unseen.
type Password struct {
	ID                   vault.ItemID
	Folder               vault.FolderID
	Favorite             bool
	Revision             int64
	CreatedAt, UpdatedAt time.Time
	DeletedAt            time.Time
	Service, URL         string
	Username, Password   string
	Notes, TOTP          string
	Fields               []Field
	Unreadable           bool // it was encrypted in a way that this door cannot open
}

// Field is a person's own field. Type is text, hidden or boolean.
type Field struct{ Name, Value, Type string }

// fieldTypes are the protocol's numbers; 3 (linked) means something to clients only.
var fieldTypes = [...]string{"text", "hidden", "boolean"}

// Limits of plain values, in bytes: what encrypts to the lengths that official
// clients accept (PROTOCOL.md 3.3).
const (
	maxService  = 650
	maxUsername = 650
	maxSecret   = 3_600
	maxTOTP     = 650
	maxURL      = 7_000
	maxNotes    = 7_000
	maxFields   = 100
	maxFolder   = 650
)

var errNoTOTP = fault.New(fault.NotFound, "no-totp", "This item has no one-time password.")

// check names the first member of p that may not be saved, with prefix before its path.
func (p *Password) check(prefix string) error {
	if p.Service == "" {
		return vault.ErrItemInvalid.At(prefix+"service", "is required")
	}
	for _, m := range []struct {
		path, s string
		limit   int
	}{{"service", p.Service, maxService}, {"url", p.URL, maxURL}, {"username", p.Username, maxUsername},
		{"password", p.Password, maxSecret}, {"notes", p.Notes, maxNotes}, {"totp", p.TOTP, maxTOTP}} {
		if err := vault.CheckText(vault.ErrItemInvalid, prefix+m.path, m.s, m.limit); err != nil {
			return err
		}
	}
	if p.TOTP != "" {
		if _, err := parseTOTP(p.TOTP); err != nil {
			return vault.ErrItemInvalid.At(prefix+"totp", err.Error())
		}
	}
	return checkFields(p.Fields, prefix)
}

func checkFields(fields []Field, prefix string) error {
	if len(fields) > maxFields {
		return vault.ErrItemInvalid.At(prefix+"fields", "has more than 100 entries")
	}
	for n, f := range fields {
		at := prefix + "fields[" + itoa(n) + "]."
		if err := vault.CheckText(vault.ErrItemInvalid, at+"name", f.Name, maxService); err != nil {
			return err
		}
		if err := vault.CheckText(vault.ErrItemInvalid, at+"value", f.Value, maxSecret); err != nil {
			return err
		}
		if fieldType(f.Type) < 0 {
			return vault.ErrItemInvalid.At(at+"type", "must be one of text, hidden, boolean")
		}
	}
	return nil
}

func fieldType(s string) int {
	if s == "" {
		return 0
	}
	for n, t := range fieldTypes {
		if s == t {
			return n
		}
	}
	return -1
}

// reader opens items one after another with one buffer: a list is the hot path
// of the REST door. It is not safe for concurrent use.
type reader struct {
	user keyring.SymKey
	buf  []byte
}

// span is where in reader.buf one opened value lies.
type span struct{ lo, hi int }

func (r *reader) add(k keyring.SymKey, raw []byte, bad *bool) span {
	enc := text(raw)
	if enc == nil {
		return span{}
	}
	lo := len(r.buf)
	out, err := k.AppendDecrypt(r.buf, enc)
	if err != nil {
		*bad = true
		return span{}
	}
	r.buf = out
	return span{lo, len(out)}
}

// open fills p from i. What cannot be opened leaves p marked and empty: one odd
// item must not take the list down.
func (r *reader) open(i *vault.Item, p *Password) {
	*p = Password{ID: i.ID, Folder: i.Folder, Favorite: i.Favorite, Revision: i.Revision,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, DeletedAt: i.DeletedAt}
	r.buf = r.buf[:0]
	var raw struct{ key, name, notes, login, fields []byte }
	ok := members(i.Data, func(key, val []byte) {
		switch string(key) {
		case "key":
			raw.key = val
		case "name":
			raw.name = val
		case "notes":
			raw.notes = val
		case "login":
			raw.login = val
		case "fields":
			raw.fields = val
		}
	})
	k := r.user
	if enc := text(raw.key); enc != nil {
		var err error
		k, err = r.user.UnwrapKey(string(enc))
		ok = ok && err == nil
	}
	if !ok {
		p.Unreadable = true
		return
	}
	bad := &p.Unreadable
	var url, username, password, totp span
	name, notes := r.add(k, raw.name, bad), r.add(k, raw.notes, bad)
	members(raw.login, func(key, val []byte) {
		switch string(key) {
		case "username":
			username = r.add(k, val, bad)
		case "password":
			password = r.add(k, val, bad)
		case "totp":
			totp = r.add(k, val, bad)
		case "uris":
			url = r.firstURI(k, val, bad)
		}
	})
	fields := r.fields(k, raw.fields, bad)
	if p.Unreadable {
		return
	}
	all := string(r.buf) // one allocation for all values of the item
	cut := func(s span) string { return all[s.lo:s.hi] }
	p.Service, p.Notes, p.URL, p.Username, p.Password, p.TOTP = cut(name), cut(notes), cut(url), cut(username), cut(password), cut(totp)
	for _, f := range fields {
		p.Fields = append(p.Fields, Field{Name: cut(f[0]), Value: cut(f[1]), Type: fieldTypes[f[2].lo]})
	}
}

func (r *reader) firstURI(k keyring.SymKey, raw []byte, bad *bool) (s span) {
	first := true
	elements(raw, func(uri []byte) {
		if first {
			members(uri, func(key, val []byte) {
				if string(key) == "uri" {
					s = r.add(k, val, bad)
				}
			})
		}
		first = false
	})
	return s
}

// fields reads own fields; the third span holds the type's number in lo.
func (r *reader) fields(k keyring.SymKey, raw []byte, bad *bool) (fs [][3]span) {
	elements(raw, func(field []byte) {
		var f [3]span
		members(field, func(key, val []byte) {
			switch string(key) {
			case "name":
				f[0] = r.add(k, val, bad)
			case "value":
				f[1] = r.add(k, val, bad)
			case "type":
				f[2].lo = int(val[0] - '0')
			}
		})
		if f[2].lo < len(fieldTypes) {
			fs = append(fs, f)
		}
	})
	return fs
}

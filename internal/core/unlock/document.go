package unlock

import (
	"encoding/json"
	"strconv"
	"time"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// document is an item's content for changing: what this door does not know
// stays in the maps as it came.
type document struct {
	key   keyring.SymKey
	own   bool // the item has a key of its own, and its addresses need checksums
	top   map[string]json.RawMessage
	login map[string]json.RawMessage
}

func newDocument(user keyring.SymKey) *document {
	null := json.RawMessage("null")
	return &document{key: user,
		top:   map[string]json.RawMessage{"notes": null, "fields": null, "passwordHistory": null},
		login: map[string]json.RawMessage{"totp": null, "passwordRevisionDate": null}}
}

func readDocument(user keyring.SymKey, data []byte) (*document, error) {
	d := &document{key: user}
	if err := json.Unmarshal(data, &d.top); err != nil {
		return nil, ErrUnreadable.Because(err)
	}
	if raw := d.top["login"]; len(raw) > 0 {
		if err := json.Unmarshal(raw, &d.login); err != nil {
			return nil, ErrUnreadable.Because(err)
		}
	}
	if d.login == nil {
		d.login = map[string]json.RawMessage{}
	}
	var own string
	if json.Unmarshal(d.top["key"], &own) == nil && own != "" {
		k, err := user.UnwrapKey(own)
		if err != nil {
			return nil, ErrUnreadable.Because(err)
		}
		d.key, d.own = k, true
	}
	return d, nil
}

func (d *document) bytes() ([]byte, error) {
	login, err := json.Marshal(d.login)
	if err != nil {
		return nil, err
	}
	d.top["login"] = login
	return json.Marshal(d.top)
}

func (d *document) encrypted(s string) json.RawMessage {
	if s == "" {
		return json.RawMessage("null")
	}
	return quote(d.key.EncryptString(s))
}

// quote makes a JSON string of text that needs no escapes: encrypted strings, dates.
func quote(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

// write puts p's values into the document, leaving alone what was equal before.
func (d *document) write(old, p *Password, now time.Time) {
	if old == nil || old.Service != p.Service {
		d.top["name"] = d.encrypted(p.Service)
	}
	if old == nil || old.Notes != p.Notes {
		d.top["notes"] = d.encrypted(p.Notes)
	}
	if old == nil || old.Username != p.Username {
		d.login["username"] = d.encrypted(p.Username)
	}
	if old == nil || old.TOTP != p.TOTP {
		d.login["totp"] = d.encrypted(p.TOTP)
	}
	if old == nil || old.URL != p.URL {
		d.writeURL(p.URL)
	}
	if old == nil || !equalFields(old.Fields, p.Fields) {
		d.writeFields(p.Fields)
	}
	if old == nil {
		d.login["password"] = d.encrypted(p.Password)
	} else if old.Password != p.Password {
		d.replacePassword(old.Password, p.Password, now)
	}
}

type object = map[string]json.RawMessage

func (d *document) writeURL(url string) {
	var uris []object
	json.Unmarshal(d.login["uris"], &uris) //nolint:errcheck // what is no list is replaced by one
	var first object
	if len(uris) > 0 {
		first, uris = uris[0], uris[1:]
	}
	if first == nil {
		first = object{"match": json.RawMessage("null")}
	}
	if url != "" {
		first["uri"] = d.encrypted(url)
		delete(first, "uriChecksum")
		if d.own {
			first["uriChecksum"] = d.encrypted(keyring.URIChecksum(url))
		}
		uris = append([]object{first}, uris...)
	}
	d.login["uris"] = marshal(uris)
	if url == "" && len(uris) == 0 {
		d.login["uris"] = json.RawMessage("null")
	}
}

func (d *document) writeFields(fields []Field) {
	out := []object{}
	for _, f := range fields {
		out = append(out, object{"type": json.RawMessage(strconv.Itoa(fieldType(f.Type))),
			"name": d.encrypted(f.Name), "value": d.encrypted(f.Value), "linkedId": json.RawMessage("null")})
	}
	var old []object
	json.Unmarshal(d.top["fields"], &old) //nolint:errcheck // what is no list has no linked fields
	for _, f := range old {
		if n, err := strconv.Atoi(string(f["type"])); err == nil && n >= len(fieldTypes) {
			out = append(out, f) // linked: this door does not know it, so it stays
		}
	}
	d.top["fields"] = marshal(out)
	if len(out) == 0 {
		d.top["fields"] = json.RawMessage("null")
	}
}

// maxHistory is how many earlier passwords an item keeps here.
const maxHistory = 100

// replacePassword moves the old password to the front of the history. The old
// ciphertext is kept as it is: it was made under the same key.
func (d *document) replacePassword(old, next string, now time.Time) {
	at := quote(now.UTC().Format("2006-01-02T15:04:05.000Z"))
	if old != "" {
		history := append([]object{{"password": d.login["password"], "lastUsedDate": at}}, d.history()...)
		d.top["passwordHistory"] = marshal(history[:min(len(history), maxHistory)])
	}
	d.login["password"] = d.encrypted(next)
	d.login["passwordRevisionDate"] = at
}

func (d *document) history() (h []object) {
	json.Unmarshal(d.top["passwordHistory"], &h) //nolint:errcheck // what is no list is an empty history
	return h
}

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // maps of valid raw JSON always encode
		panic(err)
	}
	return b
}

func equalFields(a, b []Field) bool {
	if len(a) != len(b) {
		return false
	}
	for n := range a {
		if a[n].Name != b[n].Name || a[n].Value != b[n].Value || fieldType(a[n].Type) != fieldType(b[n].Type) {
			return false
		}
	}
	return true
}

// sealNew makes an item of p.
func sealNew(user keyring.SymKey, p *Password, now time.Time) (*vault.Item, error) {
	d := newDocument(user)
	d.write(nil, p, now)
	data, err := d.bytes()
	return &vault.Item{Type: vault.Login, Folder: p.Folder, Favorite: p.Favorite, Data: data}, err
}

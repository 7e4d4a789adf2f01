package vault

import (
	"bytes"
	"encoding/json"
	"time"
)

// What a client encrypts inside an item is kept as one JSON object, member by
// member as it came. These tables say what clients expect of the members they
// know (PROTOCOL.md 3.3, 7.1); a member that no table names is kept unread.

type kind uint8

const (
	enc     kind = iota + 1 // an encrypted string or null
	encMust                 // an encrypted string
	whole                   // a whole number or null
	number                  // a whole number within limit
	boolean                 // true, false or null
	date                    // an RFC 3339 time or null
	dateMust
	object // an object of the table sub, or null
	list   // a list of objects of the table sub, or null
	text   // any string or null
)

type member struct {
	kind  kind
	limit int
	sub   map[string]member
}

func encs(limit int, names ...string) map[string]member {
	m := make(map[string]member, len(names))
	for _, n := range names {
		m[n] = member{kind: enc, limit: limit}
	}
	return m
}

var (
	fidoContent = func() map[string]member {
		m := encs(1000, "rpName", "userHandle", "userName", "userDisplayName")
		for _, n := range []string{"credentialId", "keyType", "keyAlgorithm", "keyCurve", "keyValue", "rpId", "counter", "discoverable"} {
			m[n] = member{kind: encMust, limit: 5000}
		}
		m["creationDate"] = member{kind: dateMust}
		return m
	}()
	uriContent = map[string]member{"uri": {kind: enc, limit: 10_000}, "uriChecksum": {kind: enc, limit: 10_000}, "match": {kind: whole, limit: 5}}

	loginContent = map[string]member{"username": {kind: enc, limit: 1000}, "password": {kind: enc, limit: 5000}, "totp": {kind: enc, limit: 1000},
		"uri": {kind: enc, limit: 10_000}, "uris": {kind: list, sub: uriContent}, "fido2Credentials": {kind: list, sub: fidoContent},
		"passwordRevisionDate": {kind: date}, "autofillOnPageLoad": {kind: boolean}}

	itemContent = map[string]member{
		"name": {kind: encMust, limit: 1000}, "notes": {kind: enc, limit: 10_000}, "key": {kind: enc, limit: 1000}, "data": {kind: text, limit: MaxItemData},
		"fields":          {kind: list, sub: map[string]member{"type": {kind: number, limit: 3}, "name": {kind: enc, limit: 1000}, "value": {kind: enc, limit: 5000}, "linkedId": {kind: whole, limit: 10_000}}},
		"passwordHistory": {kind: list, sub: map[string]member{"password": {kind: encMust, limit: 5000}, "lastUsedDate": {kind: dateMust}}},
		"login":           {kind: object, sub: loginContent},
		"secureNote":      {kind: object, sub: map[string]member{"type": {kind: number, limit: 0}}},
		"card":            {kind: object, sub: encs(1000, "cardholderName", "brand", "number", "expMonth", "expYear", "code")},
		"identity": {kind: object, sub: encs(1000, "title", "firstName", "middleName", "lastName", "address1", "address2", "address3", "city", "state", "postalCode",
			"country", "company", "email", "phone", "ssn", "username", "passportNumber", "licenseNumber")},
		"sshKey": {kind: object, sub: map[string]member{"privateKey": {kind: encMust, limit: 10_000}, "publicKey": {kind: enc, limit: 5000}, "keyFingerprint": {kind: enc, limit: 5000}}},
	}

	// typeMember is where the content of an item of a type lies.
	typeMember = map[ItemType]string{Login: "login", SecureNote: "secureNote", Card: "card", Identity: "identity", SSHKey: "sshKey",
		BankAccount: "bankAccount", DriversLicence: "driversLicense", Passport: "passport"}
)

// ContentMember is the member that holds what only items of type t have, "" for
// a type that is not known.
func ContentMember(t ItemType) string { return typeMember[t] }

// CheckContent reports the first member of an item's content that clients could
// not read. members is the decoded object (json.Decoder with UseNumber).
func CheckContent(t ItemType, members map[string]any) error {
	if err := checkMembers("", members, itemContent); err != nil {
		return err
	}
	own, sealed := members[typeMember[t]], members["data"]
	if _, ok := own.(map[string]any); !ok && (sealed == nil || sealed == "") {
		return ErrItemInvalid.At(typeMember[t], "is required for an item of this type")
	}
	return nil
}

func checkMembers(path string, have map[string]any, want map[string]member) error {
	for name, m := range want {
		v, ok := have[name]
		if !ok || v == nil {
			if m.kind == encMust || m.kind == dateMust || m.kind == number {
				return ErrItemInvalid.At(path+name, "is required")
			}
			continue
		}
		if err := m.check(path+name, v); err != nil {
			return err
		}
	}
	return nil
}

func (m member) check(path string, v any) error {
	wrong := func(is string) error { return ErrItemInvalid.At(path, is) }
	switch m.kind {
	case enc, encMust:
		s, ok := v.(string)
		if !ok {
			return wrong("must be an encrypted string")
		}
		return CheckEnc(path, s, m.limit)
	case whole, number:
		n, ok := v.(json.Number)
		i, err := n.Int64()
		if !ok || err != nil || i < 0 || i > int64(m.limit) {
			return wrong("must be a whole number from 0 to " + itoa(m.limit))
		}
	case boolean:
		if _, ok := v.(bool); !ok {
			return wrong("must be true or false")
		}
	case date, dateMust:
		s, ok := v.(string)
		if _, err := time.Parse(time.RFC3339, s); !ok || err != nil {
			return wrong("must be a time as in 2026-01-31T12:00:00Z")
		}
	case text:
		s, ok := v.(string)
		if !ok || len(s) > m.limit {
			return wrong("must be a text of at most " + itoa(m.limit) + " bytes")
		}
	case object:
		o, ok := v.(map[string]any)
		if !ok {
			return wrong("must be an object")
		}
		return checkMembers(path+".", o, m.sub)
	case list:
		return m.checkList(path, v)
	}
	return nil
}

// maxEntries is more than any client's list of addresses, fields or earlier passwords.
const maxEntries = 2000

func (m member) checkList(path string, v any) error {
	l, ok := v.([]any)
	if !ok || len(l) > maxEntries {
		return ErrItemInvalid.At(path, "must be a list of at most "+itoa(maxEntries)+" entries")
	}
	for n, e := range l {
		at := path + "[" + itoa(n) + "]"
		o, ok := e.(map[string]any)
		if !ok {
			return ErrItemInvalid.At(at, "must be an object")
		}
		if err := checkMembers(at+".", o, m.sub); err != nil {
			return err
		}
	}
	return nil
}

// maxDepth is how deep an item's JSON may nest: clients need five levels.
const maxDepth = 16

// ParseContent decodes an item's content for CheckContent.
func ParseContent(data []byte) (map[string]any, error) {
	if depth(data) > maxDepth {
		return nil, ErrItemInvalid.At("data", "nests deeper than "+itoa(maxDepth)+" levels")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return nil, ErrItemInvalid.At("data", "is not a JSON object")
	}
	return members, nil
}

func depth(data []byte) (deepest int) {
	n, quoted, escaped := 0, false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			n++
			deepest = max(deepest, n)
		case c == '}' || c == ']':
			n--
		}
	}
	return deepest
}

package store

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"strongroom/internal/vault"
)

// wardenContent is what a client encrypted, in the columns that it is kept in there.
type wardenContent struct {
	name, data                  string
	notes, fields, history, key sql.NullString
}

// content is the one JSON object that the content becomes here.
func (c wardenContent) content(t vault.ItemType) ([]byte, error) {
	m := map[string]any{"name": c.name}
	for name, v := range map[string]sql.NullString{"notes": c.notes, "key": c.key} {
		if v.String != "" {
			m[name] = v.String
		}
	}
	for name, v := range map[string]sql.NullString{"fields": c.fields, "passwordHistory": c.history} {
		var list any
		if err := wardenJSON(name, v.String, &list); err != nil {
			return nil, err
		}
		if list != nil {
			m[name] = camel(list)
		}
	}
	var own any
	if err := wardenJSON("data", c.data, &own); err != nil {
		return nil, err
	}
	members, ok := camel(own).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("column data holds no object")
	}
	// Some versions repeated there what has a column of its own.
	for _, twice := range []string{"name", "notes", "fields", "passwordHistory"} {
		delete(members, twice)
	}
	own = members
	where := vault.ContentMember(t)
	if where == "" {
		return nil, fmt.Errorf("it is of a type that is not known here (%d)", t)
	}
	m[where] = own
	return json.Marshal(m)
}

// wardenJSON reads a column of JSON; an empty one leaves v as it is.
func wardenJSON(column, text string, v any) error {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("column %s: %w", column, err)
	}
	return nil
}

// camel writes the names of members as clients write them now: what came from an
// old client begins with a capital.
func camel(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, x := range v {
			r, n := utf8.DecodeRuneInString(name)
			if lower := string(unicode.ToLower(r)) + name[n:]; lower == name || v[lower] == nil {
				m[lower] = camel(x)
			}
		}
		return m
	case []any:
		for n := range v {
			v[n] = camel(v[n])
		}
	}
	return v
}

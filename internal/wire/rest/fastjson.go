package rest

import (
	"encoding/json"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// appendJSON writes the list as encoding/json would; a test holds the two
// together. By hand it takes a third of the time, and a list is the answer that
// scripts wait for.
func (l passwordList) appendJSON(dst []byte) []byte {
	if cap(dst) == 0 {
		dst = make([]byte, 0, 64+len(l)*400)
	}
	dst = append(dst, '[')
	for n := range l {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = l[n].append(dst)
	}
	return append(dst, ']', '\n')
}

func (p *passwordJSON) append(dst []byte) []byte {
	dst = appendMember(dst, `{"id":`, string(p.ID))
	dst = appendMember(dst, `,"service":`, p.Service)
	dst = appendMember(dst, `,"url":`, p.URL)
	dst = appendMember(dst, `,"username":`, p.Username)
	dst = appendMember(dst, `,"password":`, p.Password)
	dst = appendMember(dst, `,"notes":`, p.Notes)
	dst = appendMember(dst, `,"totp":`, p.TOTP)
	if p.Folder == nil {
		dst = append(dst, `,"folder":null`...)
	} else {
		dst = appendMember(dst, `,"folder":`, string(*p.Folder))
	}
	dst = strconv.AppendBool(append(dst, `,"favorite":`...), p.Favorite)
	dst = append(dst, `,"fields":[`...)
	for n, f := range p.Fields {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendMember(dst, `{"name":`, f.Name)
		dst = appendMember(dst, `,"value":`, f.Value)
		if f.Type != "" {
			dst = appendMember(dst, `,"type":`, f.Type)
		}
		dst = append(dst, '}')
	}
	dst = strconv.AppendInt(append(dst, `],"revision":`...), p.Revision, 10)
	dst = appendTime(append(dst, `,"created_at":`...), p.CreatedAt)
	dst = appendTime(append(dst, `,"updated_at":`...), p.UpdatedAt)
	if p.DeletedAt != nil {
		dst = appendTime(append(dst, `,"deleted_at":`...), *p.DeletedAt)
	}
	if p.Unreadable {
		dst = append(dst, `,"unreadable":true`...)
	}
	return append(dst, '}')
}

func appendMember(dst []byte, key, val string) []byte { return appendString(append(dst, key...), val) }

func appendTime(dst []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
}

// appendString quotes s; what is not plain printable ASCII is left to encoding/json.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendOdd(dst, s)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendOdd(dst []byte, s string) []byte {
	b, err := marshalPlain(s)
	if err != nil { // a string always encodes
		panic(err)
	}
	return append(dst, b...)
}

func marshalPlain(s string) ([]byte, error) {
	var w trimmed
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return w.b[:max(0, len(w.b)-1)], err
}

// trimmed collects what an encoder writes; the line break at its end is cut off above.
type trimmed struct{ b []byte }

func (w *trimmed) Write(p []byte) (int, error) { w.b = append(w.b, p...); return len(p), nil }

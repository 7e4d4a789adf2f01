package bitwarden

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

// decoders are the shapes of all JSON bodies that the door takes.
var decoders = map[string]func() any{
	"cipher": func() any { return new(cipherIn) }, "import": func() any { return new(importIn) }, "send": func() any { return new(sendIn) },
	"register": func() any { return new(registerIn) }, "rekey": func() any { return new(rekeyIn) }, "email": func() any { return new(emailChangeIn) },
	"rotate": func() any { return new(rotateIn) }, "ids": func() any { return new(idsIn) }, "secret": func() any { return new(secretIn) }, "link": func() any { return new(linkIn) },
}

// classified fails when a decoder's refusal is not one that a caller may see: an
// unclassified error would be answered with a 500.
func classified(t *testing.T, err error) {
	t.Helper()
	if err != nil && fault.Of(err, fault.Internal) {
		t.Fatalf("%v", err)
	}
}

// FuzzBodies feeds every decoder; what a cipher decodes to must be content that
// can be checked, kept and shown again.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `[]`, `{"type":1,"name":"2.a|b|c","login":{"uris":[{"uri":null}]},"attachments2":{"x":{"fileName":"a","key":"b"}}}`,
		`{"ciphers":[{"type":1}],"folders":[{"name":"x"}],"folderRelationships":[{"key":0,"value":5}]}`, `{"lastKnownRevisionDate":"2026-11-23T12:00:00.0000000Z"}`,
		`{"type":1,"type":2,"Name":"x","name":"y"}`, `{"fileLength":"12","deletionDate":"x"}`, `{"ids":["a",1]}`, "{\"name\":\"\\ud800\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, shape := range decoders {
			r := httptest.NewRequest("POST", "/", bytes.NewReader(b))
			r.Header.Set("Content-Type", "application/json")
			v := shape()
			err := (&request{Request: r}).read(v)
			classified(t, err)
			c, ok := v.(*cipherIn)
			if err != nil || !ok || len(c.Content) == 0 {
				continue
			}
			i := vault.Item{Type: c.Type, Data: c.Content}
			classified(t, i.Check())
			if shown := appendCipher(nil, &i, nil); !json.Valid(shown) {
				t.Fatalf("%q became %q", b, shown)
			}
		}
	})
}

// FuzzForm feeds the token request.
func FuzzForm(f *testing.F) {
	f.Add("grant_type=password&username=a&deviceType=25")
	f.Add("%zz=1&a=b&a=c;")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, err := (&request{Request: r}).form()
		classified(t, err)
	})
}

// FuzzUpload feeds multipart bodies.
func FuzzUpload(f *testing.F) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.SetBoundary("b")
	w.WriteField("key", "x")
	w.CreateFormFile("data", "n")
	w.Close()
	f.Add(b.Bytes())
	f.Add([]byte("--b\r\n\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		_, _, err := (&request{Request: r, w: httptest.NewRecorder()}).part()
		classified(t, err)
	})
}

// FuzzIDs: an id in a link names a Send or none, and comes back as it was.
func FuzzIDs(f *testing.F) {
	f.Add("QFlQKSmX9U-NOwj9OHKG1g")
	f.Fuzz(func(t *testing.T, access string) {
		if id := sendID(access); id != "" && (!vault.ValidID(id) || sendID(accessID(id)) != id) {
			t.Fatalf("%q became %q", access, id)
		}
	})
}

// FuzzEncString: what is taken for an encrypted string never upsets a parser of theirs.
func FuzzEncString(f *testing.F) {
	f.Add("2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Fuzz(func(t *testing.T, s string) {
		if vault.ValidEncString(s) && (strings.ContainsAny(s, "\"\\\x00 \n") || len(s) < 3) {
			t.Fatalf("%q", s)
		}
	})
}

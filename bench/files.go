package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"time"

	"strongroom/internal/keyring"
)

// fileRows upload and download attachments.
func (b *bench) fileRows() (rows []row) {
	for _, f := range []struct{ mb, calls int }{{1, 60}, {100, 4}} {
		size := b.sizes.of(f.mb << 20)
		name := fmt.Sprintf("attachment of %d MB", f.mb)
		if b.sizes.scale > 1 {
			name = "attachment of " + count(size) + " bytes"
		}
		rows = append(rows, row{name: name + ", upload", clients: 1, calls: f.calls, setup: b.upload(size)},
			row{name: name + ", download", clients: 1, calls: f.calls, setup: b.download(size)})
	}
	return rows
}

// holder is an item that files are attached to; it goes with the row, and they with it.
func (b *bench) holder(ctx context.Context, s *server) (*person, string, error) {
	p, err := s.known(ctx, "files", 0, b.seed)
	if err != nil {
		return nil, "", err
	}
	id, err := p.add(ctx, newMaker(p.account.UserKey, b.seed).body())
	s.after = append(s.after, func() { s.do(context.WithoutCancel(ctx), "DELETE", "/api/ciphers/"+id, p.token, nil) })
	return p, id, err
}

func (b *bench) upload(size int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, item, err := b.holder(ctx, s)
		if err != nil {
			return nil, err
		}
		form, kind, err := multipartFile(size)
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			_, err := p.attach(ctx, item, size, form, kind)
			return int64(size), 0, err
		}, err
	}
}

func (b *bench) download(size int) func(context.Context, *server) (call, error) {
	return func(ctx context.Context, s *server) (call, error) {
		p, item, err := b.holder(ctx, s)
		if err != nil {
			return nil, err
		}
		form, kind, err := multipartFile(size)
		if err != nil {
			return nil, err
		}
		file, err := p.attach(ctx, item, size, form, kind)
		return func(ctx context.Context, _, _ int) (int64, time.Duration, error) {
			n, err := p.fetch(ctx, item, file, int64(size))
			return n, 0, err
		}, err
	}
}

// multipartFile is the second request's body. What an encrypted file holds
// nobody can tell from chance.
func multipartFile(size int) (form, kind string, err error) {
	data := make([]byte, size)
	rand.Read(data)
	data[0] = 2 // the type of an encrypted file
	var b strings.Builder
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("data", "file.bin")
	if err != nil {
		return "", "", err
	}
	if _, err := part.Write(data); err != nil {
		return "", "", err
	}
	return b.String() + "\r\n--" + w.Boundary() + "--\r\n", w.FormDataContentType(), nil
}

// attach announces a file and sends it; it returns the attachment's id.
func (p *person) attach(ctx context.Context, item string, size int, form, kind string) (string, error) {
	b, err := p.at.do(ctx, "POST", "/api/ciphers/"+item+"/attachment/v2", p.token, map[string]any{"key": p.account.UserKey.WrapKey(keyring.NewSymKey()),
		"fileName": p.account.UserKey.EncryptString("file.bin"), "fileSize": size, "adminRequest": false})
	if err != nil {
		return "", err
	}
	var made struct{ AttachmentID string }
	if err := json.Unmarshal(b, &made); err != nil || made.AttachmentID == "" {
		return "", fmt.Errorf("a new attachment has no id: %.100s", b)
	}
	req, err := p.at.request(ctx, "POST", "/api/ciphers/"+item+"/attachment/"+made.AttachmentID, p.token, nil)
	if err != nil {
		return "", err
	}
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
	req.Header.Set("Content-Type", kind)
	_, err = send(req, io.Discard)
	return made.AttachmentID, err
}

// fetch downloads an attachment as a client does: it asks for the address, which
// may name a host that is not the one we came by, and then for the file.
func (p *person) fetch(ctx context.Context, item, file string, size int64) (int64, error) {
	b, err := p.at.do(ctx, "GET", "/api/ciphers/"+item+"/attachment/"+file, p.token, nil)
	if err != nil {
		return 0, err
	}
	var a struct{ URL string }
	if err := json.Unmarshal(b, &a); err != nil {
		return 0, err
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return 0, err
	}
	return p.at.drain(ctx, u.RequestURI(), "", size)
}

// Package s3 keeps objects in a bucket of an S3-compatible storage. It must not
// know what they hold. Invariant: an object is there whole or not at all, and
// every request is signed.
package s3

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"strongroom/internal/outbound"
)

// Bucket is where objects lie: Endpoint is the storage's address, and buckets are
// the first part of its paths.
type Bucket struct {
	Endpoint    *url.URL
	Name        string
	Credentials Credentials
	Client      *outbound.Fixed
	Now         func() time.Time
	Part        int // bytes of one part of an upload, 5 MiB at least; 0 for 32 MiB
}

// Object is one entry of a list.
type Object struct {
	Key  string
	Size int64
}

// ErrAbsent means that there is no object of that name.
var ErrAbsent = errors.New("s3: no such object")

// Limits: parts are held in memory one at a time; storages take 10,000 of them.
const (
	partSize  = 32 << 20
	maxParts  = 10_000
	tries     = 4
	maxAnswer = 8 << 20
	partTime  = 15 * time.Minute
	idleTime  = 2 * time.Minute
)

// Put reads r to its end and keeps it under key. An error of r, or of the
// storage, keeps nothing.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) error {
	buf := make([]byte, cmp.Or(b.Part, partSize))
	n, err := io.ReadFull(r, buf)
	if short(err) {
		_, err := b.do(ctx, http.MethodPut, key, nil, buf[:n], nil)
		return err
	}
	if err != nil {
		return err
	}
	return b.putParts(ctx, key, r, buf)
}

func short(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

type part struct {
	PartNumber int
	ETag       string
}

// putParts uploads what is longer than one part; buf is the first, full.
func (b *Bucket) putParts(ctx context.Context, key string, r io.Reader, buf []byte) (err error) {
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	if _, err := b.do(ctx, http.MethodPost, key, url.Values{"uploads": {""}}, nil, &begun); err != nil {
		return err
	}
	id := url.Values{"uploadId": {begun.UploadID}}
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), headerTime)
			defer cancel()
			_, aborted := b.do(ctx, http.MethodDelete, key, id, nil, nil)
			err = errors.Join(err, aborted)
		}
	}()
	var parts []part
	for n, last := len(buf), false; n > 0; {
		if len(parts) == maxParts {
			return fmt.Errorf("s3: longer than %d parts of %d bytes", maxParts, len(buf))
		}
		q := url.Values{"partNumber": {strconv.Itoa(len(parts) + 1)}, "uploadId": {begun.UploadID}}
		h, err := b.do(ctx, http.MethodPut, key, q, buf[:n], nil)
		if err != nil {
			return err
		}
		parts = append(parts, part{len(parts) + 1, h.Get("ETag")})
		if last {
			break
		}
		if n, err = io.ReadFull(r, buf); short(err) {
			last = true
		} else if err != nil {
			return err
		}
	}
	body, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []part
	}{Part: parts})
	if err != nil {
		return err
	}
	// A storage may answer 200 and then say in the body that it failed.
	var done struct {
		XMLName xml.Name
		ETag    string
		Message string
	}
	if _, err = b.do(ctx, http.MethodPost, key, id, body, &done); err == nil && done.XMLName.Local != "CompleteMultipartUploadResult" {
		err = fmt.Errorf("s3: completing the upload: %s", done.Message)
	}
	return err
}

const headerTime = time.Minute

// Get returns an object and its size, or ErrAbsent. The caller closes it.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	resp, err := b.ask(ctx, http.MethodGet, key, nil, nil) //nolint:bodyclose // the caller closes what is returned
	if err != nil {
		cancel()
		return nil, 0, err
	}
	return &body{r: resp.Body, cancel: cancel, t: time.AfterFunc(idleTime, cancel)}, resp.ContentLength, nil
}

// body ends when nothing has come for a while.
type body struct {
	r      io.ReadCloser
	cancel func()
	t      *time.Timer
}

func (b *body) Read(p []byte) (int, error) {
	b.t.Reset(idleTime)
	return b.r.Read(p)
}

func (b *body) Close() error {
	b.t.Stop()
	defer b.cancel()
	return b.r.Close()
}

// List lists the objects whose keys begin with prefix.
func (b *Bucket) List(ctx context.Context, prefix string) (all []Object, err error) {
	for token := ""; ; {
		q := url.Values{"list-type": {"2"}, "prefix": {prefix}}
		if token != "" {
			q.Set("continuation-token", token)
		}
		var page struct {
			Contents              []Object
			IsTruncated           bool
			NextContinuationToken string
		}
		if _, err := b.do(ctx, http.MethodGet, "", q, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Contents...)
		if token = page.NextContinuationToken; !page.IsTruncated || token == "" {
			return all, nil
		}
	}
}

// Delete removes an object; one that is not there is fine.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	_, err := b.do(ctx, http.MethodDelete, key, nil, nil, nil)
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	return err
}

// do asks and reads the whole answer into v, if it is not nil.
func (b *Bucket) do(ctx context.Context, method, key string, q url.Values, send []byte, v any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	resp, err := b.ask(ctx, method, key, q, send)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if v == nil {
		return resp.Header, nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		err = xml.Unmarshal(text, v)
	}
	return resp.Header, err
}

// ask sends a request again when the storage is busy or the line broke.
func (b *Bucket) ask(ctx context.Context, method, key string, q url.Values, send []byte) (resp *http.Response, err error) {
	for try := range tries {
		var again bool
		if resp, again, err = b.once(ctx, method, key, q, send); err == nil || !again {
			return resp, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Duration(1<<try) * 250 * time.Millisecond):
		}
	}
	return nil, err
}

func (b *Bucket) once(ctx context.Context, method, key string, q url.Values, send []byte) (_ *http.Response, again bool, err error) {
	u := *b.Endpoint
	path := "/" + b.Name + "/" + key
	u.Path, u.RawPath, u.RawQuery = path, escape(path, true), canonicalQuery(q)
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(send))
	if err != nil {
		return nil, false, err
	}
	b.Credentials.sign(r, send, b.Now())
	resp, err := b.Client.Do(r)
	if err != nil {
		return nil, ctx.Err() == nil, err
	}
	if resp.StatusCode/100 == 2 {
		return resp, false, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound && key != "" {
		return nil, false, ErrAbsent
	}
	var said struct{ Code, Message string }
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if xml.Unmarshal(text, &said) != nil || said.Code == "" {
		said.Code = resp.Status
	}
	return nil, resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, fmt.Errorf("s3: %s %s: %s %s", method, b.Name, said.Code, said.Message)
}

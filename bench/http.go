package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var client = &http.Client{Timeout: 2 * time.Minute,
	Transport: &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true, ReadBufferSize: 64 << 10, WriteBufferSize: 64 << 10}}

// refused is an answer that was not a success.
type refused struct {
	what   string
	status int
	body   string
}

func (r *refused) Error() string {
	return fmt.Sprintf("%s: %d %.200s", r.what, r.status, strings.Join(strings.Fields(r.body), " "))
}

// lacks reports whether err says no more than that a server has no such route,
// takes no body of this size, or limits how often it may be asked.
func lacks(err error) bool {
	r, ok := errors.AsType[*refused](err)
	return ok && (r.status == 404 || r.status == 405 || r.status == 413 || r.status == 429 || r.status == 501)
}

// request makes a request whose body is JSON, or a form if that is what body is.
func (s *server) request(ctx context.Context, method, path, token string, body any) (*http.Request, error) {
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		r, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case []byte:
		r, kind = bytes.NewReader(b), "application/json; charset=utf-8"
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		r, kind = bytes.NewReader(j), "application/json; charset=utf-8"
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, r)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Device-Type", "25")
	req.Header.Set("Bitwarden-Client-Name", "cli")
	req.Header.Set("Bitwarden-Client-Version", "2026.9.0")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// do makes one request and returns its answer's body; no success is a *refused.
func (s *server) do(ctx context.Context, method, path, token string, body any) ([]byte, error) {
	req, err := s.request(ctx, method, path, token, body)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = send(req, &b)
	return b.Bytes(), err
}

// send copies the answer's body to w and returns its size.
func send(req *http.Request, w io.Writer) (int64, error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return 0, &refused{req.Method + " " + req.URL.Path, resp.StatusCode, string(text)}
	}
	return io.Copy(w, resp.Body)
}

// drain makes a request and drops its answer as it comes: the client shares the
// machine, and what it does with a body is not the server's time. An answer that
// is shorter than least is an error.
func (s *server) drain(ctx context.Context, path, token string, least int64) (int64, error) {
	req, err := s.request(ctx, "GET", path, token, nil)
	if err != nil {
		return 0, err
	}
	n, err := send(req, io.Discard)
	if err == nil && n < least {
		err = fmt.Errorf("GET %s: %d bytes only", path, n)
	}
	return n, err
}

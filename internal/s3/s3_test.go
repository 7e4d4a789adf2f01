package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"strongroom/internal/outbound"
	"strongroom/internal/s3"
	"strongroom/internal/s3/s3test"
)

func TestStorage(t *testing.T) {
	b := s3test.New(t)
	b.Part = 5 << 20
	ctx := t.Context()
	big := bytes.Repeat([]byte("0123456789abcdef"), 900_000)
	for key, content := range map[string][]byte{"small": []byte("x"), "a folder/ü & +%?": []byte("odd"), "nothing": nil, "big": big, "exact": big[:10<<20]} {
		if err := b.Put(ctx, key, bytes.NewReader(content)); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		r, n, err := b.Get(ctx, key)
		if err != nil || n != int64(len(content)) {
			t.Fatalf("%s: %d bytes, %v", key, n, err)
		}
		got, err := io.ReadAll(r)
		if r.Close(); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s came back otherwise: %d bytes, %v", key, len(got), err)
		}
	}
	failing := io.MultiReader(bytes.NewReader(big), iotest{})
	if err := b.Put(ctx, "failed", failing); err == nil {
		t.Error("an upload whose reader failed succeeded")
	}
	list, err := b.List(ctx, "")
	if err != nil || len(list) != 5 {
		t.Errorf("%v, %v", list, err)
	}
	if err := b.Delete(ctx, "small"); err != nil {
		t.Error(err)
	}
	if err := b.Delete(ctx, "small"); err != nil {
		t.Error(err)
	}
	if _, _, err := b.Get(ctx, "small"); !errors.Is(err, s3.ErrAbsent) {
		t.Errorf("a deleted object: %v", err)
	}
	forged := *b
	forged.Credentials.Secret = "wrong"
	if err := forged.Put(ctx, "forged", strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Errorf("a wrong secret: %v", err)
	}
}

type iotest struct{}

func (iotest) Read([]byte) (int, error) { return 0, errors.New("the reader failed") }

func TestOneServerOnly(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "storage.example"}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://other.example/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := outbound.To(u).Do(r); !errors.Is(err, outbound.ErrRefused) {
		resp.Body.Close()
		t.Errorf("another host was asked: %v", err)
	}
}

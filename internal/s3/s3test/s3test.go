// Package s3test starts a real S3-compatible storage for tests. It must not be
// imported but by tests. Invariant: what it starts ends with the test.
package s3test

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strongroom/internal/outbound"
	"strongroom/internal/s3"
)

// New starts a server of versitygw, which scripts/prepare installs, with an
// empty bucket.
func New(t testing.TB) *s3.Bucket {
	t.Helper()
	root := ".."
	for _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil && len(root) < 30; _, err = os.Stat(filepath.Join(root, "go.mod")) {
		root = filepath.Join(root, "..")
	}
	bin, err := filepath.Abs(filepath.Join(root, ".tools", "bin", "versitygw"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("STRONGROOM_FULL_TESTS") != "" { //nolint:forbidigo // tests only
			t.Fatalf("the storage is not installed; run scripts/prepare: %v", err)
		}
		t.Skip("`make test` installs a storage")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it gives a free port
	if err != nil {
		t.Fatal(err)
	}
	host := ln.Addr().String()
	ln.Close()
	cmd := exec.CommandContext( //nolint:gosec // a program that scripts/prepare installed
		context.Background(), bin, "--port", host, "--access", "key", "--secret", "secret", "--region", "here", "--quiet",
		"posix", "--sidecar", t.TempDir(), t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) //nolint:errcheck // it ends
	u := &url.URL{Scheme: "http", Host: host}
	b := &s3.Bucket{Endpoint: u, Name: "strongroom", Credentials: s3.Credentials{Region: "here", KeyID: "key", Secret: "secret"}, Client: outbound.To(u), Now: time.Now}
	for deadline := time.Now().Add(time.Minute); ; {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // another process starts meanwhile
		c, err := net.Dial("tcp", host)   //nolint:noctx // on this machine
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if err := b.Put(t.Context(), "", strings.NewReader("")); err != nil { // no key: the bucket itself
		t.Fatal(err)
	}
	return b
}

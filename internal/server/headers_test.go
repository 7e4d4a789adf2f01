package server_test

import (
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// holdsHeaders: whatever was answered, to whomever, no browser keeps it, guesses its
// type or is given a cookie.
func holdsHeaders(t *testing.T, route string, a *servertest.Answer) {
	t.Helper()
	h := a.Header
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("%s: %d may be kept: Cache-Control %q", route, a.Status, h.Get("Cache-Control"))
	}
	if h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: %d may be sniffed", route, a.Status)
	}
	if h.Get("Set-Cookie") != "" {
		t.Errorf("%s: %d sets a cookie", route, a.Status)
	}
}

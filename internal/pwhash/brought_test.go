package pwhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"testing"
)

func TestBroughtVerifies(t *testing.T) {
	salt := make([]byte, 64)
	sum, err := pbkdf2.Key(sha256.New, "proof", salt, 1000, 32)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := Brought(salt, sum, 1000)
	if err != nil || !Outdated(stored) {
		t.Fatal(stored, err)
	}
	h := New(1, 1)
	for secret, want := range map[string]bool{"proof": true, "Proof": false, "": false} {
		if ok, err := h.Verify(t.Context(), stored, secret); ok != want || err != nil {
			t.Errorf("%q: %v, %v", secret, ok, err)
		}
	}
	own, err := h.Hash(t.Context(), "proof")
	if err != nil || Outdated(own) {
		t.Error("our own hash is called outdated", err)
	}
}

func TestNoBroughtHashIsAnError(t *testing.T) {
	for _, c := range []struct {
		salt, sum, rounds int
	}{{7, 32, 1}, {65, 32, 1}, {16, 15, 1}, {16, 65, 1}, {16, 32, 0}, {16, 32, -1}, {16, 32, maxRounds + 1}} {
		if s, err := Brought(make([]byte, c.salt), make([]byte, c.sum), c.rounds); !errors.Is(err, errPHC) {
			t.Errorf("%+v: %q, %v", c, s, err)
		}
	}
	h := New(1, 1)
	const tail = "$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
	if _, err := parseBrought("$pbkdf2-sha256$i=1" + tail); err != nil {
		t.Fatal("the good one that the bad ones differ from:", err)
	}
	for _, s := range []string{"$pbkdf2-sha256$", "$pbkdf2-sha256$i=01" + tail, "$pbkdf2-sha256$i=+1" + tail, "$pbkdf2-sha256$i=1,x=2" + tail, "$pbkdf2-sha256$i=1" + tail + "$", "$pbkdf2-sha256$i=1" + tail + "\n"} {
		if ok, err := h.Verify(t.Context(), s, "x"); ok || !errors.Is(err, errPHC) {
			t.Errorf("%q: %v, %v", s, ok, err)
		}
	}
}

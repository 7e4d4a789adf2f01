package breach

import (
	"context"
	"errors"
	"testing"

	"strongroom/internal/fault"
	"strongroom/internal/outbound"
	"strongroom/internal/vault"
)

type answers struct {
	status int
	asked  []string
}

func (a *answers) Get(_ context.Context, address string, _ int64) (*outbound.Answer, error) {
	a.asked = append(a.asked, address)
	return &outbound.Answer{Status: a.status, Body: []byte("0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0\r\n<html>:1\n")}, nil
}

// TestRange: five digits leave, and nothing else may be put into the address.
func TestRange(t *testing.T) {
	a := &answers{status: 200}
	s := &Service{Client: a, Source: "https://source.example/range/"}
	alice := vault.Caller{User: "alice", Door: vault.DoorBitwarden}
	if b, err := s.Range(t.Context(), alice, "abcde"); err != nil || len(b) != 1 || b["0018A45C4D1DEF81644B54AB7F969B88D65"] != 3 || a.asked[0] != "https://source.example/range/ABCDE" {
		t.Errorf("%v %v %v", b, err, a.asked)
	}
	for _, bad := range []string{"", "abcd", "abcdef", "abcd/", "../..", "ABCDG"} {
		if _, err := s.Range(t.Context(), alice, bad); !errors.Is(err, ErrPrefix) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := s.Range(t.Context(), vault.Caller{}, "ABCDE"); !fault.Of(err, fault.Unauthenticated) {
		t.Errorf("a stranger: %v", err)
	}
	a.status = 429
	if _, err := s.Range(t.Context(), alice, "ABCDE"); !errors.Is(err, outbound.ErrFailed) {
		t.Errorf("a refusal: %v", err)
	}
	if len(a.asked) != 2 {
		t.Errorf("it asked %v", a.asked)
	}
}

// TestOff: the one switch.
func TestOff(t *testing.T) {
	s := &Service{Client: outbound.New(func() bool { return true }), Source: PwnedPasswords}
	if _, err := s.Range(t.Context(), vault.Caller{User: "alice"}, "ABCDE"); !errors.Is(err, outbound.ErrOff) {
		t.Error(err)
	}
}

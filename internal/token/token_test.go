package token

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func claims() Claims {
	return Claims{Subject: "u", Session: "s", Epoch: 3, Half: "h", Issued: noon, Expires: noon.Add(time.Hour)}
}

func signer(t *testing.T, secret string) *Signer {
	t.Helper()
	s, err := NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRoundTrip(t *testing.T) {
	s := signer(t, "one")
	tok, err := s.Sign(AudienceREST, claims())
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Verify(AudienceREST, tok, noon)
	if err != nil || c.Subject != "u" || c.Session != "s" || c.Epoch != 3 || c.Half != "h" || !c.Expires.Equal(noon.Add(time.Hour)) {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestRefused(t *testing.T) {
	s := signer(t, "one")
	good, _ := s.Sign(AudienceREST, claims())
	foreign, _ := signer(t, "two").Sign(AudienceREST, claims())
	other, _ := s.Sign("elsewhere", claims())
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	hs512, _ := jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{"iss": Issuer, "aud": AudienceREST, "sub": "u", "sid": "s", "exp": noon.Add(time.Hour).Unix()}).SignedString(s.key)
	eternal, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": Issuer, "aud": AudienceREST, "sub": "u", "sid": "s"}).SignedString(s.key)
	for name, tok := range map[string]string{
		"foreign key": foreign, "other audience": other, "alg none": none, "HS512": hs512, "no expiry": eternal,
		"truncated": good[:len(good)-1], "empty": "", "two parts": parts[0] + "." + parts[1],
		"other payload": parts[0] + "." + parts[1] + "A." + parts[2], "long": good + strings.Repeat("A", maxToken),
	} {
		if _, err := s.Verify(AudienceREST, tok, noon); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Verify(AudienceREST, good, noon.Add(time.Hour)); !errors.Is(err, ErrInvalid) {
		t.Errorf("expired: %v", err)
	}
}

func TestDeriveSaysNothingOfTheToken(t *testing.T) {
	a, b := NewOpaque(AccessPrefix), NewOpaque(AccessPrefix)
	ha, err := Derive(a)
	if err != nil || a == b {
		t.Fatal(err, a == b)
	}
	again, _ := Derive(a)
	hb, _ := Derive(b)
	if ha != again || ha == hb || strings.Contains(a, ha) {
		t.Error("the derived half does not depend on the token alone")
	}
}

func BenchmarkVerify(b *testing.B) {
	s, _ := NewSigner("one")
	tok, _ := s.Sign(AudienceREST, claims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(AudienceREST, tok, noon); err != nil {
			b.Fatal(err)
		}
	}
}

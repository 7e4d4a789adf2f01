// Package token makes and checks what a client carries: signed access tokens
// and random opaque ones. It must not look anything up: a token that checks out
// here still needs its session. Invariant: only HS256 under the key derived from
// SECRET_KEY is ever accepted, with issuer, audience and expiry.
package token

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer stands in every token; Audiences keep the doors apart.
const (
	Issuer        = "strongroom"
	AudienceREST  = "strongroom/api/v1"
	AccessPrefix  = "srp_" // machine access tokens, so that secret scanners know them
	RefreshPrefix = "srr_"
)

// ErrInvalid says no more than that the token is dead, whatever was wrong with it.
var ErrInvalid = errors.New("token: not valid here and now")

// Claims is what an access token says. Half is the part of the user key that
// only the token carries; it opens nothing without the session's part.
type Claims struct {
	Subject, Session string
	Epoch            int64
	Half             string
	Issued, Expires  time.Time
}

// Signer signs and checks. It is safe for concurrent use.
type Signer struct {
	key    []byte
	kid    string
	parser func(audience string, now time.Time) *jwt.Parser
}

// NewSigner derives the signing key from SECRET_KEY.
func NewSigner(secretKey string) (*Signer, error) {
	key, err := hkdf.Key(sha256.New, []byte(secretKey), nil, "strongroom access token HS256", 32)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(append([]byte("kid"), key...))
	return &Signer{key: key, kid: hex.EncodeToString(id[:8]), parser: newParser}, nil
}

func newParser(audience string, now time.Time) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(Issuer),
		jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
}

type wireClaims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Epoch   int64  `json:"epoch"`
	Half    string `json:"half,omitempty"`
}

// Sign makes an access token for one audience.
func (s *Signer) Sign(audience string, c Claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: Issuer, Audience: jwt.ClaimStrings{audience}, Subject: c.Subject,
			IssuedAt: jwt.NewNumericDate(c.Issued), ExpiresAt: jwt.NewNumericDate(c.Expires)},
		Session: c.Session, Epoch: c.Epoch, Half: c.Half,
	})
	t.Header["kid"] = s.kid
	return t.SignedString(s.key)
}

// maxToken is longer than any token of ours; what is longer is not parsed.
const maxToken = 4096

// Verify checks a token for one audience at now; anything wrong is ErrInvalid.
func (s *Signer) Verify(audience, tok string, now time.Time) (Claims, error) {
	if len(tok) > maxToken {
		return Claims{}, ErrInvalid
	}
	var w wireClaims
	_, err := s.parser(audience, now).ParseWithClaims(tok, &w, func(*jwt.Token) (any, error) { return s.key, nil })
	if err != nil || w.Subject == "" || w.Session == "" {
		return Claims{}, ErrInvalid
	}
	return Claims{Subject: w.Subject, Session: w.Session, Epoch: w.Epoch, Half: w.Half, Expires: w.ExpiresAt.Time}, nil
}

// NewOpaque makes prefix and 256 random bits in base64url.
func NewOpaque(prefix string) string {
	var b [32]byte
	rand.Read(b[:])
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Derive makes the key half that an opaque token stands for. The database keeps
// an index of the whole token, from which this cannot be had.
func Derive(opaque string) (half string, err error) {
	b, err := hkdf.Key(sha256.New, []byte(opaque), nil, "strongroom split key", 32)
	return base64.URLEncoding.EncodeToString(b), err
}

// Package token makes and checks what a client carries: signed access tokens
// and random opaque ones. It must not look anything up: a token that checks out
// here still needs its session. Invariant: only HS256 under the key derived from
// SECRET_KEY is ever accepted, with issuer, audience and expiry.
package token

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer stands in every token; Audiences keep the doors apart.
const (
	Issuer         = "strongroom"
	AudienceREST   = "strongroom/api/v1"
	AudienceBW     = "strongroom/bitwarden"
	AudienceMail   = "strongroom/mail"          // links and codes sent by mail
	AudienceFile   = "strongroom/files"         // links to download one file
	AudienceFactor = "strongroom/second-factor" // what one step of setting up or showing a factor hands to the next
	AudienceSend   = "strongroom/send"          // access to one Send
	AccessPrefix   = "srp_"                     // machine access tokens, so that secret scanners know them
	RefreshPrefix  = "srr_"
	RememberPrefix = "srd_" // remembered devices
	InvitePrefix   = "sri_" // invitations
)

// ErrInvalid says no more than that the token is dead, whatever was wrong with it.
var ErrInvalid = errors.New("token: not valid here and now")

// Claims is what an access token says. Half is the part of the user key that
// only the token carries; it opens nothing without the session's part. Public
// is what a client reads in its own token; it is not read back.
type Claims struct {
	Subject, Session string
	Epoch            int64
	Half             string
	Issued, Expires  time.Time
	Public           map[string]any
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
	m := jwt.MapClaims{"iss": Issuer, "aud": audience, "sub": c.Subject, "iat": c.Issued.Unix(), "nbf": c.Issued.Unix(), "exp": c.Expires.Unix(),
		"sid": c.Session, "epoch": c.Epoch}
	if c.Half != "" {
		m["half"] = c.Half
	}
	for name, v := range c.Public {
		if _, taken := m[name]; !taken {
			m[name] = v
		}
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, m)
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

// Stable is a number that depends on text and this instance's key only: for
// answers about what does not exist, which must not change from time to time.
func (s *Signer) Stable(text string) uint64 {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte("stable\x00" + text))
	return binary.BigEndian.Uint64(m.Sum(nil))
}

// MAC authenticates parts for one purpose under this instance's key. Lengths are
// part of it, so that no two lists of parts are alike.
func (s *Signer) MAC(purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, s.key)
	for _, p := range append([]string{"mac", purpose}, parts...) {
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		m.Write([]byte(p))
	}
	return m.Sum(nil)
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

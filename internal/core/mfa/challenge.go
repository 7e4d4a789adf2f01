package mfa

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"strongroom/internal/vault"
)

// A WebAuthn challenge proves itself: random bytes, the time at which it ends,
// and a MAC over both and what it is for. So a stranger who asks for one writes
// nothing, any node knows it again, and what is stored is that it was used.

const (
	challengeLife = 5 * time.Minute
	nonceSize     = 16
	challengeSize = nonceSize + 8 + 32
)

func (s *Service) newChallenge(purpose ...string) []byte {
	c := make([]byte, nonceSize, challengeSize)
	rand.Read(c)
	c = binary.BigEndian.AppendUint64(c, uint64(s.Now().Add(challengeLife).UnixMicro()))
	return append(c, s.challengeMAC(c, purpose)...)
}

func (s *Service) challengeMAC(c []byte, purpose []string) []byte {
	return s.Signer.MAC("webauthn challenge", append([]string{string(c[:nonceSize+8])}, purpose...)...)
}

// known checks a challenge that came back and returns when it ends, in microseconds.
func (s *Service) known(text string, purpose ...string) (until int64, err error) {
	c, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(c) != challengeSize || !hmac.Equal(c[nonceSize+8:], s.challengeMAC(c, purpose)) {
		return 0, vault.ErrTicket
	}
	until = int64(binary.BigEndian.Uint64(c[nonceSize:]))
	if s.Now().UnixMicro() >= until {
		return 0, vault.ErrTicket
	}
	return until, nil
}

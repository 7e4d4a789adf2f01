// Package breach asks which passwords are known from breaches. It must not learn
// a password: it is given the first five digits of a hash, which some hundred
// known passwords share, and hands on the rest of each. Invariant: nothing but
// those five digits leaves this server.
package breach

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"strongroom/internal/fault"
	"strongroom/internal/outbound"
	"strongroom/internal/vault"
)

// Service asks Source, a service of the Pwned Passwords kind ("range" requests).
type Service struct {
	Client interface {
		Get(ctx context.Context, address string, limit int64) (*outbound.Answer, error)
	}
	Source string
}

// PwnedPasswords is the public service that knows the most.
const PwnedPasswords = "https://api.pwnedpasswords.com/range/"

// maxRange bounds an answer; the largest range has some 2,000 lines of 40 bytes.
const maxRange = 1 << 20

// ErrPrefix says that a prefix is not five hexadecimal digits.
var ErrPrefix = fault.New(fault.Invalid, "breach-prefix", "Send the first five hexadecimal digits of the password's SHA-1.")

var (
	prefixForm = regexp.MustCompile(`^[0-9A-F]{5}$`)
	restForm   = regexp.MustCompile(`^[0-9A-F]{35}$`)
)

// Range returns the known passwords whose SHA-1 begins with prefix: the rest of
// each hash, 35 upper-case digits, and in how many breaches it was. Everyone who
// is signed in may ask.
func (s *Service) Range(ctx context.Context, c vault.Caller, prefix string) (map[string]int, error) {
	if err := c.Must(vault.ReadVault); err != nil {
		return nil, err
	}
	prefix = strings.ToUpper(prefix)
	if !prefixForm.MatchString(prefix) {
		return nil, ErrPrefix.At("prefix", "must be five hexadecimal digits")
	}
	a, err := s.Client.Get(ctx, s.Source+prefix, maxRange)
	if err != nil {
		return nil, err
	}
	if a.Status != 200 {
		return nil, outbound.ErrFailed
	}
	return lines(a.Body), nil
}

// lines reads "REST-OF-HASH:COUNT"; a count of 0 is padding of the service's.
func lines(body []byte) map[string]int {
	found := map[string]int{}
	for line := range strings.Lines(string(body)) {
		rest, count, _ := strings.Cut(strings.TrimSpace(line), ":")
		if n, err := strconv.Atoi(count); err == nil && n > 0 && restForm.MatchString(rest) {
			found[rest] = n
		}
	}
	return found
}

package unlock

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Code is a one-time password: how long it is valid and how much of that is left.
type Code struct {
	Code         string
	Period, Left int // seconds
}

type totpKey struct {
	secret string
	opts   totp.ValidateOpts
}

var errTOTP = errors.New("must be a base32 secret or an otpauth://totp/ address")

// parseTOTP reads what people paste: a base32 secret, with spaces or not, or an
// otpauth:// address.
func parseTOTP(s string) (totpKey, error) {
	k := totpKey{secret: s, opts: totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}}
	if strings.HasPrefix(strings.ToLower(s), "otpauth://") {
		u, err := url.Parse(s)
		if err != nil || u.Host != "totp" {
			return k, errTOTP
		}
		q := u.Query()
		k.secret = q.Get("secret")
		if n, err := strconv.Atoi(q.Get("period")); err == nil && n > 0 && n <= 3600 {
			k.opts.Period = uint(n)
		}
		if n, err := strconv.Atoi(q.Get("digits")); err == nil && n >= 5 && n <= 10 {
			k.opts.Digits = otp.Digits(n)
		}
		switch strings.ToUpper(q.Get("algorithm")) {
		case "SHA256":
			k.opts.Algorithm = otp.AlgorithmSHA256
		case "SHA512":
			k.opts.Algorithm = otp.AlgorithmSHA512
		}
	}
	k.secret = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "=", "").Replace(k.secret))
	if k.secret == "" {
		return k, errTOTP
	}
	if _, err := totp.GenerateCodeCustom(k.secret, time.Unix(0, 0), k.opts); err != nil {
		return k, errTOTP
	}
	return k, nil
}

func (k totpKey) at(now time.Time) (*Code, error) {
	code, err := totp.GenerateCodeCustom(k.secret, now, k.opts)
	period := int(k.opts.Period)
	return &Code{Code: code, Period: period, Left: period - int(now.Unix())%period}, err
}

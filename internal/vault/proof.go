package vault

import "time"

// ProofLife is how long a password or second factor, once shown, counts for what
// a stolen token alone must not do.
const ProofLife = 5 * time.Minute

// Fresh returns why c may not do at now what needs a proof that is not older than
// ProofLife: API keys, exports, recovery, second factors, roles, policies.
func (c Caller) Fresh(now time.Time) error {
	if err := c.Must(ManageFactors); err != nil {
		return err
	}
	if c.Proven.IsZero() || now.Sub(c.Proven) >= ProofLife {
		return ErrStepUp
	}
	return nil
}

// MustFresh is Must and Fresh at once.
func (c Caller) MustFresh(p Power, now time.Time) error {
	if err := c.Must(p); err != nil {
		return err
	}
	return c.Fresh(now)
}

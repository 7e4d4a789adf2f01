// Package mfa is second factors and passkeys: setting them up, and finding out
// at a sign-in whether one was shown. It must not open sessions or see a
// password; who is asked for a second factor knew the first. Invariant: whatever
// is shown counts once, decided by one SQL statement.
package mfa

import (
	"context"
	"errors"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/mail"
	"strongroom/internal/outbound"
	"strongroom/internal/store"
	"strongroom/internal/throttle"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Service carries out the verbs of second factors.
type Service struct {
	Store   *store.Store
	Signer  *token.Signer
	Mail    *mail.Sender
	Ask     *outbound.Client // reaches the YubiKeys' validation server
	YubiKey YubiKeys
	Limiter *throttle.Limiter
	Now     func() time.Time
	Policy  func() vault.FactorPolicy
}

func (s *Service) limited(ctx context.Context, u vault.UserID, a vault.Attempt, judge func(context.Context) error) error {
	return s.Limiter.Judge(ctx, vault.Guess{Place: vault.PlaceSecondFactor, Account: string(u), Address: a.Address, Device: a.Device}, judge)
}

// ofCaller is limited for somebody who is signed in.
func (s *Service) ofCaller(ctx context.Context, c vault.Caller, judge func(context.Context) error) error {
	return s.limited(ctx, c.User, vault.Attempt{Address: c.Address, Device: c.Device}, judge)
}

func (s *Service) factors(ctx context.Context, u vault.UserID) (fs []*vault.Factor, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		fs, err = tx.Factors(ctx, u)
		return err
	})
	return fs, err
}

// Check is the second step of a's sign-in as u, whose first was right. What is
// missing is a vault.Challenge, what is wrong vault.ErrSecondWrong.
func (s *Service) Check(ctx context.Context, u *vault.User, a vault.Attempt) (*vault.Verified, error) {
	fs, err := s.factors(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	v := &vault.Verified{User: u}
	if len(vault.Seconds(fs)) == 0 {
		return v, nil
	}
	in := a.Second
	switch {
	case in.Mail:
		if err := s.mailSignIn(ctx, u, fs, a); err != nil {
			return nil, err
		}
		return nil, s.challenge(u, fs, in.Origin)
	case in.Code == "":
		return nil, s.challenge(u, fs, in.Origin)
	case in.Kind == vault.FactorRemembered:
		if good, err := s.remembered(ctx, u, a); err != nil || good {
			return v, err
		}
		return nil, s.challenge(u, fs, in.Origin)
	}
	if err := s.shown(ctx, u, fs, a, v); err != nil {
		return nil, err
	}
	if in.Remember && v.User.Epoch == u.Epoch { // not after a recovery, when there is nothing left to be asked for
		v.Remember, err = s.remember(ctx, u, a)
	}
	return v, err
}

// Show checks a second factor of somebody who is signed in, for a step-up. A
// recovery code is not one, nor a remembered device.
func (s *Service) Show(ctx context.Context, u *vault.User, a vault.Attempt) error {
	fs, err := s.factors(ctx, u.ID)
	if err != nil {
		return err
	}
	a.Second.Kind = a.Second.Guess(fs)
	if !a.Second.Kind.Second() {
		return s.limited(ctx, u.ID, a, func(ctx context.Context) error { return s.failed(ctx, u, a) })
	}
	return s.shown(ctx, u, fs, a, &vault.Verified{User: u})
}

// shown judges what was shown; v gets what changed by it.
func (s *Service) shown(ctx context.Context, u *vault.User, fs []*vault.Factor, a vault.Attempt, v *vault.Verified) error {
	a.Second.Kind = a.Second.Guess(fs)
	return s.limited(ctx, u.ID, a, func(ctx context.Context) error {
		var err error
		switch a.Second.Kind {
		case vault.FactorAuthenticator:
			err = s.checkTOTP(ctx, fs, a.Second.Code)
		case vault.FactorEmail:
			err = s.checkMailed(ctx, u, fs, a.Second.Code)
		case vault.FactorYubiKey:
			err = s.checkYubiKey(ctx, fs, a.Second.Code)
		case vault.FactorWebAuthn:
			err = s.checkKey(ctx, u, fs, a.Second)
		case vault.FactorRecovery:
			err = s.recover(ctx, fs, a, v)
		default:
			err = vault.ErrSecondWrong
		}
		if errors.Is(err, vault.ErrSecondWrong) {
			return s.failed(ctx, u, a)
		}
		return err
	})
}

func (s *Service) failed(ctx context.Context, u *vault.User, a vault.Attempt) error {
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventSecondFailed, User: u.ID, Door: a.Door, Address: a.Address, Device: a.Device, Detail: a.Second.Kind.String()})
	})
	if err != nil {
		return err
	}
	return vault.ErrSecondWrong
}

// challenge says what u may show.
func (s *Service) challenge(u *vault.User, fs []*vault.Factor, origin string) error {
	c := &vault.Challenge{}
	for _, f := range vault.Seconds(fs) {
		if len(c.Offers) > 0 && c.Offers[len(c.Offers)-1].Kind == f.Kind {
			last := &c.Offers[len(c.Offers)-1]
			last.NFC = last.NFC || f.NFC
			continue
		}
		o := vault.Offer{Kind: f.Kind, NFC: f.NFC}
		switch f.Kind {
		case vault.FactorEmail:
			var err error
			if c.Ticket, err = s.ticket(u.ID, u.Epoch, ticketMail); err != nil {
				return err
			}
			c.Email, o.Email = u.Email, vault.MaskEmail(f.Email)
		case vault.FactorWebAuthn:
			var err error
			if o.Options, err = s.assertion(u, fs, vault.FactorWebAuthn, origin); err != nil {
				continue // keys of another host, or of none: the others are still offered
			}
		}
		c.Offers = append(c.Offers, o)
	}
	if len(c.Offers) == 0 {
		return vault.ErrSecondFactor.Saying("Your security keys were set up under another address of this server. Sign in with your recovery code, or at that address.")
	}
	return c
}

// Tickets carry from one request to the next what the first had proved.
const (
	ticketMail = "mail"
	ticketLife = 15 * time.Minute
)

func (s *Service) ticket(u vault.UserID, epoch int64, purpose string) (string, error) {
	now := s.Now()
	return s.Signer.Sign(token.AudienceFactor, token.Claims{Subject: string(u), Session: purpose, Epoch: epoch, Issued: now, Expires: now.Add(ticketLife)})
}

// begun opens a ticket of that purpose for its account.
func (s *Service) begun(purpose, ticket string) (vault.UserID, int64, error) {
	c, err := s.Signer.Verify(token.AudienceFactor, ticket, s.Now())
	if err != nil || c.Session != purpose {
		return "", 0, vault.ErrTicket
	}
	return vault.UserID(c.Subject), c.Epoch, nil
}

// missing turns what the store did not find into what the person is told.
func missing(err, told error) error {
	if fault.Of(err, fault.NotFound) {
		return told
	}
	return err
}

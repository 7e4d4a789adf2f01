package mfa

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"strongroom/internal/fault"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Setting a factor up takes two requests. The first asks for a fresh proof and
// hands out a ticket, bound to the session, the kind and what was offered; the
// second shows that the factor works, and may come later than the proof lasts.

func (s *Service) ticketFor(c vault.Caller, kind vault.FactorKind, bound string) string {
	return kind.String() + "/" + string(c.Session) + "/" + base64.RawURLEncoding.EncodeToString(s.Signer.MAC("ticket", bound))
}

// Ticket is proof that the caller's session had a fresh proof for setting up or
// removing factors of a kind; bound is what it is about, "" for the whole kind.
func (s *Service) Ticket(c vault.Caller, kind vault.FactorKind, bound string) (string, error) {
	if err := c.Fresh(s.Now()); err != nil {
		return "", err
	}
	return s.ticket(c.User, 0, s.ticketFor(c, kind, bound))
}

// Redeem is the caller with the fresh proof that a ticket stands for.
func (s *Service) Redeem(c vault.Caller, kind vault.FactorKind, bound, ticket string) (vault.Caller, error) {
	u, _, err := s.begun(s.ticketFor(c, kind, bound), ticket)
	if err != nil || u != c.User {
		return c, vault.ErrTicket
	}
	c.Proven = s.Now()
	return c, nil
}

// Enrolment is what an authenticator app needs to begin.
type Enrolment struct{ Seed, URI, Ticket string }

// BeginAuthenticator offers a new seed, which counts once a code of it is shown.
func (s *Service) BeginAuthenticator(ctx context.Context, c vault.Caller) (*Enrolment, error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, err
	}
	u, _, err := s.mine(ctx, c)
	if err != nil {
		return nil, err
	}
	e := &Enrolment{Seed: vault.NewSeed()}
	e.URI = enrolURI(u.Email, e.Seed)
	e.Ticket, err = s.Ticket(c, vault.FactorAuthenticator, e.Seed)
	return e, err
}

var errCodeOfSeed = vault.ErrFactorInvalid.At("code", "is not what the authenticator shows now; check the clock of its device")

// ConfirmAuthenticator sets up an authenticator, in the place of the last one. The
// code is used up by it.
func (s *Service) ConfirmAuthenticator(ctx context.Context, c vault.Caller, seed, code, ticket string) (*vault.Factor, error) {
	c, err := s.Redeem(c, vault.FactorAuthenticator, seed, ticket)
	if err != nil {
		return nil, err
	}
	var step int64
	err = s.ofCaller(ctx, c, func(context.Context) error {
		if step = s.stepOf(seed, code); step < 0 || !vault.ValidSeed(seed) {
			return errCodeOfSeed
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.add(ctx, c, &vault.Factor{Kind: vault.FactorAuthenticator, Secret: vault.NewSecret(seed), Counter: step})
}

// BeginEmail mails a code to the address that codes shall go to.
func (s *Service) BeginEmail(ctx context.Context, c vault.Caller, email string) error {
	if err := c.Fresh(s.Now()); err != nil {
		return err
	}
	return s.mailCode(ctx, c.User, vault.CodeEnrol, email, "set up codes by e-mail",
		vault.Event{Kind: vault.EventCodeSent, User: c.User, Actor: c.User, Door: c.Door, Address: c.Address, Detail: vault.FactorEmail.String()})
}

// ConfirmEmail sets up codes by mail with the code that was mailed to email.
func (s *Service) ConfirmEmail(ctx context.Context, c vault.Caller, email, code string) (*vault.Factor, error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, err
	}
	err := s.ofCaller(ctx, c, func(ctx context.Context) error {
		to, err := s.tryCode(ctx, c.User, vault.CodeEnrol, code)
		if err == nil && to != email {
			err = vault.ErrCodeWrong
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.add(ctx, c, &vault.Factor{Kind: vault.FactorEmail, Email: email})
}

var errNoYubiKey = vault.ErrFactorInvalid.At("otp", "is not what a YubiKey types")

// AddYubiKey sets up the YubiKey that typed otp.
func (s *Service) AddYubiKey(ctx context.Context, c vault.Caller, otp, name string, nfc bool) (*vault.Factor, error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, err
	}
	id := vault.YubiKeyID(otp)
	if id == "" {
		return nil, errNoYubiKey
	}
	fs, err := s.factors(ctx, c.User)
	if err != nil {
		return nil, err
	}
	for _, f := range fs {
		if f.Kind == vault.FactorYubiKey && f.Secret.Reveal() == id {
			return nil, vault.ErrFactorExists
		}
	}
	err = s.ofCaller(ctx, c, func(ctx context.Context) error { return s.validate(ctx, otp) })
	if vault.WrongGuess(err) {
		return nil, errNoYubiKey
	}
	if err != nil {
		return nil, err
	}
	return s.add(ctx, c, &vault.Factor{Kind: vault.FactorYubiKey, Name: name, Secret: vault.NewSecret(id), NFC: nfc})
}

// YubiKeysOn reports whether YubiKeys can be set up here.
func (s *Service) YubiKeysOn() bool { return s.YubiKey.ID != "" }

// MailOn reports whether codes can be mailed.
func (s *Service) MailOn() bool { return s.Mail.On() }

// BeginKey makes the options with which a key pair of a kind (WebAuthn, passkey)
// is made. Their challenge is the ticket.
func (s *Service) BeginKey(ctx context.Context, c vault.Caller, kind vault.FactorKind, origin string) (options []byte, token string, err error) {
	if err := c.Fresh(s.Now()); err != nil {
		return nil, "", err
	}
	w, host, err := relying(origin)
	if err != nil {
		return nil, "", err
	}
	u, fs, err := s.mine(ctx, c)
	if err != nil {
		return nil, "", err
	}
	h, err := holderOf(u, fs, kind, host)
	if err != nil {
		return nil, "", err
	}
	known := make([]protocol.CredentialDescriptor, len(h.keys))
	for i := range h.keys {
		known[i] = h.keys[i].Descriptor()
	}
	selection := protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementDiscouraged, UserVerification: verification(kind)}
	if kind == vault.FactorPasskey {
		selection.ResidentKey, selection.RequireResidentKey = protocol.ResidentKeyRequirementRequired, protocol.ResidentKeyRequired()
	}
	o, _, err := w.BeginRegistration(h, webauthn.WithAuthenticatorSelection(selection), webauthn.WithExclusions(known), webauthn.WithConveyancePreference(protocol.PreferNoAttestation))
	if err != nil {
		return nil, "", err
	}
	o.Response.Challenge = s.newChallenge("create", kind.String(), string(c.User), string(c.Session))
	options, err = json.Marshal(o.Response)
	return options, o.Response.Challenge.String(), err
}

// AddKey sets up the key pair that response tells of. f has its kind, name and,
// for a passkey, what it opens the vault with.
func (s *Service) AddKey(ctx context.Context, c vault.Caller, f *vault.Factor, origin, response string) (*vault.Factor, error) {
	if err := c.Must(vault.ManageFactors); err != nil {
		return nil, err
	}
	w, host, err := relying(origin)
	if err != nil {
		return nil, err
	}
	p, err := protocol.ParseCredentialCreationResponseBytes(plain(response))
	if err != nil {
		return nil, errNoKey.Because(err)
	}
	challenge := p.Response.CollectedClientData.Challenge
	until, err := s.known(challenge, "create", f.Kind.String(), string(c.User), string(c.Session))
	if err != nil {
		return nil, err
	}
	c.Proven = s.Now() // the challenge was made for who had a fresh proof
	u, fs, err := s.mine(ctx, c)
	if err != nil {
		return nil, err
	}
	h, err := holderOf(u, fs, f.Kind, host)
	if err != nil {
		return nil, err
	}
	made, err := w.CreateCredential(h, webauthn.SessionData{Challenge: challenge, RelyingPartyID: host, UserID: h.id, UserVerification: verification(f.Kind),
		CredParams: webauthn.CredentialParametersDefault()}, p)
	if err != nil {
		return nil, errNoKey.Because(err)
	}
	if h.of(made.ID) != nil {
		return nil, vault.ErrFactorExists
	}
	made.Attestation = webauthn.CredentialAttestation{} // nobody looks at who made the key
	f.Key = vault.PublicKey{ID: made.ID, Host: host, Transports: []string{}}
	for _, t := range made.Transport {
		f.Key.Transports = append(f.Key.Transports, string(t))
	}
	if f.Key.Record, err = json.Marshal(made); err != nil {
		return nil, err
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error { return tx.Spend(ctx, challenge, until) })
	if err != nil {
		return nil, spentTicket(err)
	}
	return s.add(ctx, c, f)
}

func spentTicket(err error) error {
	if fault.From(err).Code == vault.ErrSpent.Code {
		return vault.ErrTicket.Because(err)
	}
	return err
}

var errNoKey = vault.ErrFactorInvalid.At("response", "is not of a key that was made for this server just now")

package mfa

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"strongroom/internal/fault"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

var errOrigin = fault.New(fault.Invalid, "webauthn-origin", "Security keys and passkeys need a server that is reached by a host name over https (or localhost).")

// relying is the server as the WebAuthn library sees it, at the origin that it was reached by.
func relying(origin string) (*webauthn.WebAuthn, string, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, "", errOrigin
	}
	host := strings.ToLower(u.Hostname())
	if protocol.ValidateRPID(host) != nil {
		return nil, "", errOrigin
	}
	w, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: issuer, RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, "", errOrigin.Because(err)
	}
	return w, host, nil
}

// holder is an account with its keys of one kind and host, as the library wants it.
type holder struct {
	id   []byte
	name string
	keys []webauthn.Credential
	fs   []*vault.Factor
}

func (h *holder) WebAuthnID() []byte                         { return h.id }
func (h *holder) WebAuthnName() string                       { return h.name }
func (h *holder) WebAuthnDisplayName() string                { return h.name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// handle is what a key knows its account by.
func handle(u vault.UserID) []byte {
	id := uuid.MustParse(string(u))
	return id[:]
}

func holderOf(u *vault.User, fs []*vault.Factor, kind vault.FactorKind, host string) (*holder, error) {
	h := &holder{id: handle(u.ID), name: u.Email}
	for _, f := range fs {
		if f.Kind != kind || f.Key.Host != host {
			continue
		}
		var c webauthn.Credential
		if err := json.Unmarshal(f.Key.Record, &c); err != nil {
			return nil, err
		}
		h.keys, h.fs = append(h.keys, c), append(h.fs, f)
	}
	return h, nil
}

// assertion makes the options with which one of u's keys can be asked for.
func (s *Service) assertion(u *vault.User, fs []*vault.Factor, kind vault.FactorKind, origin string) ([]byte, error) {
	w, host, err := relying(origin)
	if err != nil {
		return nil, err
	}
	h, err := holderOf(u, fs, kind, host)
	if err != nil {
		return nil, err
	}
	if len(h.keys) == 0 {
		return nil, vault.ErrFactorNotFound
	}
	o, _, err := w.BeginLogin(h, webauthn.WithChallenge(s.newChallenge("assert", kind.String(), string(u.ID))), webauthn.WithUserVerification(verification(kind)))
	if err != nil {
		return nil, err
	}
	return json.Marshal(o.Response)
}

func verification(kind vault.FactorKind) protocol.UserVerificationRequirement {
	if kind == vault.FactorPasskey { // it stands for both factors
		return protocol.VerificationRequired
	}
	return protocol.VerificationDiscouraged
}

func (s *Service) checkKey(ctx context.Context, u *vault.User, fs []*vault.Factor, in vault.Second) error {
	_, err := s.asserted(ctx, u, fs, vault.FactorWebAuthn, in.Origin, in.Code, "assert", vault.FactorWebAuthn.String(), string(u.ID))
	return err
}

// asserted checks an assertion of one of u's keys over a challenge for purpose,
// and uses the challenge up. Whatever is wrong with it is vault.ErrSecondWrong.
func (s *Service) asserted(ctx context.Context, u *vault.User, fs []*vault.Factor, kind vault.FactorKind, origin, response string, purpose ...string) (*vault.Factor, error) {
	w, host, err := relying(origin)
	if err != nil {
		return nil, err
	}
	p, err := protocol.ParseCredentialRequestResponseBytes(plain(response))
	if err != nil {
		return nil, vault.ErrSecondWrong.Because(err)
	}
	challenge := p.Response.CollectedClientData.Challenge
	until, err := s.known(challenge, purpose...)
	if err != nil {
		return nil, vault.ErrSecondWrong.Because(err)
	}
	h, err := holderOf(u, fs, kind, host)
	if err != nil {
		return nil, err
	}
	c, err := w.ValidateLogin(h, webauthn.SessionData{Challenge: challenge, RelyingPartyID: host, UserID: h.id, UserVerification: verification(kind)}, p)
	if err != nil {
		return nil, vault.ErrSecondWrong.Because(err)
	}
	f := h.of(c.ID)
	if c.Authenticator.CloneWarning {
		return nil, vault.ErrSecondWrong.Because(errStatus("the key's counter went back: there may be two of it"))
	}
	if f.Key.Record, err = json.Marshal(c); err != nil {
		return nil, err
	}
	return f, s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Spend(ctx, challenge, until); err != nil {
			return wrongIfSpent(err)
		}
		f.LastUsedAt = tx.Now
		return missing(tx.UpdateFactor(ctx, f), vault.ErrSecondWrong)
	})
}

func wrongIfSpent(err error) error {
	if fault.From(err).Code == vault.ErrSpent.Code {
		return vault.ErrSecondWrong.Because(err)
	}
	return err
}

func (h *holder) of(id []byte) *vault.Factor {
	for _, f := range h.fs {
		if string(f.Key.ID) == string(id) {
			return f
		}
	}
	return nil
}

// spellings are the members that clients write otherwise than the standard does.
var spellings = map[string]string{"clientdatajson": "clientDataJSON", "attestationobject": "attestationObject", "authenticatordata": "authenticatorData",
	"signature": "signature", "userhandle": "userHandle", "id": "id", "rawid": "rawId", "type": "type", "response": "response", "transports": "transports"}

// plain rewrites what a client sent of a key to what the library reads: members in
// the standard's spelling, base64 of either alphabet in the URL's. Results of
// extensions are left out: they are the client's own affair.
func plain(response string) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(response), &m) != nil {
		return nil
	}
	out := respelled(m)
	var inner map[string]json.RawMessage
	if json.Unmarshal(m["response"], &inner) == nil {
		out["response"] = respelled(inner)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return b
}

func respelled(m map[string]json.RawMessage) map[string]any {
	out := map[string]any{}
	for name, raw := range m {
		name, known := spellings[strings.ToLower(name)]
		if !known {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			if string(raw) != "null" {
				out[name] = raw
			}
			continue
		}
		if name != "type" {
			text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
		}
		if text != "" {
			out[name] = text
		}
	}
	return out
}

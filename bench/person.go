package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"

	"strongroom/internal/keyring"
	"strongroom/internal/vault"
)

// person is somebody with an official client at one server.
type person struct {
	at            *server
	email, device string
	account       keyring.Account
	token         string
}

const password = "correct horse battery staple"

// kdf is the quickest derivation that servers accept; the bench never runs it
// while it measures.
var kdf = keyring.KDF{Type: keyring.Argon2id, Iterations: 2, MemoryMiB: 16, Parallelism: 1}

// newPerson makes an account as a client does. The key pair and the wrapped keys
// are the same for all at one server, which cannot tell; the proof of the
// password, which it hashes, is each one's own.
func (s *server) newPerson(email string) (*person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.template == nil {
		a, err := keyring.NewAccount("template@example.com", password, kdf)
		if err != nil {
			return nil, err
		}
		s.template = &person{account: a}
	}
	p := &person{at: s, email: email, device: vault.NewID[string](), account: s.template.account}
	var proof [32]byte
	rand.Read(proof[:])
	p.account.Email, p.account.Salt, p.account.AuthHash = email, email, base64.StdEncoding.EncodeToString(proof[:])
	return p, nil
}

// register makes the account at the server, in one step or, where that is gone, in two.
func (p *person) register(ctx context.Context) error {
	a := p.account
	body := map[string]any{"email": p.email, "name": "Bench", "masterPasswordHash": a.AuthHash, "masterPasswordHint": nil, "key": a.ProtectedKey,
		"kdf": int(a.KDF.Type), "kdfIterations": a.KDF.Iterations, "kdfMemory": a.KDF.MemoryMiB, "kdfParallelism": a.KDF.Parallelism,
		"keys": map[string]any{"publicKey": a.PublicKey, "encryptedPrivateKey": a.ProtectedPrivateKey}}
	if !p.at.twoSteps {
		_, err := p.at.do(ctx, "POST", "/identity/accounts/register", "", body)
		if !lacks(err) {
			return err
		}
		p.at.twoSteps = true
	}
	b, err := p.at.do(ctx, "POST", "/identity/accounts/register/send-verification-email", "", map[string]any{"email": p.email, "name": "Bench"})
	if err != nil {
		return err
	}
	var token string
	if err := json.Unmarshal(b, &token); err != nil {
		return fmt.Errorf("send-verification-email: the token goes by mail only: %w", err)
	}
	body["emailVerificationToken"], body["userSymmetricKey"], body["userAsymmetricKeys"] = token, body["key"], body["keys"]
	_, err = p.at.do(ctx, "POST", "/identity/accounts/register/finish", "", body)
	return err
}

// signIn is a password grant; with it p may ask for more.
func (p *person) signIn(ctx context.Context) error {
	b, err := p.at.do(ctx, "POST", "/identity/connect/token", "", p.form())
	if err != nil {
		return err
	}
	var t struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(b, &t); err != nil || t.Token == "" {
		return fmt.Errorf("the answer to a sign-in has no token: %.100s", b)
	}
	p.token = t.Token
	return nil
}

func (p *person) form() url.Values {
	return url.Values{"grant_type": {"password"}, "username": {p.email}, "password": {p.account.AuthHash}, "client_id": {"cli"}, "scope": {"api offline_access"},
		"deviceType": {"25"}, "deviceIdentifier": {p.device}, "deviceName": {"linux"}}
}

// join makes an account and signs in.
func (s *server) join(ctx context.Context, email string) (*person, error) {
	p, err := s.newPerson(email)
	if err != nil {
		return nil, err
	}
	if err := p.register(ctx); err != nil {
		return nil, err
	}
	return p, p.signIn(ctx)
}

// known is the person of a name, made at the first call with so many items.
func (s *server) known(ctx context.Context, name string, items int, seed uint64) (*person, error) {
	if p := s.people[name]; p != nil {
		return p, nil
	}
	p, err := s.join(ctx, fmt.Sprintf("%s-%s@example.com", name, vault.NewID[string]()[:8]))
	if err != nil {
		return nil, err
	}
	if err := p.fill(ctx, items, seed); err != nil {
		return nil, err
	}
	s.people[name] = p
	return p, nil
}

// fill imports items, a thousand a request, the first of them in folders, and
// looks whether a sync has them all.
func (p *person) fill(ctx context.Context, items int, seed uint64) error {
	m := newMaker(p.account.UserKey, seed)
	for lo := 0; lo < items; lo += 1000 {
		folders := 0
		if lo == 0 {
			folders = 20
		}
		if _, err := p.at.do(ctx, "POST", "/api/ciphers/import", p.token, m.vault(min(1000, items-lo), folders)); err != nil {
			return err
		}
	}
	b, err := p.at.do(ctx, "GET", "/api/sync?excludeDomains=true", p.token, nil)
	if err != nil {
		return err
	}
	var got struct{ Ciphers []struct{ ID string } }
	if err := json.Unmarshal(b, &got); err != nil {
		return err
	}
	if len(got.Ciphers) != items {
		return fmt.Errorf("%s: %d items were imported and %d come back", p.at.url, items, len(got.Ciphers))
	}
	return nil
}

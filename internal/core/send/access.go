package send

import (
	"context"
	"errors"
	"time"

	"strongroom/internal/fault"
	"strongroom/internal/pwhash"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Received is a Send as a stranger sees it; Creator is the maker's address, ""
// when it is hidden.
type Received struct {
	*vault.Send
	Creator string
}

// tokenLife is how long a receiver may take between proving and fetching.
const tokenLife = 5 * time.Minute

// Proof is what a receiver offers, and from where.
type Proof struct{ Password, Email, Code, Address string }

func (s *Service) find(ctx context.Context, id vault.SendID) (x *vault.Send, u *vault.User, err error) {
	if !vault.ValidID(id) {
		return nil, nil, vault.ErrSendNotFound
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		if x, err = tx.AnySend(ctx, id); err != nil {
			return err
		}
		if err := x.Available(tx.Now); err != nil {
			return err
		}
		if u, err = tx.User(ctx, x.Owner); err == nil && u.State != vault.Active {
			err = vault.ErrSendNotFound
		}
		return err
	})
	return x, u, err
}

// Token lets a receiver in who proves what the Send asks for. The refusals are
// the protocol's: what is missing, what is wrong.
func (s *Service) Token(ctx context.Context, id vault.SendID, p Proof) (string, time.Duration, error) {
	x, _, err := s.find(ctx, id)
	if fault.Of(err, fault.NotFound) {
		err = vault.ErrSendNoSuchID
	}
	if err != nil {
		return "", 0, err
	}
	if err := s.prove(ctx, x, p); err != nil {
		return "", 0, err
	}
	now := s.Now()
	tok, err := s.Signer.Sign(token.AudienceSend, token.Claims{Subject: string(x.ID), Session: "send", Epoch: x.Revision, Issued: now, Expires: now.Add(tokenLife)})
	return tok, tokenLife, err
}

// prove counts what offers a proof; to ask what is needed is no guess.
func (s *Service) prove(ctx context.Context, x *vault.Send, p Proof) error {
	if x.Auth == vault.SendOpen || p.Password == "" && p.Email == "" {
		return s.judge(ctx, x, p)
	}
	return s.Limiter.Judge(ctx, vault.Guess{Place: vault.PlaceSend, Account: string(x.ID), Address: p.Address}, func(ctx context.Context) error {
		return s.judge(ctx, x, p)
	})
}

func (s *Service) judge(ctx context.Context, x *vault.Send, p Proof) error {
	switch x.Auth {
	case vault.SendByPassword:
		if p.Password == "" {
			return vault.ErrSendNeedsPass
		}
		ok, err := s.Hasher.Verify(ctx, x.PasswordHash.Reveal(), p.Password)
		if err == nil && !ok {
			err = vault.ErrSendBadPass
		}
		if err == nil && pwhash.Outdated(x.PasswordHash.Reveal()) {
			if err := s.renew(ctx, x, p.Password); err != nil { // the next receiver tries again
				s.Log.WarnContext(ctx, "putting a hash of our own in the place of another server's", "err", err)
			}
		}
		return err
	case vault.SendByEmail:
		return s.proveEmail(ctx, x, p)
	}
	return nil
}

// renew puts our own hash in the place of one that another server made, now that
// what it is of is at hand. A password that was changed meanwhile stays.
func (s *Service) renew(ctx context.Context, x *vault.Send, password string) error {
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.AnySend(ctx, x.ID)
		if err != nil || now.PasswordHash.Reveal() != x.PasswordHash.Reveal() {
			return err
		}
		now.PasswordHash = vault.NewSecret(hash)
		return tx.UpdateSend(ctx, now)
	})
}

// Linked is the Send that a link names, whose id is one of two: programs do not
// agree on the order of its bytes there. It is the first one if neither is there.
func (s *Service) Linked(ctx context.Context, ids [2]vault.SendID) (vault.SendID, error) {
	for _, id := range ids {
		_, _, err := s.find(ctx, id)
		if !fault.Of(err, fault.NotFound) {
			return id, err
		}
	}
	return ids[0], nil
}

// Receive gives what the token of Token is for. A text is counted here, a file
// when its link is made.
func (s *Service) Receive(ctx context.Context, tok string) (*Received, error) {
	c, err := s.Signer.Verify(token.AudienceSend, tok, s.Now())
	if err != nil {
		return nil, vault.ErrSendNotFound
	}
	return s.receive(ctx, vault.SendID(c.Subject))
}

func (s *Service) receive(ctx context.Context, id vault.SendID) (*Received, error) {
	x, u, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if x.Type == vault.SendText {
		if err := s.count(ctx, x); err != nil {
			return nil, err
		}
	}
	r := &Received{Send: x}
	if !x.HideEmail {
		r.Creator = u.Email
	}
	return r, nil
}

func (s *Service) count(ctx context.Context, x *vault.Send) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.CountAccess(ctx, x.ID); err != nil {
			return err
		}
		return s.changed(ctx, tx, vault.Caller{}, x, vault.EventSendAccessed, vault.NoticeSendUpdated)
	})
}

// ReceiveOld is Receive as clients of 2025 ask: with the password, if it has one,
// in the same request. Without is vault.ErrSendPassword, wrong vault.ErrSendWrong.
func (s *Service) ReceiveOld(ctx context.Context, id vault.SendID, p Proof) (*Received, error) {
	if err := s.proveOld(ctx, id, p); err != nil {
		return nil, err
	}
	return s.receive(ctx, id)
}

func (s *Service) proveOld(ctx context.Context, id vault.SendID, p Proof) error {
	x, _, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	err = s.prove(ctx, x, p)
	switch {
	case errors.Is(err, vault.ErrSendNeedsPass):
		return vault.ErrSendPassword
	case errors.Is(err, vault.ErrSendBadPass):
		return vault.ErrSendWrong
	case x.Auth == vault.SendByEmail:
		return vault.ErrSendNotFound // these clients cannot answer what it asks
	}
	return err
}

// File lets the holder of a token fetch the Send's file once: the access is counted now.
func (s *Service) File(ctx context.Context, tok string, file vault.SendID) (string, error) {
	c, err := s.Signer.Verify(token.AudienceSend, tok, s.Now())
	if err != nil || vault.SendID(c.Subject) != file {
		return "", vault.ErrSendNotFound
	}
	return s.link(ctx, file)
}

// FileOld is File as clients of 2025 ask.
func (s *Service) FileOld(ctx context.Context, id, file vault.SendID, p Proof) (string, error) {
	if id != file {
		return "", vault.ErrSendNotFound
	}
	if err := s.proveOld(ctx, id, p); err != nil {
		return "", err
	}
	return s.link(ctx, id)
}

func (s *Service) link(ctx context.Context, id vault.SendID) (string, error) {
	x, _, err := s.find(ctx, id)
	if err != nil {
		return "", err
	}
	if x.Type != vault.SendFile {
		return "", vault.ErrSendNotFound
	}
	if err := s.count(ctx, x); err != nil {
		return "", err
	}
	now := s.Now()
	return s.Signer.Sign(token.AudienceFile, token.Claims{Subject: string(id), Session: "file", Issued: now, Expires: now.Add(vault.LinkLife)})
}

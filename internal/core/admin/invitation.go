package admin

import (
	"context"
	"net/url"
	"time"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/token"
	"strongroom/internal/vault"
)

// Invite makes an invitation. With byMail its link goes to the address and link is
// ""; otherwise the caller passes the link on, and sees it this once. A letter that
// cannot be sent is a fault, and the invitation stays to be sent again.
func (s *Service) Invite(ctx context.Context, c vault.Caller, name string, role vault.Role, byMail bool) (i *vault.Invitation, link string, err error) {
	if err := c.MustFresh(vault.ManageUsers, s.Now()); err != nil {
		return nil, "", err
	}
	email, err := s.Names.Email(name)
	if err != nil {
		return nil, "", err
	}
	if byMail && !s.Mail.On() {
		return nil, "", mail.ErrOff
	}
	tok := token.NewOpaque(token.InvitePrefix)
	i = &vault.Invitation{ID: vault.NewID[vault.InvitationID](), Email: email, Role: role, By: c.User, Mailed: byMail}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.UserByEmail(ctx, email); err == nil {
			return vault.ErrUserTaken
		}
		i.ExpiresAt = tx.Now.Add(s.InviteLife())
		if err := tx.InsertInvitation(ctx, i, tok); err != nil {
			return err
		}
		return tx.Record(ctx, invitationEvent(c, vault.EventInvited, i))
	})
	if err != nil {
		return nil, "", err
	}
	link, err = s.handOut(ctx, i, tok)
	return i, link, err
}

func invitationEvent(c vault.Caller, kind vault.EventKind, i *vault.Invitation) vault.Event {
	return vault.Event{Kind: kind, Actor: c.User, Subject: string(i.ID), Door: c.Door, Address: c.Address, Device: c.Device, Detail: i.Role.String()}
}

// handOut mails the link, or returns it.
func (s *Service) handOut(ctx context.Context, i *vault.Invitation, tok string) (string, error) {
	link := s.URL + "/#/finish-signup?" + url.Values{"token": {tok}, "email": {i.Email}}.Encode()
	if !i.Mailed {
		return link, nil
	}
	return "", mail.Told(s.Mail.Send(ctx, i.Email, mail.Invitation(link, i.ExpiresAt)))
}

// Resend gives an invitation a new link, that lives as long as the first did; the
// old link is dead. Otherwise it is as Invite.
func (s *Service) Resend(ctx context.Context, c vault.Caller, id vault.InvitationID, byMail bool) (i *vault.Invitation, link string, err error) {
	if err := c.MustFresh(vault.ManageUsers, s.Now()); err != nil {
		return nil, "", err
	}
	if byMail && !s.Mail.On() {
		return nil, "", mail.ErrOff
	}
	if !vault.ValidID(id) {
		return nil, "", vault.ErrInvitationNotFound
	}
	tok := token.NewOpaque(token.InvitePrefix)
	err = s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		if i, err = tx.Invitation(ctx, id); err != nil {
			return err
		}
		i.Mailed, i.ExpiresAt = byMail, tx.Now.Add(s.InviteLife())
		if err := tx.ResendInvitation(ctx, i, tok); err != nil {
			return err
		}
		return tx.Record(ctx, invitationEvent(c, vault.EventInvitationSent, i))
	})
	if err != nil {
		return nil, "", err
	}
	link, err = s.handOut(ctx, i, tok)
	return i, link, err
}

// Invitations lists invitations that were not used yet, by time, as of now.
func (s *Service) Invitations(ctx context.Context, c vault.Caller, after vault.Cursor, limit int) (is []*vault.Invitation, now time.Time, err error) {
	if err := c.Must(vault.ReadUsers); err != nil {
		return nil, now, err
	}
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		is, err = tx.Invitations(ctx, after, limit)
		return err
	})
	return is, now, err
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, c vault.Caller, id vault.InvitationID) error {
	if err := c.MustFresh(vault.ManageUsers, s.Now()); err != nil {
		return err
	}
	if !vault.ValidID(id) {
		return vault.ErrInvitationNotFound
	}
	return s.Store.Tx(ctx, func(tx *store.Tx) error {
		i, err := tx.Invitation(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteInvitation(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, invitationEvent(c, vault.EventInvitationRevoked, i))
	})
}

// expiredFor is how long an expired invitation stays on the list, to be sent again.
const expiredFor = 30 * 24 * time.Hour

// ForgetInvitations removes invitations that expired long ago. Only the server's
// own timer may ask.
func (s *Service) ForgetInvitations(ctx context.Context) (n int64, err error) {
	err = s.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.DropInvitations(ctx, tx.Now.Add(-expiredFor))
		return err
	})
	return n, err
}

package admin

import (
	"context"

	"strongroom/internal/mail"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Settings are the settings that this node goes by.
type Settings interface {
	List() []vault.Setting
	Check(name, value string) error // ErrSettingFixed or ErrSettingInvalid
	Take(map[string]vault.Kept)
}

// AllSettings lists every setting, where its value comes from, and what an
// administrator keeps for it. Secrets are hidden.
func (s *Service) AllSettings(ctx context.Context, c vault.Caller) ([]vault.Setting, error) {
	if err := c.Must(vault.ReadInstance); err != nil {
		return nil, err
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	all := s.Settings.List()
	for n := range all {
		all[n].Kept = kept[all[n].Name]
	}
	return all, nil
}

func (s *Service) kept(ctx context.Context) (kept map[string]vault.Kept, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.Kept(ctx)
		return err
	})
	if err == nil {
		s.Settings.Take(kept)
	}
	return kept, err
}

// Set changes a setting for the whole instance: here at once, on other nodes
// within seconds. What is set where it counts more is vault.ErrSettingFixed.
func (s *Service) Set(ctx context.Context, c vault.Caller, name, value string) (*vault.Setting, error) {
	return s.change(ctx, c, name, "set", func(tx *store.Tx) error {
		if err := s.Settings.Check(name, value); err != nil {
			return err
		}
		return tx.Keep(ctx, name, value, c.User)
	})
}

// Unset takes a setting back to its default.
func (s *Service) Unset(ctx context.Context, c vault.Caller, name string) (*vault.Setting, error) {
	return s.change(ctx, c, name, "default", func(tx *store.Tx) error {
		_, err := tx.Unkeep(ctx, name)
		return err
	})
}

func (s *Service) change(ctx context.Context, c vault.Caller, name, how string, do func(*store.Tx) error) (*vault.Setting, error) {
	if err := c.MustFresh(vault.ManageInstance, s.Now()); err != nil {
		return nil, err
	}
	if _, err := s.setting(name, nil); err != nil {
		return nil, err
	}
	err := s.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return tx.Record(ctx, vault.Event{Kind: vault.EventSetting, Actor: c.User, Subject: name, Door: c.Door, Address: c.Address, Device: c.Device, Detail: how})
	})
	if err != nil {
		return nil, err
	}
	kept, err := s.kept(ctx)
	if err != nil {
		return nil, err
	}
	return s.setting(name, kept)
}

func (s *Service) setting(name string, kept map[string]vault.Kept) (*vault.Setting, error) {
	for _, x := range s.Settings.List() {
		if x.Name == name {
			x.Kept = kept[name]
			return &x, nil
		}
	}
	return nil, vault.ErrSettingNotFound
}

// TestMail sends a letter to an address, to see whether mail works. What the mail
// server answered stands in the fault, for the administrator alone.
func (s *Service) TestMail(ctx context.Context, c vault.Caller, to string) error {
	if err := c.MustFresh(vault.ManageInstance, s.Now()); err != nil {
		return err
	}
	to, err := s.Names.Email(to)
	if err != nil {
		return err
	}
	if !s.Mail.On() {
		return mail.ErrOff
	}
	err = s.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, vault.Event{Kind: vault.EventMailTest, Actor: c.User, Door: c.Door, Address: c.Address, Device: c.Device})
	})
	if err != nil {
		return err
	}
	return mail.Told(s.Mail.Send(ctx, to, mail.Test()))
}

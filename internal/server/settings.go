package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// settings is what this node goes by, and admin.Settings: the values that
// administrators keep in the database reach it within seconds.
type settings struct {
	store *store.Store
	live  *config.Live
	now   func() time.Time
	level *slog.LevelVar
	log   *slog.Logger
}

// followEvery is how often a node looks whether another one changed a setting.
const followEvery = 2 * time.Second

func (s *settings) signUps() vault.SignUps { return vault.SignUps(s.live.Now().SignUps) }
func (s *settings) fileQuota() int64       { return int64(s.live.Now().FileQuota) << 20 }
func (s *settings) inviteLife() time.Duration {
	return time.Duration(s.live.Now().InviteDays) * 24 * time.Hour
}
func (s *settings) factors() vault.FactorPolicy {
	return vault.FactorPolicy(s.live.Now().Factors)
}
func (s *settings) restOff() bool     { return !bool(s.live.Now().RESTUnlock) }
func (s *settings) outboundOff() bool { return !bool(s.live.Now().Outbound) }

// read takes what the database has.
func (s *settings) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestDeadline)
	defer cancel()
	var kept map[string]vault.Kept
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.Kept(ctx)
		return err
	})
	if err == nil {
		s.Take(kept)
	}
	return err
}

// follow reads again and again until ctx ends.
func (s *settings) follow(ctx context.Context) {
	t := time.NewTicker(followEvery)
	defer t.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		err := s.read(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.WarnContext(ctx, "reading the settings that administrators made", "err", err)
		}
		failing = err != nil
	}
}

// Take has the node go by these values. What it cannot take, being another
// version's, stays at the default.
func (s *settings) Take(kept map[string]vault.Kept) {
	values := map[string]string{}
	for name, k := range kept {
		values[name] = k.Value
	}
	if err := s.live.Apply(values); err != nil {
		s.log.Debug("a setting that an administrator made cannot be taken", "err", err)
	}
	if s.level != nil {
		s.level.Set(s.live.Now().LogLevel.Level)
	}
}

// List shows every setting as it stands here.
func (s *settings) List() (all []vault.Setting) {
	for _, l := range s.live.Now().Lines() {
		all = append(all, vault.Setting{Name: l.Name, Value: l.Value, From: l.From, Default: l.Default, Doc: l.Doc, Choices: l.Choices,
			Open: l.Admin && (l.From == "default" || l.From == config.ByAdmin)})
	}
	return all
}

// Check reports why a value could not be taken.
func (s *settings) Check(name, value string) error {
	err := s.live.Check(name, value)
	switch {
	case errors.Is(err, config.ErrFixed):
		return vault.ErrSettingFixed.At("name", err.Error())
	case err != nil:
		return vault.ErrSettingInvalid.At("value", errors.Unwrap(err).Error())
	}
	return nil
}

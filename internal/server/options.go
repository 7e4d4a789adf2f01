package server

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/mail"
	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/tlscert"
	"strongroom/internal/vault"
)

// Configure turns settings into Options. reload reads the settings anew, for a
// FERNET_KEY that changes while the server runs; it may be nil.
func Configure(c *config.Config, reload func() (*config.Config, error)) (Options, error) {
	keys, err := seal.ParseKeys(c.FernetKey.Reveal())
	if err != nil {
		return Options{}, err
	}
	o := Options{
		Store:     store.Options{Source: source(c.Database), Keys: keys},
		SecretKey: c.SecretKey.Reveal(), Files: c.FilesDir, Icons: filepath.Join(c.DataDir, "icons"), Outbound: bool(c.Outbound), FileQuota: int64(c.FileQuota) << 20, Base: c.URL().Path, Trusted: c.Proxies,
		SignUps: vault.SignUps(c.SignUps), Names: vault.Names{Domain: c.Domain}, RESTOff: !bool(c.RESTUnlock), Log: logger(c), Now: time.Now,
	}
	o.Mail = mail.Settings{From: c.MailFrom, Host: c.SMTPHost, Port: int(c.SMTPPort), User: c.SMTPUser, Password: c.SMTPPass.Reveal(), Security: string(c.SMTPSec), Log: o.Log}
	if c.PublicURL.URL != nil {
		o.URL = strings.TrimRight(c.PublicURL.String(), "/")
	}
	if c.Migrate != nil {
		m := source(*c.Migrate)
		o.Store.Migrate = &m
	}
	if reload != nil {
		o.Store.Reload = func() (seal.Keys, error) {
			c, err := reload()
			if err != nil {
				return seal.Keys{}, err
			}
			return seal.ParseKeys(c.FernetKey.Reveal())
		}
	}
	return o, nil
}

func source(d config.Database) store.Source {
	return store.Source{Kind: d.Kind, Path: d.Path, User: d.User, Password: d.Password.Reveal(), Host: d.Host, Name: d.Name, Params: d.Params}
}

func logger(c *config.Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel.Level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}

// Certificate opens the certificate that the settings name; nil for plain http.
func Certificate(c *config.Config, o Options) (*tlscert.Source, error) {
	now := o.Now
	switch c.TLS {
	case config.TLSFiles:
		return tlscert.Files(c.CertFile, c.KeyFile, now)
	case config.TLSSelfSigned:
		return tlscert.SelfSigned(filepath.Join(c.DataDir, "tls"), []string{c.URL().Hostname()}, now)
	}
	return nil, nil
}

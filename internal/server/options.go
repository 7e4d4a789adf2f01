package server

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"strongroom/internal/checkup"
	"strongroom/internal/config"
	"strongroom/internal/core/mfa"
	"strongroom/internal/logfile"
	"strongroom/internal/mail"
	"strongroom/internal/seal"
	"strongroom/internal/store"
	"strongroom/internal/telemetry"
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
		Settings: c, LogLevel: new(slog.LevelVar),
		Store:     store.Options{Source: source(c.Database), Keys: keys},
		SecretKey: c.SecretKey.Reveal(), Files: c.FilesDir, Icons: filepath.Join(c.DataDir, "icons"), Base: c.URL().Path, Trusted: c.Proxies,
		Names: vault.Names{Domain: c.Domain}, Now: time.Now,
	}
	o.Log = logger(c, o.LogLevel)
	o.Guesses = vault.GuessLimits{Account: int(c.AcctGuesses), Network: int(c.NetGuesses)}
	o.RedisURL, o.Requests.Address, o.Requests.Account = c.RedisURL.Reveal(), int(c.PerAddress), int(c.PerAccount)
	if o.Audit, err = configureAudit(c); err != nil {
		return o, err
	}
	o.Mail = mail.Settings{From: c.MailFrom, Host: c.SMTPHost, Port: int(c.SMTPPort), User: c.SMTPUser, Password: c.SMTPPass.Reveal(), Security: string(c.SMTPSec), Log: o.Log}
	if o.Name = c.NodeName; o.Name == "" {
		o.Name, _ = os.Hostname() // a machine without a name has a nameless node
	}
	if o.Backups, err = ConfigureBackups(c, ""); err != nil {
		return o, err
	}
	if c.PublicURL.URL != nil {
		o.URL = strings.TrimRight(c.PublicURL.String(), "/")
	}
	o.HSTS = bool(c.HSTS) && c.TLS != config.TLSSelfSigned
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

// yubiKeys says whom to ask about YubiKeys.
func yubiKeys(c *config.Config) mfa.YubiKeys {
	key, _ := base64.StdEncoding.DecodeString(c.YubicoKey.Reveal()) // config has checked it
	return mfa.YubiKeys{ID: c.YubicoID, Key: key, URL: c.YubicoURL.String()}
}

// originOf is the scheme and host of an address, "" of none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func source(d config.Database) store.Source {
	return store.Source{Kind: d.Kind, Path: d.Path, User: d.User, Password: d.Password.Reveal(), Host: d.Host, Name: d.Name, Params: d.Params}
}

func logger(c *config.Config, level *slog.LevelVar) *slog.Logger {
	level.Set(c.LogLevel.Level)
	var to io.Writer = os.Stderr
	if c.LogFile != "" {
		to = &logfile.File{Path: c.LogFile}
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(telemetry.Log(slog.NewJSONHandler(to, opts)))
	}
	return slog.New(telemetry.Log(slog.NewTextHandler(to, opts)))
}

// Checkup looks at the instance that the settings describe. st is nil while the
// database is not open.
func Checkup(c *config.Config, st *store.Store, now func() time.Time, explain func(error) string) *checkup.Instance {
	return &checkup.Instance{Config: c, Store: st, Now: now, Explain: explain, Ends: func() (time.Time, error) {
		cert, err := Certificate(c, Options{Now: now})
		if err != nil || cert == nil {
			return time.Time{}, err
		}
		return cert.Leaf().NotAfter, nil
	}}
}

package checkup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/vault"
)

func (i *Instance) keys(context.Context) (vault.Finding, error) {
	c := i.Config
	if c.FernetKey.Reveal() == "" || c.SecretKey.Reveal() == "" {
		return bad("no FERNET_KEY or no SECRET_KEY: `strongroom init` makes them in %s", c.EnvFile())
	}
	s, err := os.Stat(c.EnvFile())
	if err == nil && s.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		return bad("others on this machine may read %s: run chmod 600 on it", c.EnvFile())
	}
	if strings.Contains(c.FernetKey.Reveal(), ",") {
		return advice("FERNET_KEY has more than one key: when `strongroom key check` says that the old one wraps nothing, take it out")
	}
	return good("FERNET_KEY from " + c.Source["FERNET_KEY"] + ", SECRET_KEY from " + c.Source["SECRET_KEY"])
}

// minDisk is when a disk counts as full: SQLite needs room for its log.
const minDisk = 256 << 20

func (i *Instance) disk(context.Context) (vault.Finding, error) {
	var says []string
	for _, dir := range []string{i.Config.DataDir, i.Config.FilesDir} {
		free, err := diskFree(dir)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return good("not checked on this system")
		case errors.Is(err, os.ErrNotExist) && dir == i.Config.FilesDir:
			continue // made with the first file
		case err != nil:
			return bad("%s: %v", dir, err)
		case free < minDisk:
			return bad("%s has %d MiB free: make room before writes fail", dir, free>>20)
		}
		says = append(says, fmt.Sprintf("%s has %d MiB free", dir, free>>20))
	}
	return good(strings.Join(says, ", "))
}

func (i *Instance) certificate(context.Context) (vault.Finding, error) {
	c := i.Config
	if c.TLS == config.TLSOff {
		return good("TLS=off: plain http on " + c.Listen)
	}
	if c.TLS == config.TLSACME {
		return good("the server gets and renews those of " + strings.Join(c.ACMENames, ", ") + " from " + c.ACMECA)
	}
	if c.TLS == config.TLSSelfSigned {
		if _, err := os.Stat(filepath.Join(c.DataDir, "tls", "ca.pem")); err != nil {
			return good("the next start makes one")
		}
	}
	ends, err := i.Ends()
	if err != nil {
		return vault.Finding{}, err
	}
	if ends.Sub(i.Now()) < 7*24*time.Hour {
		return bad("the certificate ends on %s: renew it", ends.Format("2006-01-02"))
	}
	return good("good until " + ends.Format("2006-01-02"))
}

func (i *Instance) address(context.Context) (vault.Finding, error) {
	c := i.Config
	switch {
	case c.Source["PUBLIC_URL"] == "default": // serve makes one of LISTEN
		return advice("PUBLIC_URL is not set: links in letters lead to " + c.URL().String() + ", which others may not reach")
	case c.PublicURL.Scheme != "https" && c.PublicURL.Hostname() != "localhost" && c.PublicURL.Hostname() != "127.0.0.1":
		return advice("PUBLIC_URL is plain http: browsers open no vault there, and passwords cross the network unencrypted")
	}
	return good("reached at " + c.URL().String())
}

func (i *Instance) mail(context.Context) (vault.Finding, error) {
	if i.Config.SMTPHost == "" {
		return advice("there is no mail: invitations go by links that you pass on, nobody is told of new devices, and e-mail codes do not work; set SMTP_HOST and MAIL_FROM")
	}
	if i.Config.SMTPSec == "off" {
		return advice("SMTP_SECURITY=off: letters reach " + i.Config.SMTPHost + " unencrypted")
	}
	return good("letters go through " + i.Config.SMTPHost + "; the mail test shows whether they arrive")
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/store"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "Check keys, database, disk, clock and certificate", Args: cobra.NoArgs,
		Long: "Checks an instance without changing anything, and says what to do where something is wrong. Exits with 1 if a check failed.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) }}
}

// look opens the database without changing anything.
func (a *app) look(ctx context.Context) (*store.Store, *config.Config, error) {
	c, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	o, err := a.options(c)
	if err != nil {
		return nil, c, err
	}
	o.Store.Look, o.Store.Now = true, time.Now
	st, err := store.Open(ctx, o.Store)
	return st, c, err
}

var errUnwell = errors.New("something needs attention; see the lines marked FAIL")

// examination collects what doctor finds.
type examination struct {
	a      *app
	failed bool
}

func (e *examination) report(what string, err error, good string) {
	if err != nil {
		e.failed = true
		e.a.say("FAIL  %-12s %s", what, explain(err))
		return
	}
	e.a.say("ok    %-12s %s", what, good)
}

func (a *app) doctor(ctx context.Context) error {
	e := &examination{a: a}
	c, err := a.settings()
	e.report("settings", err, "all values are understood")
	if err != nil {
		return errUnwell
	}
	for _, l := range c.Lines() {
		a.say("      %-24s %s (%s)", l.Name, l.Value, l.From)
	}
	good, err := checkEnvFile(c)
	e.report("keys", err, good)
	good, err = checkDisk(c.DataDir)
	e.report("disk", err, good)
	good, err = checkCertificate(c)
	e.report("certificate", err, good)
	st, _, err := a.look(ctx)
	if err == nil {
		defer st.Close()
	}
	e.report("database", err, c.Database.String()+" answers, and FERNET_KEY opens it")
	if err == nil {
		good, err = checkClock(ctx, st)
		e.report("clock", err, good)
		checked, err := st.CheckSeals(ctx)
		if err == nil && len(checked.Broken) > 0 {
			err = fmt.Errorf("some sealed values do not open; `strongroom key check` lists them")
		}
		e.report("seals", err, fmt.Sprintf("all %d sealed values open", checked.Rows))
	}
	if e.failed {
		return errUnwell
	}
	return nil
}

func checkEnvFile(c *config.Config) (string, error) {
	if c.FernetKey.Reveal() == "" || c.SecretKey.Reveal() == "" {
		return "", fmt.Errorf("no FERNET_KEY or no SECRET_KEY: `strongroom init` makes them in %s", c.EnvFile())
	}
	i, err := os.Stat(c.EnvFile())
	if err == nil && i.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		return "", fmt.Errorf("others on this machine may read %s: run chmod 600 on it", c.EnvFile())
	}
	return "FERNET_KEY from " + c.Source["FERNET_KEY"] + ", SECRET_KEY from " + c.Source["SECRET_KEY"], nil
}

// minDisk is when a disk counts as full: SQLite needs room for its log.
const minDisk = 256 << 20

func checkDisk(dir string) (string, error) {
	free, err := diskFree(dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return "not checked on this system", nil
	}
	if err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	if free < minDisk {
		return "", fmt.Errorf("%s has %d MiB free: make room before writes fail", dir, free>>20)
	}
	return fmt.Sprintf("%s has %d MiB free", dir, free>>20), nil
}

func checkCertificate(c *config.Config) (string, error) {
	if c.TLS == config.TLSOff {
		return "TLS=off: plain http on " + c.Listen, nil
	}
	if c.TLS == config.TLSSelfSigned {
		if _, err := os.Stat(filepath.Join(c.DataDir, "tls", "ca.pem")); err != nil {
			return "the next start makes one", nil
		}
	}
	cert, err := server.Certificate(c, server.Options{Now: time.Now})
	if err != nil {
		return "", err
	}
	left := time.Until(cert.Leaf().NotAfter)
	if left < 7*24*time.Hour {
		return "", fmt.Errorf("the certificate ends on %s: renew it", cert.Leaf().NotAfter.Format("2006-01-02"))
	}
	return fmt.Sprintf("good until %s", cert.Leaf().NotAfter.Format("2006-01-02")), nil
}

func checkClock(ctx context.Context, st *store.Store) (string, error) {
	last, err := st.LastEvent(ctx)
	if err != nil {
		return "", err
	}
	now := time.Now()
	if now.Year() < 2026 || last.Sub(now) > time.Minute {
		return "", fmt.Errorf("this machine's clock says %s, which is before the last thing written down here (%s): set the clock", now.UTC().Format(time.RFC3339), last.Format(time.RFC3339))
	}
	return now.UTC().Format(time.RFC3339), nil
}

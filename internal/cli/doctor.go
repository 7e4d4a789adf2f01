package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
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

func (a *app) report(f vault.Finding) (ok bool) {
	a.say("%s  %-12s %s", map[vault.Level]string{vault.LevelGood: "ok  ", vault.LevelAdvice: "warn", vault.LevelFault: "FAIL"}[f.Level], f.Check, f.Says)
	return f.Level != vault.LevelFault
}

func (a *app) doctor(ctx context.Context) error {
	c, err := a.settings()
	if err != nil {
		a.report(vault.Finding{Check: "settings", Level: vault.LevelFault, Says: explain(err)})
		return errUnwell
	}
	a.report(vault.Finding{Check: "settings", Says: "all values are understood"})
	for _, l := range c.Lines() {
		a.say("      %-24s %s (%s)", l.Name, l.Value, l.From)
	}
	i := server.Checkup(c, nil, time.Now, explain)
	all := i.Machine(ctx)
	st, _, err := a.look(ctx)
	if err != nil {
		all = append(all, vault.Finding{Check: "database", Level: vault.LevelFault, Says: explain(err)})
	} else {
		defer st.Close()
		all = append(all, vault.Finding{Check: "database", Says: c.Database.String() + " answers, and FERNET_KEY opens it"})
		i.Store = st
		all = append(append(all, i.Database(ctx)...), i.Seals(ctx))
	}
	well := true
	for _, f := range all {
		well = a.report(f) && well
	}
	if !well {
		return errUnwell
	}
	return nil
}

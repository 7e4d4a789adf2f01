package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"strongroom/internal/backup"
	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func (a *app) copyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "copy --to URL", Short: "Copy the database into an empty one of any kind", Args: cobra.NoArgs,
		Long: "Copies all rows into an empty database, named as DATABASE_URL names one. Files stay where they are. Stop the servers first: what they write meanwhile is not copied. " +
			"Afterwards set DATABASE_URL to the new one. A copy that was cut off is run again and starts over.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.copyDatabase(cmd.Context(), cmd.Flag("to").Value.String())
		}}
	cmd.Flags().String("to", "", "the new database, such as postgres://USER:PASSWORD@HOST/NAME; read from standard input when it is -")
	return cmd
}

func (a *app) copyDatabase(ctx context.Context, to string) error {
	if to == "-" {
		line, err := a.password("New DATABASE_URL: ")
		if err != nil {
			return err
		}
		to = line
	}
	d, err := config.ParseDatabaseURL(to)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	st, c, err := a.look(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	release, err := st.Claim()
	if err != nil {
		return err
	}
	defer release()
	if c.Database.Kind != "sqlite" {
		if err := standing(ctx, st); err != nil {
			return err
		}
	}
	report, end := a.meter()
	sum, err := backup.Copy(ctx, st, server.Source(d), report)
	end()
	if err == nil {
		a.say("Copied %d rows into %s. Set DATABASE_URL to it.", sum.Rows, d)
	}
	return err
}

// standing makes sure that no node serves a database that any number of them may
// serve: what they wrote during a copy would be lost without a word.
func standing(ctx context.Context, st *store.Store) error {
	return st.Read(ctx, func(tx *store.Tx) error {
		nodes, err := tx.Nodes(ctx)
		for _, n := range nodes {
			if n.Alive(tx.Now) {
				return fmt.Errorf("%s is serving the database: stop it first; one that was killed counts as gone after %s", n.Name, vault.NodeSilence)
			}
		}
		return err
	})
}

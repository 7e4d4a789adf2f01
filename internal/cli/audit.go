package cli

import (
	"context"
	"encoding/csv"
	"fmt"

	"github.com/spf13/cobra"

	"strongroom/internal/core/admin"
	"strongroom/internal/server"
	"strongroom/internal/vault"
)

func (a *app) auditCommand() *cobra.Command {
	audit := &cobra.Command{Use: "audit", Short: "Check and export the audit log"}
	var format string
	export := &cobra.Command{Use: "export", Short: "Print the audit log, oldest line first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "csv" && format != "jsonl" {
				return fmt.Errorf("--format is %q and must be csv or jsonl", format)
			}
			return a.with(cmd.Context(), func(n *server.Node) error { return a.exportAudit(cmd.Context(), n, format) })
		}}
	export.Flags().StringVar(&format, "format", "csv", "csv (no cell is a formula) or jsonl (JSON Lines)")
	audit.AddCommand(export, &cobra.Command{Use: "verify", Short: "Check that no line was changed, moved, taken out or put in", Args: cobra.NoArgs,
		Long: "Chains what is not chained yet, then checks every line's link, seal and place and all signatures, and that the end is where it was signed to be. " +
			"It prints how many lines there are, or fails and names the first that is wrong.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(n *server.Node) error { return a.verifyAudit(cmd.Context(), n) })
		}})
	return audit
}

func (a *app) verifyAudit(ctx context.Context, n *server.Node) error {
	r, err := n.Audit.Verify(ctx, admin.Machine)
	if err != nil {
		return err
	}
	if r.Why != "" {
		return fmt.Errorf("line %d of the audit log is wrong: %s", r.Bad, r.Why)
	}
	a.say("%d lines are as they were written (%d to %d).", r.Lines, r.First, r.Last)
	a.say("The end was signed %s: %s, with the key %s.", stamp(r.At), r.Link, r.PublicKey)
	return nil
}

func (a *app) exportAudit(ctx context.Context, n *server.Node, format string) error {
	w := csv.NewWriter(a.out)
	use := func(e vault.Event) error { return w.Write(e.Line().Cells()) }
	if format == "jsonl" {
		use = func(e vault.Event) error {
			_, err := a.out.Write(append(e.Line().JSON(), '\n'))
			return err
		}
	} else if err := w.Write(vault.EventColumns); err != nil {
		return err
	}
	if err := n.Audit.Export(ctx, admin.Machine, use); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"strongroom/internal/core/admin"
	"strongroom/internal/server"
	"strongroom/internal/vault"
)

func (a *app) adminCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "admin", Short: "Administer the instance"}
	settings := &cobra.Command{Use: "settings", Short: "List the settings, or change one", Args: cobra.NoArgs,
		Long: "Lists every setting with its value and where that comes from. Those marked * an administrator may set for all nodes, while they run.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(n *server.Node) error { return a.listSettings(cmd.Context(), n) })
		}}
	settings.AddCommand(
		&cobra.Command{Use: "set NAME VALUE", Short: "Set a setting for all nodes", Args: cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.with(cmd.Context(), func(n *server.Node) error {
					return a.saySetting(n.Admin.Set(cmd.Context(), admin.Machine, args[0], args[1]))
				})
			}},
		&cobra.Command{Use: "unset NAME", Short: "Take a setting back to its default", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.with(cmd.Context(), func(n *server.Node) error {
					return a.saySetting(n.Admin.Unset(cmd.Context(), admin.Machine, args[0]))
				})
			}})
	cmd.AddCommand(settings,
		&cobra.Command{Use: "mail-test ADDRESS", Short: "Send a letter, to see whether mail works", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.with(cmd.Context(), func(n *server.Node) error {
					if err := n.Admin.TestMail(cmd.Context(), admin.Machine, args[0]); err != nil {
						return err
					}
					a.say("The mail server took the letter.")
					return nil
				})
			}})
	return cmd
}

func (a *app) saySetting(s *vault.Setting, err error) error {
	if err == nil {
		a.say("%s is now %q (%s).", s.Name, s.Value, s.From)
	}
	return err
}

func (a *app) listSettings(ctx context.Context, n *server.Node) error {
	all, err := n.Admin.AllSettings(ctx, admin.Machine)
	for _, s := range all {
		mark := " "
		if s.Open {
			mark = "*"
		}
		a.say("%s %-22s %s (%s)", mark, s.Name, s.Value, s.From)
	}
	return err
}

package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"strongroom/internal/core/admin"
	"strongroom/internal/server"
)

// with opens the instance for one command.
func (a *app) with(ctx context.Context, do func(*server.Node) error) error {
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	return do(n)
}

func (a *app) nodeCommand() *cobra.Command {
	node := &cobra.Command{Use: "node", Short: "See the nodes of this instance"}
	node.AddCommand(&cobra.Command{Use: "list", Short: "List the nodes that serve", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(n *server.Node) error { return a.listNodes(cmd.Context(), n) })
		}})
	return node
}

func (a *app) listNodes(ctx context.Context, n *server.Node) error {
	ns, now, err := n.Admin.Nodes(ctx, admin.Machine)
	for _, n := range ns {
		state := "alive"
		if !n.Alive(now) {
			state = "silent"
		}
		a.say("%-24s %-6s %-12s %-14s up since %s, seen %s", n.Name, state, n.Version, n.System, stamp(n.StartedAt), stamp(n.SeenAt))
	}
	return err
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func (a *app) jobCommand() *cobra.Command {
	job := &cobra.Command{Use: "job", Short: "See and run timed work"}
	job.AddCommand(
		&cobra.Command{Use: "list", Short: "List the jobs and how they went", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.with(cmd.Context(), func(n *server.Node) error { return a.listJobs(cmd.Context(), n) })
			}},
		&cobra.Command{Use: "run NAME", Short: "Run a job now, here", Args: cobra.ExactArgs(1),
			Long: "Runs a job in this very process, under the same lease as a node that serves: it does not run twice at once.",
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.with(cmd.Context(), func(n *server.Node) error {
					if err := n.RunJob(cmd.Context(), args[0]); err != nil {
						return err
					}
					a.say("%s ran.", args[0])
					return nil
				})
			}})
	return job
}

func (a *app) listJobs(ctx context.Context, n *server.Node) error {
	if err := n.PrepareJobs(ctx); err != nil {
		return err
	}
	js, now, err := n.Admin.AllJobs(ctx, admin.Machine)
	for _, j := range js {
		state := j.State.String()
		if j.Stuck(now) {
			state = "stuck"
		}
		a.say("%-14s %-8s last %s, next %s  %s", j.Name, state, stamp(j.EndedAt), stamp(j.NextAt), j.Result)
	}
	return err
}

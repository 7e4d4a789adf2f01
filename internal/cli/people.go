package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"strongroom/internal/core/admin"
	"strongroom/internal/server"
	"strongroom/internal/vault"
)

// personCommand is a verb about one account that is given by its name.
func (a *app) personCommand(name, short, done string, do func(context.Context, *server.Node, vault.UserID) error) *cobra.Command {
	return &cobra.Command{Use: name + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.of(cmd.Context(), args[0], done, do) }}
}

// of does something to the account that has a name, and says that it is done.
func (a *app) of(ctx context.Context, name, done string, do func(context.Context, *server.Node, vault.UserID) error) error {
	return a.with(ctx, func(n *server.Node) error {
		u, err := n.Admin.UserByName(ctx, admin.Machine, name)
		if err != nil {
			return err
		}
		if err := do(ctx, n, u.ID); err != nil {
			return err
		}
		a.say(done, u.Email)
		return nil
	})
}

func (a *app) inviteCommand() *cobra.Command {
	var role string
	var byMail, again bool
	c := &cobra.Command{Use: "invite ADDRESS", Short: "Invite somebody to make an account", Args: cobra.ExactArgs(1),
		Long: "Makes a link with which one person can register once, whatever SIGNUPS says. It is printed, or with --mail sent to the address.",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := vault.ParseRole(role)
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(n *server.Node) error {
				return a.invite(cmd.Context(), n, args[0], r, byMail, again)
			})
		}}
	c.Flags().StringVar(&role, "role", "user", "user, auditor or admin")
	c.Flags().BoolVar(&byMail, "mail", false, "send the link by mail")
	c.Flags().BoolVar(&again, "again", false, "make a new link for an invitation that is there; its old link dies")
	return c
}

func (a *app) invite(ctx context.Context, n *server.Node, name string, r vault.Role, byMail, again bool) (err error) {
	var i *vault.Invitation
	var link string
	if again {
		if i, err = a.invitation(ctx, n, name); err != nil {
			return err
		}
		i, link, err = n.Admin.Resend(ctx, admin.Machine, i.ID, byMail)
	} else {
		i, link, err = n.Admin.Invite(ctx, admin.Machine, name, r, byMail)
	}
	if err != nil {
		return err
	}
	if byMail {
		a.say("The mail server took the letter to %s; its link works until %s.", i.Email, stamp(i.ExpiresAt))
		return nil
	}
	a.say("For %s, once, until %s:\n%s", i.Email, stamp(i.ExpiresAt), link)
	return nil
}

// eachInvitation calls f for every invitation.
func (a *app) eachInvitation(ctx context.Context, n *server.Node, f func(*vault.Invitation)) error {
	var after vault.Cursor
	for {
		is, _, err := n.Admin.Invitations(ctx, admin.Machine, after, 500)
		if err != nil {
			return err
		}
		for _, i := range is {
			f(i)
			after = vault.Cursor{At: i.CreatedAt, ID: string(i.ID)}
		}
		if len(is) < 500 {
			return nil
		}
	}
}

func (a *app) invitation(ctx context.Context, n *server.Node, name string) (found *vault.Invitation, err error) {
	email, err := n.Admin.Names.Email(name)
	if err != nil {
		return nil, err
	}
	err = a.eachInvitation(ctx, n, func(i *vault.Invitation) {
		if i.Email == email {
			found = i
		}
	})
	if err == nil && found == nil {
		err = vault.ErrInvitationNotFound
	}
	return found, err
}

func (a *app) invitationsCommand() *cobra.Command {
	c := &cobra.Command{Use: "invitations", Short: "List invitations that were not used yet", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(n *server.Node) error {
				return a.eachInvitation(cmd.Context(), n, func(i *vault.Invitation) {
					a.say("%-40s %-8s sent %s, until %s", i.Email, i.Role, stamp(i.SentAt), stamp(i.ExpiresAt))
				})
			})
		}}
	c.AddCommand(&cobra.Command{Use: "revoke ADDRESS", Short: "Take an invitation back", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(n *server.Node) error {
				i, err := a.invitation(cmd.Context(), n, args[0])
				if err != nil {
					return err
				}
				if err := n.Admin.Revoke(cmd.Context(), admin.Machine, i.ID); err != nil {
					return err
				}
				a.say("The invitation of %s is revoked.", i.Email)
				return nil
			})
		}})
	return c
}

func (a *app) quotaCommand() *cobra.Command {
	return &cobra.Command{Use: "quota NAME MIB|default", Short: "Say how much an account may store in files", Args: cobra.ExactArgs(2),
		Long: "Sets how many MiB of attachments and Sends with files an account may store: 0 for no limit, default for what FILE_QUOTA says.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var bytes *int64
			if args[1] != "default" {
				mib, err := strconv.ParseInt(args[1], 10, 64)
				if err != nil || mib < 0 || mib > 1_000_000 {
					return fmt.Errorf("%q must be default or a whole number of MiB, 0 to 1000000", args[1])
				}
				mib <<= 20
				bytes = &mib
			}
			return a.of(cmd.Context(), args[0], "The quota of %s is set.", func(ctx context.Context, n *server.Node, id vault.UserID) error {
				return n.Admin.SetQuota(ctx, admin.Machine, id, bytes)
			})
		}}
}

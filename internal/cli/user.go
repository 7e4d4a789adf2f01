package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"strongroom/internal/core/admin"
	"strongroom/internal/core/unlock"
	"strongroom/internal/server"
	"strongroom/internal/vault"
)

func (a *app) userCommand() *cobra.Command {
	user := &cobra.Command{Use: "user", Short: "Add, list and change accounts"}
	add := &cobra.Command{Use: "add NAME", Short: "Make an account, whatever SIGNUPS says", Args: cobra.ExactArgs(1),
		Long: "Makes an account. The password is asked for, or read from the first line of standard input.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.addUser(cmd.Context(), args[0], cmd.Flag("role").Value.String())
		}}
	add.Flags().String("role", "user", "user, auditor or admin")
	user.AddCommand(add,
		&cobra.Command{Use: "list", Short: "List all accounts", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listUsers(cmd.Context()) }},
		&cobra.Command{Use: "role NAME user|auditor|admin", Short: "Change an account's role", Args: cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				r, err := vault.ParseRole(args[1])
				if err != nil {
					return err
				}
				return a.changeUser(cmd.Context(), args[0], admin.Change{Role: &r})
			}},
		a.inviteCommand(), a.invitationsCommand(), a.quotaCommand(),
		a.personCommand("signout", "End all sessions and access tokens of an account", "%s is signed out everywhere.",
			func(ctx context.Context, n *server.Node, id vault.UserID) error {
				return n.Admin.SignOut(ctx, admin.Machine, id)
			}),
		a.personCommand("reset-factors", "Take all second factors off an account, for somebody who lost them", "%s has no second factor any more.",
			func(ctx context.Context, n *server.Node, id vault.UserID) error {
				return n.Admin.ResetFactors(ctx, admin.Machine, id)
			}),
		a.personCommand("delete", "Delete an account and all that is in it, for good", "%s is deleted.",
			func(ctx context.Context, n *server.Node, id vault.UserID) error {
				return n.Admin.Delete(ctx, admin.Machine, id)
			}),
		a.stateCommand("suspend", "Suspend an account and end its sessions", vault.Suspended),
		a.stateCommand("resume", "Let a suspended account in again", vault.Active))
	return user
}

func (a *app) stateCommand(name, short string, s vault.State) *cobra.Command {
	return &cobra.Command{Use: name + " NAME", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeUser(cmd.Context(), args[0], admin.Change{State: &s})
		}}
}

func (a *app) addUser(ctx context.Context, name, role string) error {
	r, err := vault.ParseRole(role)
	if err != nil {
		return err
	}
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	password, err := a.password("Password for " + name + ": ")
	if err != nil {
		return err
	}
	u, err := n.Unlock.Register(ctx, unlock.SignUp{Name: name, Password: password, Invited: true})
	if err != nil {
		return err
	}
	if r != vault.RoleUser {
		if u, err = n.Admin.ChangeUser(ctx, admin.Machine, u.ID, admin.Change{Role: &r}); err != nil {
			return err
		}
	}
	a.say("Added %s (%s).", u.Email, u.Role)
	return nil
}

// password asks on a terminal without showing what is typed; otherwise it is the
// first line of standard input.
func (a *app) password(prompt string) (string, error) {
	if f, ok := a.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(a.err, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.err)
		return string(b), err
	}
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.Join(errors.New("no password on standard input"), ignoreEOF(err))
	}
	return line, nil
}

func ignoreEOF(err error) error {
	if err != nil && err.Error() == "EOF" {
		return nil
	}
	return err
}

func (a *app) listUsers(ctx context.Context) error {
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	var after vault.Cursor
	for {
		us, err := n.Admin.Users(ctx, admin.Machine, vault.UserFilter{}, after, 500)
		if err != nil {
			return err
		}
		for _, u := range us {
			a.say("%-40s %-8s %-10s %s", n.Admin.Names.Short(u.Email), u.Role, u.State, u.CreatedAt.Format("2006-01-02"))
			after = vault.Cursor{At: u.CreatedAt, ID: string(u.ID)}
		}
		if len(us) < 500 {
			return nil
		}
	}
}

func (a *app) changeUser(ctx context.Context, name string, ch admin.Change) error {
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	u, err := n.Admin.UserByName(ctx, admin.Machine, name)
	if err != nil {
		return err
	}
	if u, err = n.Admin.ChangeUser(ctx, admin.Machine, u.ID, ch); err != nil {
		return err
	}
	a.say("%s is now %s, %s.", u.Email, u.Role, u.State)
	return nil
}

// Package cli is the command line. It must decide nothing that a door could be
// asked too: it calls the same verbs. Invariant: what fails says in one line what
// is wrong and what to do, and exits with 1.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/fault"
	"strongroom/internal/server"
)

// Set by the linker (see Makefile); what `go run` builds is "dev".
var (
	version = "dev"
	commit  = "unknown"
	date    = "unknown"
)

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	cmd      *cobra.Command
	service  bool // run by Windows' service manager: nobody sees what is printed
}

// Main runs the program and returns its exit status.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{in: in, out: out, err: errs}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal does what signals do
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	if err := root.ExecuteContext(ctx); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: %w", err)
		}
		fmt.Fprintln(errs, "strongroom: "+explain(err))
		return 1
	}
	return 0
}

// explain words an error for the person at the machine, who may see causes.
func explain(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	s := f.Message
	for _, e := range f.Fields {
		s += " " + e.Path + " " + e.Message + "."
	}
	if f.Cause != nil {
		s += " (" + strings.ReplaceAll(f.Cause.Error(), "\n", "; ") + ")"
	}
	return s
}

const about = `Strongroom is a password manager that you host yourself: one vault, for the official Bitwarden
clients, for scripts through a REST API, and for people in a browser.

To begin:

    strongroom serve            serves a vault on http://127.0.0.1:8000, with its data in ./data
    strongroom doctor           looks whether all is well, and says what to do where it is not

Every setting can be a flag, a variable of the environment, or a line in DATA_DIR/.env.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{Use: "strongroom", Short: "A password manager that you host yourself", Long: about,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	root.CompletionOptions.DisableDefaultCmd = true
	config.Bind(root.PersistentFlags())
	root.AddCommand(a.serveCommand(), a.initCommand(), a.doctorCommand(), a.userCommand(), a.keyCommand(), a.dbCommand(), a.auditCommand(),
		a.adminCommand(), a.nodeCommand(), a.jobCommand(),
		a.serviceCommand(), a.healthCommand(), a.backupCommand(), a.restoreCommand(), a.importCommand(),
		a.generateCommand(), a.versionCommand())
	for _, c := range root.Commands() {
		refuseUnknown(c)
		pre := c.PersistentPreRun
		c.PersistentPreRun = func(c *cobra.Command, args []string) {
			a.cmd = c
			if pre != nil {
				pre(c, args)
			}
		}
	}
	return root
}

// refuseUnknown has a command that only groups others fail for one that it does not
// have: a misspelled check in a script must not pass.
func refuseUnknown(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() {
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is no command of `%s`; it has %s", args[0], c.CommandPath(), subcommands(c))
			}
			return c.Help()
		}
	}
	for _, sub := range c.Commands() {
		refuseUnknown(sub)
	}
}

func subcommands(c *cobra.Command) string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return strings.Join(names, ", ")
}

func (a *app) say(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }

// complain tells of one thing that does not end the command.
func (a *app) complain(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }

// settings reads the settings of this run.
func (a *app) settings() (*config.Config, error) {
	c, err := config.Load(config.Options{Flags: a.cmd.Flags()})
	if err == nil && a.service && c.LogFile == "" {
		c.LogFile = filepath.Join(c.DataDir, "logs", "strongroom.log")
	}
	return c, err
}

// options are the node's, with keys that must be there already.
func (a *app) options(c *config.Config) (server.Options, error) {
	if c.FernetKey.Reveal() == "" || c.SecretKey.Reveal() == "" {
		return server.Options{}, fmt.Errorf("there are no keys in %s yet: `strongroom init` or `strongroom serve` makes them", c.EnvFile())
	}
	o, err := server.Configure(c, a.settings)
	o.Version, o.Commit, o.Date = version, commit, date
	return o, err
}

// node opens the instance for a command; the caller closes it.
func (a *app) node(ctx context.Context) (*server.Node, *config.Config, error) {
	c, err := a.settings()
	if err != nil {
		return nil, nil, err
	}
	o, err := a.options(c)
	if err != nil {
		return nil, nil, err
	}
	n, err := server.Open(ctx, o)
	return n, c, err
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(*cobra.Command, []string) { a.say("strongroom %s (%s, %s)", version, commit, date) }}
}

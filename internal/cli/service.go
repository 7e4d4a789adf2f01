package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"strongroom/internal/winsvc"
)

// serviceWait is how long the service manager is given.
const serviceWait = time.Minute

func (a *app) serviceCommand() *cobra.Command {
	service := &cobra.Command{Use: "service", Short: "Run as a Windows service",
		Long: "Installs, starts, stops and removes the service Strongroom, which starts with Windows and again after a crash. " +
			"Its data folder is C:\\ProgramData\\Strongroom unless --data names another. docs/windows.md goes through it step by step."}
	simple := func(use, short string, do func(context.Context) error, done string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), serviceWait)
			defer cancel()
			err := do(ctx)
			if err == nil {
				a.say("%s", done)
			}
			return err
		}}
	}
	service.AddCommand(
		&cobra.Command{Use: "install", Short: "Register the service, with the flags given here", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.installService() }},
		simple("uninstall", "Stop and remove the service; its data stays", winsvc.Uninstall, "Removed the service. Its data is still there."),
		simple("start", "Start the service and wait until it serves", winsvc.Start, "The service is running."),
		simple("stop", "Stop the service and wait until it has finished", winsvc.Stop, "The service has stopped."),
		&cobra.Command{Use: "status", Short: "Show the service's state", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.serviceStatus() }},
		&cobra.Command{Use: "adopt", Short: "What the installer runs after it has registered the service", Args: cobra.NoArgs, Hidden: true,
			RunE: func(*cobra.Command, []string) error { return a.adoptService() }},
		&cobra.Command{Use: "run", Short: "What the service manager runs", Args: cobra.NoArgs, Hidden: true,
			RunE: func(*cobra.Command, []string) error { return a.runService() }})
	return service
}

// serviceData makes ProgramData the data folder of a command that was not told another.
func (a *app) serviceData() error {
	f := a.cmd.Flags()
	if f.Changed("data") {
		return nil
	}
	dir, err := winsvc.DataDir()
	if err != nil {
		return err
	}
	return f.Set("data", dir)
}

func (a *app) installService() error {
	if err := a.serviceData(); err != nil {
		return err
	}
	a.service = true
	c, err := a.settings() // what is wrong with them is better said now than in an event log
	if err != nil {
		return err
	}
	args, err := a.serviceArgs()
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if err := winsvc.Protect(c.DataDir); err != nil {
		return err
	}
	err = winsvc.Install(exe, append([]string{"service", "run"}, args...))
	if err != nil && !errors.Is(err, winsvc.ErrNoRecovery) {
		return err
	}
	if err != nil {
		a.say("Note: %s", explain(err))
	}
	a.say("Installed the service %s (%s). Its account is %s, which must be able to read that file.", winsvc.Name, exe, winsvc.Account)
	a.say("Data        %s\nLog         %s", c.DataDir, c.LogFile)
	a.say("Next: `strongroom service start`, then `strongroom init --data \"%s\"` shows the setup code.", c.DataDir)
	return nil
}

// adoptService does for an installer's service what installService does beside
// registering it.
func (a *app) adoptService() error {
	dir, err := winsvc.DataDir()
	if err != nil {
		return err
	}
	if err := winsvc.Protect(dir); err != nil {
		return err
	}
	if err := winsvc.Adopt(); err != nil && !errors.Is(err, winsvc.ErrNoRecovery) {
		return err
	}
	return nil
}

// serviceArgs are the flags of this command as the service will be given them.
// Files are named in full: a service's current folder is Windows' own.
func (a *app) serviceArgs() (args []string, err error) {
	a.cmd.Flags().Visit(func(f *pflag.Flag) {
		value := f.Value.String()
		switch f.Name {
		case "database-url":
			err = fmt.Errorf("everybody on this machine can read how a service is started: put DATABASE_URL into the .env of the data folder")
		case "data", "files", "tls-cert-file", "tls-key-file", "log-file":
			if abs, bad := filepath.Abs(value); bad == nil {
				value = abs
			}
		}
		args = append(args, "--"+f.Name+"="+value)
	})
	return args, err
}

func (a *app) serviceStatus() error {
	st, err := winsvc.Query()
	if err != nil {
		return err
	}
	a.say("State       %s", st.State)
	if st.PID != 0 {
		a.say("Process     %d", st.PID)
	}
	a.say("Starts      %s\nCommand     %s", st.Starts, st.Command)
	return nil
}

// runService serves until the service manager says stop. Relative names in the
// settings are below the data folder.
func (a *app) runService() error {
	a.service, a.out = true, io.Discard // the greeting holds the setup code
	return winsvc.Run(func(ctx context.Context, ready func(string)) error {
		if err := a.serviceData(); err != nil {
			return err
		}
		c, err := a.settings()
		if err != nil {
			return err
		}
		if err := winsvc.Enter(c.DataDir); err != nil {
			return err
		}
		if err := os.Chdir(c.DataDir); err != nil {
			return err
		}
		err = a.serve(ctx, ready)
		if err != nil {
			err = errors.New(explain(err))
		}
		return err
	})
}

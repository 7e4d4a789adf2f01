package cli

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/trim"
	"strongroom/web"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve the vault", Args: cobra.NoArgs,
		Long: "Serves the vault until it is interrupted. The first start makes keys, the database and, while there is no administrator, a setup code.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), func(string) {}) }}
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{Use: "init", Short: "Make keys, the database and a setup code, without serving", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, n, err := a.start(cmd.Context())
			if err != nil {
				return err
			}
			defer n.Close()
			a.say("Data        %s (%s)", c.DataDir, c.Database)
			return a.saySetup(cmd.Context(), c, n)
		}}
}

// start reads the settings, makes the keys at the first start and opens the node.
func (a *app) start(ctx context.Context) (*config.Config, server.Options, *server.Node, error) {
	c, err := a.settings()
	if err != nil {
		return nil, server.Options{}, nil, err
	}
	made, err := c.Prepare()
	if err != nil {
		return nil, server.Options{}, nil, err
	}
	if made {
		a.say("Made fresh keys in %s. Keep a copy of that file: without it nothing here can be opened.", c.EnvFile())
	}
	o, err := a.options(c)
	if err != nil {
		return nil, o, nil, err
	}
	n, err := server.Open(ctx, o)
	return c, o, n, err
}

// garbage is how much the heap may grow between collections, in percent. Lists
// make much short-lived memory of a small heap: at Go's usual 100 a fifth of
// their time went into collecting. GOGC, where it is set to something else, counts.
const garbage = 200

// ready is told once, in a line without secrets, that the server answers.
func (a *app) serve(ctx context.Context, ready func(string)) error {
	if was := debug.SetGCPercent(garbage); was != 100 {
		debug.SetGCPercent(was)
	}
	c, o, n, err := a.start(ctx)
	if err != nil {
		return err
	}
	release, err := n.Store.Claim()
	if err != nil {
		n.Close()
		return err
	}
	defer release() // when the database is closed, and not before
	defer n.Close()
	ln, plain, err := listen(ctx, c)
	if err != nil {
		return err
	}
	sec, err := n.Secure(c, o, ln, plain)
	if err != nil {
		return err
	}
	defer sec.Close()
	if c.Metrics != "" {
		ml, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Metrics)
		if err != nil {
			return fmt.Errorf("METRICS_LISTEN: %w", err)
		}
		go n.ServeMetrics(ctx, ml) //nolint:errcheck // a vault that cannot be measured serves on
	}
	if err := a.greet(ctx, c, n, sec.CAPath, ln); err != nil {
		return err
	}
	if err := a.secure(ctx, c, o, sec, plain); err != nil {
		return err
	}
	if c.DebugListen != "" {
		if err := server.ServeDebug(ctx, string(c.DebugListen)); err != nil {
			return fmt.Errorf("DEBUG_LISTEN: %w", err)
		}
	}
	if a.service { // nobody has seen the greeting
		o.Log.InfoContext(ctx, "serving", "version", version, "url", c.URL().String(), "data", c.DataDir, "database", c.Database.String())
		defer o.Log.InfoContext(ctx, "stopped")
	}
	ready("Strongroom " + version + " serves " + c.URL().String() + ". Its log is " + c.LogFile)
	go trim.Started()
	if err := n.Serve(ctx, ln, sec.Config); err != nil {
		return err
	}
	a.say("Stopped")
	return nil
}

// listen opens the listeners: the server's, and that of HTTP_LISTEN, nil for none.
func listen(ctx context.Context, c *config.Config) (ln, plain net.Listener, err error) {
	if ln, err = server.Listen(ctx, c.Listen); err != nil {
		return nil, nil, fmt.Errorf("LISTEN: %w", err)
	}
	if c.HTTPListen != "" {
		if plain, err = server.Listen(ctx, c.HTTPListen); err != nil {
			ln.Close()
			return nil, nil, fmt.Errorf("HTTP_LISTEN: %w", err)
		}
	}
	return ln, plain, nil
}

// secure puts the listener of plain http to work, if there is one, and begins to
// get certificates, if they are got.
func (a *app) secure(ctx context.Context, c *config.Config, o server.Options, sec *server.Security, plain net.Listener) error {
	if plain != nil {
		a.say("Redirects   http://%s", plain.Addr())
		go sec.Redirect(ctx, plain, c.URL(), o.Log)
	}
	if err := sec.Start(); err != nil {
		return fmt.Errorf("TLS=acme: %w", err)
	}
	return nil
}

// greet says where the server is, where its data lies and what to do next.
func (a *app) greet(ctx context.Context, c *config.Config, n *server.Node, ca string, ln net.Listener) error {
	url := c.URL()
	if _, port, err := net.SplitHostPort(ln.Addr().String()); err == nil && c.PublicURL.URL == nil {
		url.Host = net.JoinHostPort(url.Hostname(), port) // port 0 was given one
	}
	a.say("Strongroom  %s", version)
	a.say("Serving     %s", url)
	a.say("API docs    %s/docs", url)
	a.say("Data        %s (%s)", c.DataDir, c.Database)
	if len(c.Only) > 0 {
		a.say("Serves only %s", c.Only)
	}
	if ca != "" {
		a.say("CA          %s (curl --cacert, NODE_EXTRA_CA_CERTS)", ca)
	}
	c.PublicURL.URL = url
	return a.saySetup(ctx, c, n)
}

func (a *app) saySetup(ctx context.Context, c *config.Config, n *server.Node) error {
	code, err := n.Accounts.SetupCode(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		a.say("\nThere is no administrator yet. Register the first account with this code:")
		a.say("Setup code  %s", code)
		if web.Built() {
			a.say("Setup link  %s/#/setup?code=%s", c.URL(), code)
		} else {
			a.say("Setup link  %s/docs#/Accounts/register", c.URL())
		}
	}
	return nil
}

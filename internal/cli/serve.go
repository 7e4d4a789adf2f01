package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"runtime/debug"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/server"
	"strongroom/internal/tlscert"
)

func (a *app) serveCommand() *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve the vault", Args: cobra.NoArgs,
		Long: "Serves the vault until it is interrupted. The first start makes keys, the database and, while there is no administrator, a setup code.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context()) }}
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

func (a *app) serve(ctx context.Context) error {
	if was := debug.SetGCPercent(garbage); was != 100 {
		debug.SetGCPercent(was)
	}
	c, o, n, err := a.start(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	release, err := n.Store.Claim()
	if err != nil {
		return err
	}
	defer release()
	cert, err := server.Certificate(c, o)
	if err != nil {
		return err
	}
	var conf *tls.Config
	if cert != nil {
		conf = cert.Config()
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("LISTEN: %w", err)
	}
	if err := a.greet(ctx, c, n, cert, ln); err != nil {
		return err
	}
	go debug.FreeOSMemory() // what starting took and nothing needs any more
	return n.Serve(ctx, ln, conf)
}

// greet says where the server is, where its data lies and what to do next.
func (a *app) greet(ctx context.Context, c *config.Config, n *server.Node, cert *tlscert.Source, ln net.Listener) error {
	url := c.URL()
	if _, port, err := net.SplitHostPort(ln.Addr().String()); err == nil && c.PublicURL.URL == nil {
		url.Host = net.JoinHostPort(url.Hostname(), port) // port 0 was given one
	}
	a.say("Strongroom  %s", version)
	a.say("Serving     %s", url)
	a.say("API docs    %s/docs", url)
	a.say("Data        %s (%s)", c.DataDir, c.Database)
	if cert != nil && cert.CAPath() != "" {
		a.say("CA          %s (curl --cacert, NODE_EXTRA_CA_CERTS)", cert.CAPath())
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
		a.say("Setup link  %s/docs#/Accounts/register", c.URL())
	}
	return nil
}

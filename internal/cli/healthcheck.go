package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
)

func (a *app) healthCommand() *cobra.Command {
	return &cobra.Command{Use: "healthcheck", Short: "Ask the server on this machine whether it can work", Args: cobra.NoArgs,
		Long: "Asks the server that runs here with the same settings whether it and its database answer; exits with 1 if not. For containers, which have no other program.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.health(cmd.Context()) }}
}

const healthWait = 4 * time.Second

func (a *app) health(ctx context.Context) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthWait)
	defer cancel()
	scheme := "http"
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != config.TLSOff {
		scheme, conf.InsecureSkipVerify = "https", true // nothing is told to it, and its name is not this machine's
		if len(c.ACMENames) > 0 {
			conf.ServerName = c.ACMENames[0]
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+here(c.Listen)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{TLSClientConfig: conf}).RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server on %s answers %s", c.Listen, resp.Status)
	}
	a.say("ok")
	return nil
}

// here is where a listener is reached from its own machine.
func here(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil { // checked when the settings were read
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

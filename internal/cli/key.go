package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/seal"
	"strongroom/internal/server"
)

func (a *app) keyCommand() *cobra.Command {
	key := &cobra.Command{Use: "key", Short: "Check and rotate FERNET_KEY"}
	rotate := &cobra.Command{Use: "rotate", Short: "Put a new FERNET_KEY first and wrap all data keys under it", Args: cobra.NoArgs,
		Long: "Puts a new key first in .env and wraps every data key under it, while the server runs. A rotation that was cut off goes on where it stopped. " +
			"Where FERNET_KEY comes from elsewhere, put the new key first there, restart the servers, then run this.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			drop, err := cmd.Flags().GetBool("drop-old")
			if err != nil {
				return err
			}
			return a.rotate(cmd.Context(), drop)
		}}
	rotate.Flags().Bool("drop-old", false, "remove the old keys from .env once nothing is under them")
	key.AddCommand(rotate, &cobra.Command{Use: "check", Short: "Open everything that is sealed", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.checkKeys(cmd.Context()) }})
	return key
}

func (a *app) checkKeys(ctx context.Context) error {
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	use, err := n.Store.KeysInUse(ctx)
	if err != nil {
		return err
	}
	for id, count := range use {
		a.say("key %s wraps %d data keys", id, count)
	}
	c, err := n.Store.CheckSeals(ctx)
	if err != nil {
		return err
	}
	for _, b := range c.Broken {
		a.say("does not open: %s", b)
	}
	if len(c.Broken) > 0 {
		return fmt.Errorf("%d or more of %d sealed values do not open", len(c.Broken), c.Rows)
	}
	a.say("All %d sealed values open.", c.Rows)
	return nil
}

const rotateBatch = 200

func (a *app) rotate(ctx context.Context, drop bool) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	if err := a.begin(ctx, c); err != nil {
		return err
	}
	n, c, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	done, err := a.wrapAll(ctx, n)
	if err != nil {
		return err
	}
	keys, err := seal.ParseKeys(c.FernetKey.Reveal())
	if err != nil {
		return err
	}
	a.say("All data keys are under key %s; %d were wrapped anew.", keys.Newest(), done)
	switch {
	case keys.Len() == 1:
		return nil
	case drop:
		if err := c.SetFernetKey(strings.TrimSpace(strings.Split(c.FernetKey.Reveal(), ",")[0])); err != nil {
			return err
		}
		a.say("Removed the old keys from %s. Backups from before still need them: keep them with those.", c.EnvFile())
	default:
		a.say("The keys after the first in FERNET_KEY may go now (`strongroom key rotate --drop-old` removes them). Backups from before still need them.")
	}
	return nil
}

// begin puts a new key first, unless a rotation is under way already.
func (a *app) begin(ctx context.Context, c *config.Config) error {
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	use, err := n.Store.KeysInUse(ctx)
	n.Close()
	if err != nil {
		return err
	}
	keys, err := seal.ParseKeys(c.FernetKey.Reveal())
	if err != nil {
		return err
	}
	total := 0
	for _, count := range use {
		total += count
	}
	if use[keys.Newest()] < total {
		a.say("Going on with the rotation to key %s.", keys.Newest())
		return nil
	}
	if keys.Len() > 1 {
		a.say("Key %s is in use everywhere; nothing is under the older ones.", keys.Newest())
		return nil
	}
	return c.SetFernetKey(seal.GenerateKey() + "," + c.FernetKey.Reveal())
}

func (a *app) wrapAll(ctx context.Context, n *server.Node) (done int, err error) {
	report, end := a.meter()
	defer end()
	for {
		r, err := n.Store.Rotate(ctx, rotateBatch)
		if err != nil {
			return done, fmt.Errorf("%w (run `strongroom key rotate` again to go on)", err)
		}
		done += r.Done
		if report != nil {
			report("data keys", int64(done), int64(done+r.Left))
		}
		if r.Left == 0 {
			return done, nil
		}
		if r.Done == 0 {
			return done, errors.New("no data key could be wrapped though some are left")
		}
	}
}

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

	"strongroom/internal/backup"
	"strongroom/internal/blob"
	"strongroom/internal/config"
	"strongroom/internal/seal"
	"strongroom/internal/server"
	"strongroom/internal/store"
)

func (a *app) backupCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "backup [FOLDER | s3://BUCKET/PREFIX]", Short: "Make, list and check backups", Args: cobra.MaximumNArgs(1),
		Long: "Makes an encrypted backup of the database and all files while the server runs, and reads it back. It goes to BACKUP_TO unless a place is given. " +
			"No key is in it: keep a copy of .env elsewhere.",
		RunE: func(cmd *cobra.Command, args []string) error {
			prune, err := cmd.Flags().GetBool("prune")
			if err != nil {
				return err
			}
			return a.backup(cmd.Context(), first(args), prune)
		}}
	cmd.Flags().Bool("prune", false, "remove what BACKUP_KEEP does not keep afterwards")
	verify := &cobra.Command{Use: "verify [NAME | FILE | latest]", Short: "Read a backup to its end and say what it holds", Args: cobra.MaximumNArgs(1),
		Long: "Decrypts a backup and checks all of it, without restoring anything. With a FERNET_KEY in the settings it also says whether that opens it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verifyBackup(cmd.Context(), first(args), cmd.Flag("identity").Value.String())
		}}
	identityFlag(verify)
	cmd.AddCommand(verify, &cobra.Command{Use: "list", Short: "List the backups in BACKUP_TO", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listBackups(cmd.Context()) }})
	return cmd
}

func identityFlag(cmd *cobra.Command) {
	cmd.Flags().String("identity", "", "file with the private key of age that BACKUP_RECIPIENTS names the public one of")
}

func (a *app) restoreCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "restore [NAME | FILE | latest]", Short: "Restore a backup into an empty database", Args: cobra.MaximumNArgs(1),
		Long: "Reads a whole backup and checks it, then restores it into the database and the folder of files that the settings name, which must be empty. " +
			"The database may be of another kind than the one that was backed up. FERNET_KEY must be the backed up instance's.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.restore(cmd.Context(), first(args), cmd.Flag("identity").Value.String())
		}}
	identityFlag(cmd)
	return cmd
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

var errNoPlace = errors.New("say where backups lie: `strongroom backup FOLDER`, or set BACKUP_TO")

func (a *app) backup(ctx context.Context, to string, prune bool) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	o, err := a.options(c)
	if err != nil {
		return err
	}
	if o.Backups, err = server.ConfigureBackups(c, to); err != nil {
		return err
	}
	if o.Backups.Place == nil {
		return errNoPlace
	}
	if _, err := o.Backups.Lock.To(); err != nil {
		return err
	}
	n, err := server.Open(ctx, o)
	if err != nil {
		return err
	}
	defer n.Close()
	report, end := a.meter()
	began := time.Now()
	m, err := n.Backup.Make(ctx, report)
	end()
	if err != nil {
		return err
	}
	a.say("Made %s in %s: %d rows, %d files, %d KiB, read back whole, in %s.", m.Name, m.Place, m.Rows, m.Files, m.Size>>10, time.Since(began).Round(100*time.Millisecond))
	a.missing(m.Summary)
	if !prune {
		return nil
	}
	gone, err := n.Backup.Prune(ctx)
	for _, name := range gone {
		a.say("Removed %s.", name)
	}
	return err
}

func (a *app) missing(s backup.Summary) {
	if s.Missing > 0 {
		a.complain("%d files that rows name were not in the folder of files and are not in the backup; people cannot fetch them either", s.Missing)
	}
}

func (a *app) listBackups(ctx context.Context) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	b, err := server.ConfigureBackups(c, "")
	if err != nil {
		return err
	}
	if b.Place == nil {
		return errNoPlace
	}
	list, err := b.Place.List(ctx)
	for _, e := range list {
		a.say("%s  %12d KiB  %s", e.Made.Format("2006-01-02 15:04:05"), e.Size>>10, e.Name)
	}
	return err
}

// chosen is a backup that a command was given: a file, or one in BACKUP_TO.
type chosen struct {
	name string
	open func() (io.ReadCloser, error)
	lock backup.Lock
}

// choose finds a backup: a path to a file, a name in BACKUP_TO, or there the latest.
func (a *app) choose(ctx context.Context, c *config.Config, what string) (x chosen, err error) {
	b, err := server.ConfigureBackups(c, "")
	if err != nil {
		return x, err
	}
	x.lock = b.Lock
	if info, err := os.Stat(what); what != "" && err == nil && info.Mode().IsRegular() {
		x.name, x.open = what, func() (io.ReadCloser, error) { return os.Open(what) }
		return x, nil
	}
	if b.Place == nil || what != "" && filepath.Base(what) != what {
		return x, fmt.Errorf("there is no file %q, and BACKUP_TO is not set", what)
	}
	if what == "" || what == "latest" {
		list, err := b.Place.List(ctx)
		if err != nil {
			return x, err
		}
		if len(list) == 0 {
			return x, fmt.Errorf("there are no backups in %s", b.Place)
		}
		what = list[len(list)-1].Name
	}
	x.name, x.open = what, func() (io.ReadCloser, error) { return b.Place.Open(ctx, what) }
	return x, nil
}

// identities are what may open x: the passphrase, or the private key in a file.
func (x chosen) identities(file string) (ids []backup.Identity, err error) {
	if file == "" {
		return x.lock.Keys(nil)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return x.lock.Keys(f)
}

// locked is the backup that is meant, and what may open it.
func (a *app) locked(ctx context.Context, c *config.Config, what, identity string) (x chosen, ids []backup.Identity, err error) {
	if x, err = a.choose(ctx, c, what); err == nil {
		ids, err = x.identities(identity)
	}
	return x, ids, err
}

func (a *app) verifyBackup(ctx context.Context, what, identity string) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	x, ids, err := a.locked(ctx, c, what, identity)
	if err != nil {
		return err
	}
	var keys *seal.Keys
	if text := c.FernetKey.Reveal(); text != "" {
		k, err := seal.ParseKeys(text)
		if err != nil {
			return err
		}
		keys = &k
	}
	r, err := x.open()
	if err != nil {
		return err
	}
	defer r.Close()
	report, end := a.meter()
	sum, err := backup.Verify(ctx, r, ids, keys, report)
	end()
	if err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	a.say("%s is whole: made %s by %s, schema %d, %d rows, %d files with %d KiB.", x.name, sum.Made.Format(time.RFC3339), sum.Version, sum.Schema, sum.Rows, sum.Files, sum.Bytes>>10)
	a.missing(sum)
	if keys == nil {
		a.say("No FERNET_KEY is set here, so whether it opens the backup was not checked.")
		return nil
	}
	a.say("FERNET_KEY opens what is in it.")
	if st, _, err := a.look(ctx); err == nil { // doctor wants to know, where there is an instance
		defer st.Close()
		return st.RecordBackup(ctx, sum.Made, true)
	}
	return nil
}

func (a *app) restore(ctx context.Context, what, identity string) error {
	c, err := a.settings()
	if err != nil {
		return err
	}
	if c.FernetKey.Reveal() == "" {
		return fmt.Errorf("FERNET_KEY is not set: put the .env of the instance that was backed up into %s first", c.DataDir)
	}
	keys, err := seal.ParseKeys(c.FernetKey.Reveal())
	if err != nil {
		return err
	}
	x, ids, err := a.locked(ctx, c, what, identity)
	if err != nil {
		return err
	}
	to := backup.Target{Source: ddl(c), Blobs: blob.NewDisk(c.FilesDir), Keys: keys}
	report, end := a.meter()
	sum, err := to.Restore(ctx, x.open, ids, report)
	end()
	if err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	a.say("Restored %d rows and %d files of %s into %s.", sum.Rows, sum.Files, sum.Made.Format(time.RFC3339), c.Database)
	return nil
}

// ddl is the database as the user who may make tables.
func ddl(c *config.Config) store.Source {
	if c.Migrate != nil {
		return server.Source(*c.Migrate)
	}
	return server.Source(c.Database)
}

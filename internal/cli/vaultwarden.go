package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func (a *app) importVaultwarden() *cobra.Command {
	var from string
	var dry, without bool
	cmd := &cobra.Command{Use: "vaultwarden --data DIR", Short: "Take over a whole Vaultwarden of personal vaults", Args: cobra.NoArgs,
		Long: "Takes over every account of a Vaultwarden that keeps its data in SQLite: people sign in with the password they had, and find their items, folders and attachments. " +
			"Stop the Vaultwarden before. Its folder is only read. Each account comes whole or not at all; one that is there already is left alone, so a run that was cut off is run again. " +
			"--data names its folder; this server's own is what DATA_DIR in the environment says.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Flag("data").Changed = false // here it names the other server's folder
			return a.importWarden(cmd.Context(), from, dry, without)
		}}
	f := cmd.Flags()
	f.StringVar(&from, "data", "", "the Vaultwarden's folder of data, with db.sqlite3 and attachments in it")
	f.BoolVar(&dry, "dry-run", false, "read and check everything, and change nothing")
	f.BoolVar(&without, "without-second-factors", false, "take over accounts with a second factor too, which is lost: the password alone opens them")
	cmd.MarkFlagRequired("data") //nolint:errcheck // the flag is there
	return cmd
}

// arrival is one run of an import from a Vaultwarden.
type arrival struct {
	intake
	root    *os.Root // its folder
	without bool

	items, folders, files, unfinished, sends, factors int64
}

func (a *app) importWarden(ctx context.Context, from string, dry, without bool) error {
	root, err := os.OpenRoot(from)
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	w, err := store.OpenWarden(ctx, filepath.Join(from, "db.sqlite3"))
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	defer w.Close() //nolint:errcheck // it was only read
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	m := &arrival{intake: intake{a: a, n: n, dry: dry}, root: root, without: without}
	var shared int64
	if m.total, shared, err = w.Counts(ctx); err != nil {
		return err
	}
	end := m.begin()
	err = w.Vaults(ctx, func(v *store.WardenVault, bad error) error { return m.one(ctx, v, bad) })
	end()
	return m.sum(err, shared)
}

// one takes over one account. What is wrong with it is said and stops no other;
// what is wrong with either database stops all.
func (m *arrival) one(ctx context.Context, v *store.WardenVault, bad error) error {
	if bad == nil && v.Unfinished {
		m.unfinished++
		return m.passed(ctx)
	}
	err := bad
	if err == nil && v.Factors > 0 && !m.without {
		err = errors.New("it has a second factor, which cannot be taken over: let its owner turn it off first, or see --without-second-factors")
	}
	if err == nil {
		err = m.move(ctx, v)
	}
	moved, err := m.outcome(ctx, v.Email, err)
	if moved {
		m.count(v)
	}
	return err
}

func (m *arrival) count(v *store.WardenVault) {
	m.items, m.folders, m.files = m.items+int64(len(v.Items)), m.folders+int64(len(v.Folders)), m.files+int64(len(v.Files))
	m.sends, m.factors = m.sends+v.Sends, m.factors+v.Factors
	if v.KDF.Weak() {
		m.a.complain("%s derives its key in a way that is too weak today, and should change it in the settings of a client", v.Email)
	}
}

// move brings the files first: an account that is there has all of its own.
func (m *arrival) move(ctx context.Context, v *store.WardenVault) (err error) {
	if err := m.measure(v); err != nil {
		return err
	}
	if err := m.n.Accounts.CheckMove(ctx, &v.Move); err != nil || m.dry {
		return err
	}
	var brought []*vault.Attachment
	defer func() { err = errors.Join(err, m.discard(ctx, v, brought, err)) }()
	for _, i := range v.Items {
		for _, a := range i.Attachments {
			brought = append(brought, a)
			if err := m.bring(ctx, a, v.Files[a.ID]); err != nil {
				return err
			}
		}
	}
	return m.n.Accounts.MoveIn(ctx, &v.Move)
}

// discard takes the files of an account back that did not come. Where the account
// is there all the same, by another run or by a commit whose answer was lost, they
// are its own; where nobody can tell, they stay.
func (m *arrival) discard(ctx context.Context, v *store.WardenVault, brought []*vault.Attachment, why error) error {
	if why == nil || len(brought) == 0 || m.n.Accounts.CheckMove(context.WithoutCancel(ctx), &v.Move) != nil {
		return nil
	}
	for _, a := range brought {
		if err := m.n.Files.Discard(a); err != nil {
			return err
		}
	}
	return nil
}

// measure looks whether every file is there, and how long it is.
func (m *arrival) measure(v *store.WardenVault) error {
	for _, i := range v.Items {
		for _, a := range i.Attachments {
			info, err := m.root.Lstat(filepath.FromSlash(v.Files[a.ID]))
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("its file %s is missing", v.Files[a.ID])
			}
			if err != nil {
				return err
			}
			if !info.Mode().IsRegular() {
				return fmt.Errorf("its file %s is no regular file", v.Files[a.ID])
			}
			a.Size = info.Size()
		}
	}
	return nil
}

func (m *arrival) bring(ctx context.Context, a *vault.Attachment, name string) error {
	f, err := m.root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return m.n.Files.Bring(ctx, a, f)
}

func (m *arrival) sum(err error, shared int64) error {
	m.a.say("%s %d of %d accounts with %d items, %d folders and %d attachments; %d were there already, %d were never set up.",
		m.verb(), m.moved, m.total, m.items, m.folders, m.files, m.there, m.unfinished)
	m.a.say("Left behind: %d items of organizations, %d Sends, %d entries of second factors, and all sessions: every device signs in again.", shared, m.sends, m.factors)
	return m.verdict(err)
}

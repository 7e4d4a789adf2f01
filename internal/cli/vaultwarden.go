package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func (a *app) importVaultwarden() *cobra.Command {
	var from string
	var dry, without bool
	cmd := &cobra.Command{Use: "vaultwarden --data DIR", Short: "Take over a whole Vaultwarden of personal vaults", Args: cobra.NoArgs,
		Long: "Takes over every account of a Vaultwarden that keeps its data in SQLite: people sign in with the password they had, and find their items, folders, attachments and Sends, and are asked for the second factor that they had. " +
			"Stop the Vaultwarden before. Its folder is only read. Each account comes whole or not at all; one that is there already is left alone, so a run that was cut off is run again. " +
			"--data names its folder; this server's own is what DATA_DIR in the environment says.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Flag("data").Changed = false // here it names the other server's folder
			return a.importWarden(cmd.Context(), from, dry, without)
		}}
	f := cmd.Flags()
	f.StringVar(&from, "data", "", "the Vaultwarden's folder of data, with db.sqlite3, attachments and sends in it")
	f.BoolVar(&dry, "dry-run", false, "read and check everything, and change nothing")
	f.BoolVar(&without, "without-second-factors", false, "take over accounts too that have second factors of which none can be taken over: the password alone opens them")
	cmd.MarkFlagRequired("data") //nolint:errcheck // the flag is there
	return cmd
}

// arrival is one run of an import from a Vaultwarden.
type arrival struct {
	intake
	root    *os.Root // its folder
	without bool

	items, folders, files, unfinished int64
	factors, sends, devices, expired  int64
	left                              map[vault.LeftKind]int64
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
	m := &arrival{intake: intake{a: a, n: n, dry: dry}, root: root, without: without, left: map[vault.LeftKind]int64{}}
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
	if v.Bare = m.without; err == nil {
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
	m.factors, m.sends, m.devices = m.factors+int64(len(vault.Seconds(v.Factors))), m.sends+int64(len(v.Sends)), m.devices+int64(len(v.Devices))
	m.expired += v.Expired
	for _, l := range v.Left {
		m.left[l.Kind]++
		m.a.complain("left behind of %s: %s: %s", v.Email, strings.TrimSpace(string(l.Kind)+" "+l.What), explain(l.Why))
	}
	m.advise(v)
}

// advise says what of an account that came needs somebody's care.
func (m *arrival) advise(v *store.WardenVault) {
	for _, f := range v.Factors {
		switch {
		case f.Kind == vault.FactorEmail && !m.n.Factors.MailOn():
			m.a.complain("%s signs in with codes by mail, and this server sends none until SMTP_HOST is set", v.Email)
		case f.Kind == vault.FactorYubiKey && f.Number == 1 && !m.n.Factors.YubiKeysOn():
			m.a.complain("%s signs in with a YubiKey, and this server cannot check one until YUBICO_CLIENT_ID is set", v.Email)
		}
	}
	if v.KDF.Weak() {
		m.a.complain("%s derives its key in a way that is too weak today, and should change it in the settings of a client", v.Email)
	}
}

// move brings the files first: an account that is there has all of its own.
func (m *arrival) move(ctx context.Context, v *store.WardenVault) (err error) {
	if err := m.measure(v); err != nil {
		return err
	}
	m.n.Accounts.Settle(&v.Move)
	if err := m.n.Accounts.CheckMove(ctx, &v.Move); err != nil || m.dry {
		if v.Unguarded() && !errors.Is(err, vault.ErrUserTaken) {
			return fmt.Errorf("it has a second factor, and none of its own can be taken over (%s): let its owner turn them off or set up another kind first, or see --without-second-factors",
				strings.Join(v.LeftOf(vault.LeftFactor), ", "))
		}
		return err
	}
	var brought []string
	defer func() { err = errors.Join(err, m.discard(ctx, v, brought, err)) }()
	for _, i := range v.Items {
		for _, a := range i.Attachments {
			brought = append(brought, string(a.ID))
			if a.Size, err = m.bring(ctx, string(a.ID), v.Files[a.ID]); err != nil {
				return err
			}
		}
	}
	for _, x := range v.Move.Sends {
		if x.Type != vault.SendFile {
			continue
		}
		brought = append(brought, string(x.ID))
		if x.Size, err = m.bring(ctx, string(x.ID), v.SendFiles[x.ID]); err != nil {
			return err
		}
	}
	return m.n.Accounts.MoveIn(ctx, &v.Move)
}

// discard takes the files of an account back that did not come. Where the account
// is there all the same, by another run or by a commit whose answer was lost, they
// are its own; where nobody can tell, they stay.
func (m *arrival) discard(ctx context.Context, v *store.WardenVault, brought []string, why error) error {
	if why == nil || len(brought) == 0 || m.n.Accounts.CheckMove(context.WithoutCancel(ctx), &v.Move) != nil {
		return nil
	}
	for _, id := range brought {
		if err := m.n.Files.Discard(id); err != nil {
			return err
		}
	}
	return nil
}

// measure looks whether every file is there, and how long it is. A Send whose
// file is not there stays behind.
func (m *arrival) measure(v *store.WardenVault) (err error) {
	for _, i := range v.Items {
		for _, a := range i.Attachments {
			if a.Size, err = m.size(v.Files[a.ID]); err != nil {
				return err
			}
		}
	}
	for _, x := range v.Move.Sends {
		if name, has := v.SendFiles[x.ID]; has && x.Bad == nil {
			x.Size, x.Bad = m.size(name)
		}
	}
	return nil
}

func (m *arrival) size(name string) (int64, error) {
	info, err := m.root.Lstat(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("its file %s is missing", name)
	}
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("its file %s is no regular file", name)
	}
	return info.Size(), nil
}

func (m *arrival) bring(ctx context.Context, id, name string) (int64, error) {
	f, err := m.root.Open(filepath.FromSlash(name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return m.n.Files.Bring(ctx, id, f)
}

func (m *arrival) sum(err error, shared int64) error {
	m.a.say("%s %d of %d accounts with %d items, %d folders and %d attachments; %d were there already, %d were never set up.",
		m.verb(), m.moved, m.total, m.items, m.folders, m.files, m.there, m.unfinished)
	m.a.say("With them: %d second factors, %d Sends, %d devices.", m.factors, m.sends, m.devices)
	m.a.say("Left behind: %d items of organizations, %d second factors, %d recovery codes, %d Sends (and %d whose time is over), %d devices, and all sessions: every device signs in again.",
		shared, m.left[vault.LeftFactor], m.left[vault.LeftRecovery], m.left[vault.LeftSend], m.expired, m.left[vault.LeftDevice])
	return m.verdict(err)
}

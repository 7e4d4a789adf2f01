package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"strongroom/internal/config"
	"strongroom/internal/core/unlock"
	"strongroom/internal/seal"
	"strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Take over accounts from another program"}
	var from, key string
	var dry bool
	old := &cobra.Command{Use: "fastapi --database-url URL --fernet-key-file FILE", Short: "Take over the Python \"Password Manager\" (FastAPI)", Args: cobra.NoArgs,
		Long: "Takes over every account of the old program, with its login password, role and entries: people sign in as before. Each account comes whole or not at all; one that is there already is left alone, " +
			"so a run that was cut off is run again. The other database is only read.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Flag("database-url").Changed = false // here it names the other database; ours is what the settings say
			return a.importOld(cmd.Context(), from, key, dry)
		}}
	f := old.Flags()
	f.StringVar(&from, "database-url", "", "the old program's DATABASE_URL, as its .env has it; read from standard input when it is -")
	f.StringVar(&key, "fernet-key-file", "", "file with its FERNET_KEY: the key alone, or its .env")
	f.BoolVar(&dry, "dry-run", false, "read and check everything, and change nothing")
	cmd.AddCommand(old, a.importVaultwarden())
	return cmd
}

// oldKey reads the old program's key: a file with the key, or its .env.
func oldKey(path string) (*seal.Fernet, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--fernet-key-file: %w", err)
	}
	text := strings.TrimSpace(string(b))
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok && strings.TrimSpace(name) == "FERNET_KEY" {
			text = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	k, err := seal.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("--fernet-key-file: %w", err)
	}
	return seal.NewFernet(k), nil
}

// moving is one run of an import from the old program.
type moving struct {
	intake
	key   *seal.Fernet
	names map[string]string // addresses of this run, and whose they are

	entries, weak int64
}

func (a *app) importOld(ctx context.Context, from, keyFile string, dry bool) error {
	key, err := oldKey(keyFile)
	if err != nil {
		return err
	}
	if from == "-" {
		if from, err = a.password("The old DATABASE_URL: "); err != nil {
			return err
		}
	}
	d, err := config.ParseDatabaseURL(from)
	if err != nil {
		return fmt.Errorf("--database-url: %w", err)
	}
	f, err := store.OpenForeign(ctx, server.Source(d))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	n, _, err := a.node(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	m := &moving{intake: intake{a: a, n: n, dry: dry}, key: key, names: map[string]string{}}
	if m.total, _, err = f.OldCounts(ctx); err != nil {
		return err
	}
	end := m.begin()
	err = f.OldUsers(ctx, func(u store.OldUser) error { return m.one(ctx, u) })
	end()
	return m.sum(err)
}

// one takes over one user. What is wrong with them is said and stops no other;
// what is wrong with either database stops all.
func (m *moving) one(ctx context.Context, u store.OldUser) error {
	who, err := m.read(u)
	if err == nil {
		err = m.unique(u.Username)
	}
	if err == nil {
		if err = m.n.Unlock.CheckNewcomer(ctx, who); err == nil && !m.dry {
			_, err = m.n.Unlock.MoveIn(ctx, who)
		}
	}
	moved, err := m.outcome(ctx, strconv.Quote(u.Username), err)
	if !moved {
		return err
	}
	m.entries += int64(len(who.Entries))
	if why := m.n.Unlock.Weak(who); why != "" {
		m.weak++
		m.a.complain("%s has a weak login password (%s) and should change it", u.Username, why)
	}
	return nil
}

// read opens a user's passwords. One that does not open refuses the user: half a
// vault would look like a whole one.
func (m *moving) read(u store.OldUser) (who unlock.Newcomer, err error) {
	who = unlock.Newcomer{Name: u.Username, Role: vault.RoleUser}
	if u.Admin {
		who.Role = vault.RoleAdmin
	}
	plain, err := m.key.Open([]byte(u.Sealed))
	if err != nil {
		return who, errors.New("the login password does not open under this FERNET_KEY")
	}
	who.Password = string(plain)
	for _, e := range u.Entries {
		plain, err := m.key.Open([]byte(e.Sealed))
		if err != nil {
			return who, fmt.Errorf("entry %d does not open under this FERNET_KEY", e.ID)
		}
		p := unlock.Password{Service: e.Service, URL: e.URL, Username: e.Username, Password: string(plain)}
		if p.Service == "" {
			p.Service = "(no name)"
		}
		who.Entries = append(who.Entries, p)
	}
	return who, nil
}

// unique refuses a name that means the same account as one before it.
func (m *moving) unique(name string) error {
	email, err := m.n.Unlock.Names.Email(name)
	if err != nil {
		return err
	}
	if other, taken := m.names[email]; taken {
		return fmt.Errorf("it means the same account as %q, and upper and lower case are one here", other)
	}
	m.names[email] = name
	return nil
}

func (m *moving) sum(err error) error {
	m.a.say("%s %d of %d accounts with %d entries; %d were there already; %d weak passwords.", m.verb(), m.moved, m.total, m.entries, m.there, m.weak)
	return m.verdict(err)
}

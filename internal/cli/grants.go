package cli

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"strongroom/internal/store"
)

func (a *app) grantsCommand() *cobra.Command {
	g := store.Grants{}
	var kind, host string
	cmd := &cobra.Command{Use: "grants --for mysql|postgres", Short: "Print the SQL for users who may do no more than they need", Args: cobra.NoArgs,
		Long: "Prints statements for an administrator of MariaDB, MySQL or PostgreSQL that make a database and two users with fresh passwords: the server's, who may read and write rows, " +
			"and the migrations', who may also change the schema. Behind them, as comments, stand the lines for .env. Pipe them into `mariadb` or `psql`; they are shown once.",
		RunE: func(*cobra.Command, []string) error {
			g.ServerPassword, g.MigratePassword = newPassword(), newPassword()
			sql, err := g.SQL(kind)
			if err != nil {
				return err
			}
			a.say("-- For %s, by an administrator of it. `strongroom db grants` made the passwords.", kind)
			fmt.Fprint(a.out, sql)
			a.say("-- For DATA_DIR/.env:")
			for _, l := range [][3]string{{"DATABASE_URL", g.Server, g.ServerPassword}, {"MIGRATE_DATABASE_URL", g.Migrate, g.MigratePassword}} {
				u := url.URL{Scheme: kind, User: url.UserPassword(l[1], l[2]), Host: host, Path: "/" + g.Database}
				if g.TLS {
					u.RawQuery = "sslmode=verify-full"
				}
				a.say("-- %s=%s", l[0], &u)
			}
			if g.TLS && kind == "postgres" {
				a.say("-- For pg_hba.conf, instead of lines of kind host: hostssl %s %s,%s all scram-sha-256", g.Database, g.Server, g.Migrate)
			}
			return nil
		}}
	f := cmd.Flags()
	f.StringVar(&kind, "for", "", "mysql (also for MariaDB) or postgres")
	f.StringVar(&g.Database, "name", "strongroom", "name of the database")
	f.StringVar(&g.Server, "user", "strongroom", "name of the server's user")
	f.StringVar(&g.Migrate, "migrate-user", "strongroom_migrate", "name of the migrations' user")
	f.StringVar(&g.From, "from", "%", "host that MySQL lets the users in from")
	f.StringVar(&host, "host", "localhost", "where the database is, for the lines of .env")
	f.BoolVar(&g.TLS, "require-tls", false, "let them in over TLS only")
	return cmd
}

// newPassword has 192 random bits, and no character that SQL or a URL minds.
func newPassword() string {
	var b [24]byte
	rand.Read(b[:])
	return strings.NewReplacer("-", "x", "_", "y").Replace(base64.RawURLEncoding.EncodeToString(b[:]))
}

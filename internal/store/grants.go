package store

import (
	"fmt"
	"regexp"
	"strings"
)

// Grants is who may do what in a database: Server reads and writes rows, Migrate
// changes the schema, too. From is the host that MySQL lets them in from, TLS has
// the database refuse them without it.
type Grants struct {
	Database                 string
	Server, ServerPassword   string
	Migrate, MigratePassword string
	From                     string
	TLS                      bool
}

// What the server does, and what migrations and restores do besides.
const (
	rowPrivileges = "SELECT, INSERT, UPDATE, DELETE"
	ddlPrivileges = rowPrivileges + ", CREATE, ALTER, INDEX, DROP, REFERENCES"
)

var (
	plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,30}$`)
	plainHost = regexp.MustCompile(`^[A-Za-z0-9.:%/_-]{1,255}$`)
)

// SQL writes the statements for an administrator of the database, who pipes them
// into its client. Kind is mysql or postgres.
func (g Grants) SQL(kind string) (string, error) {
	for what, name := range map[string]string{"the database's name": g.Database, "the server's user": g.Server, "the migrations' user": g.Migrate} {
		if !plainName.MatchString(name) {
			return "", fmt.Errorf("%s %q must be lower-case letters, digits and _, at most 31", what, name)
		}
	}
	if g.Server == g.Migrate {
		return "", fmt.Errorf("the server and the migrations need different users; both are %q", g.Server)
	}
	if !plainHost.MatchString(g.From) {
		return "", fmt.Errorf("%q is not a host that users come from", g.From)
	}
	write, ok := map[string]func() string{"mysql": g.mysql, "postgres": g.postgres}[kind]
	if !ok {
		return "", fmt.Errorf("grants are for mysql and postgres; a SQLite file belongs to whoever owns it")
	}
	return write(), nil
}

func (g Grants) mysql() string {
	at, tls := "'@'"+g.From+"'", ""
	if g.TLS {
		tls = " REQUIRE SSL"
	}
	return strings.Join([]string{
		"CREATE DATABASE IF NOT EXISTS " + g.Database + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
		"CREATE USER '" + g.Server + at + " IDENTIFIED BY '" + g.ServerPassword + "'" + tls + ";",
		"CREATE USER '" + g.Migrate + at + " IDENTIFIED BY '" + g.MigratePassword + "'" + tls + ";",
		"GRANT " + rowPrivileges + " ON " + g.Database + ".* TO '" + g.Server + at + ";",
		"GRANT " + ddlPrivileges + " ON " + g.Database + ".* TO '" + g.Migrate + at + ";",
		"",
	}, "\n")
}

// postgres: tables belong to the migrations' user, who made them; what it makes
// from now on is open to the server's. Whether TLS is asked for stands in pg_hba.conf.
func (g Grants) postgres() string {
	return strings.Join([]string{
		"CREATE ROLE " + g.Migrate + " LOGIN PASSWORD '" + g.MigratePassword + "';",
		"CREATE ROLE " + g.Server + " LOGIN PASSWORD '" + g.ServerPassword + "';",
		"CREATE DATABASE " + g.Database + " OWNER " + g.Migrate + " ENCODING 'UTF8' TEMPLATE template0;",
		"REVOKE ALL ON DATABASE " + g.Database + " FROM PUBLIC;",
		"GRANT CONNECT ON DATABASE " + g.Database + " TO " + g.Server + ";",
		`\connect ` + g.Database,
		"REVOKE ALL ON SCHEMA public FROM PUBLIC;",
		"GRANT ALL ON SCHEMA public TO " + g.Migrate + ";",
		"GRANT USAGE ON SCHEMA public TO " + g.Server + ";",
		"ALTER DEFAULT PRIVILEGES FOR ROLE " + g.Migrate + " IN SCHEMA public GRANT " + rowPrivileges + " ON TABLES TO " + g.Server + ";",
		"",
	}, "\n")
}

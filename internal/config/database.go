package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// Database is a DATABASE_URL, read. Kind is sqlite (Path), mysql or postgres.
type Database struct {
	Kind, Path string
	User       string
	Password   Secret
	Host       string // with its port
	Name       string
	Params     url.Values
}

// String names the database for people, without the password.
func (d Database) String() string {
	if d.Kind == "sqlite" {
		return "sqlite " + d.Path
	}
	return d.Kind + " " + d.Name + " at " + d.Host
}

// kinds maps what may stand before :// to a kind and its usual port. The parts
// after a plus are SQLAlchemy's drivers, as the old program's users have them.
var kinds = map[string]struct{ kind, port string }{
	"sqlite": {"sqlite", ""}, "sqlite+pysqlite": {"sqlite", ""},
	"mysql": {"mysql", "3306"}, "mariadb": {"mysql", "3306"}, "mysql+pymysql": {"mysql", "3306"}, "mysql+mysqlconnector": {"mysql", "3306"},
	"mysql+mysqldb": {"mysql", "3306"}, "mariadb+pymysql": {"mysql", "3306"}, "mariadb+mariadbconnector": {"mysql", "3306"},
	"postgres": {"postgres", "5432"}, "postgresql": {"postgres", "5432"}, "postgresql+psycopg2": {"postgres", "5432"}, "postgresql+psycopg": {"postgres", "5432"},
}

// ParseDatabaseURL reads one. Its error never quotes the URL: a password may
// stand in it.
func ParseDatabaseURL(raw string) (Database, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	k, known := kinds[strings.ToLower(scheme)]
	if !ok || !known {
		return Database{}, errors.New("must begin with sqlite://, mysql:// or postgres://")
	}
	if k.kind == "sqlite" {
		return sqliteURL(rest)
	}
	u, err := url.Parse(k.kind + "://" + rest)
	if err != nil {
		return Database{}, errors.New("is not a well-formed address; characters such as @ : / in the password must be percent-encoded")
	}
	d := Database{Kind: k.kind, User: u.User.Username(), Host: u.Host, Name: strings.TrimPrefix(u.Path, "/"), Params: u.Query()}
	pw, _ := u.User.Password()
	d.Password = Secret{pw}
	switch {
	case d.Name == "" || strings.Contains(d.Name, "/"):
		return Database{}, errors.New("must end in the name of one database, such as /strongroom")
	case u.Hostname() == "":
		return Database{}, errors.New("names no host")
	case d.User == "":
		return Database{}, errors.New("names no user")
	}
	if u.Port() == "" {
		d.Host = net.JoinHostPort(u.Hostname(), k.port)
	}
	return d, nil
}

// sqliteURL reads the path of a SQLite file. sqlite:///x.db and sqlite:///./x.db
// are SQLAlchemy's spellings of a relative path, sqlite:////x.db is its absolute
// one; three slashes before a longer path are an absolute path, as we write it.
func sqliteURL(rest string) (Database, error) {
	path, query, _ := strings.Cut(rest, "?")
	if query != "" {
		return Database{}, fmt.Errorf("takes no options for SQLite, and has some")
	}
	switch {
	case strings.HasPrefix(path, "//"):
		path = path[1:]
	case strings.HasPrefix(path, "/./"), strings.HasPrefix(path, "/../"):
		path = path[1:]
	case strings.HasPrefix(path, "/") && len(path) > 3 && path[2] == ':': // /C:/data/x.db
		path = path[1:]
	case strings.HasPrefix(path, "/") && !strings.Contains(path[1:], "/"):
		path = path[1:]
	}
	if path == "" || strings.HasSuffix(path, "/") || path == ":memory:" {
		return Database{}, errors.New("must name a file, such as sqlite://data/strongroom.db")
	}
	path, err := filepath.Abs(filepath.FromSlash(path))
	return Database{Kind: "sqlite", Path: path}, err
}

package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Database is a DATABASE_URL, read. Kind is sqlite (Path), mysql or postgres.
type Database struct {
	Kind, Path string
	User       string
	Password   Secret
	Host       string // with its port; of several, all, with commas between
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
	before, hosts, after := authority(rest)
	first, _, _ := strings.Cut(hosts, ",")
	u, err := url.Parse(k.kind + "://" + before + first + after)
	if err != nil {
		return Database{}, errors.New("is not a well-formed address; characters such as @ : / in the password must be percent-encoded")
	}
	d := Database{Kind: k.kind, User: u.User.Username(), Name: strings.TrimPrefix(u.Path, "/"), Params: u.Query()}
	pw, _ := u.User.Password()
	d.Password = Secret{pw}
	switch {
	case d.Name == "" || strings.Contains(d.Name, "/"):
		return Database{}, errors.New("must end in the name of one database, such as /strongroom")
	case d.User == "":
		return Database{}, errors.New("names no user")
	}
	d.Host, err = hostList(hosts, k.port)
	return d, err
}

// authority finds the hosts in what follows the :// of an address.
func authority(rest string) (before, hosts, after string) {
	end := len(rest)
	if n := strings.IndexAny(rest, "/?#"); n >= 0 {
		end = n
	}
	at := strings.LastIndex(rest[:end], "@") + 1
	return rest[:at], rest[at:end], rest[end:]
}

// maxHosts is how many hosts of one database may be named.
const maxHosts = 16

// hostList gives each host of a list its port.
func hostList(list, port string) (string, error) {
	hosts := strings.Split(list, ",")
	if len(hosts) > maxHosts {
		return "", fmt.Errorf("names more than %d hosts", maxHosts)
	}
	for n, h := range hosts {
		u, err := url.Parse("x://" + h)
		which := "names no host"
		if len(hosts) > 1 {
			which = fmt.Sprintf("host %d of %d is empty or malformed; it must be HOST or HOST:PORT", n+1, len(hosts))
		}
		if err != nil || u.Hostname() == "" || u.Host != h || strings.HasSuffix(h, ":") {
			return "", errors.New(which)
		}
		if u.Port() == "" {
			hosts[n] = net.JoinHostPort(u.Hostname(), port)
		}
		if slices.Contains(hosts[:n], hosts[n]) {
			return "", fmt.Errorf("host %d of %d is there twice", n+1, len(hosts))
		}
	}
	return strings.Join(hosts, ","), nil
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

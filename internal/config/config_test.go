package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite docs/config.md")

const goodKey = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="

func TestDocs(t *testing.T) {
	const path = "../../docs/config.md"
	if *update {
		if err := os.WriteFile(path, []byte(Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != Markdown() {
		t.Errorf("docs/config.md is not what the code says; run make generate (%v)", err)
	}
}

// load reads settings from a folder whose .env has these lines.
func load(t *testing.T, env string, environ ...string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	if env != "" {
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(env), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(Options{Environ: append(environ, "DATA_DIR="+dir)})
}

func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("LISTEN=127.0.0.1:1\nSIGNUPS=open\nLOG_LEVEL=debug\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	Bind(fs)
	if err := fs.Parse([]string{"--listen", "127.0.0.1:3", "--data", dir}); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Options{Flags: fs, Environ: []string{"LISTEN=127.0.0.1:2", "SIGNUPS=a.example, b.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3" || c.Source["LISTEN"] != "flag" || len(c.SignUps.Domains) != 2 || c.Source["SIGNUPS"] != "environment" ||
		c.LogLevel.String() != "DEBUG" || c.Source["LOG_LEVEL"] != ".env" || c.Source["TLS"] != "default" {
		t.Errorf("%+v %v", c, c.Source)
	}
}

func TestBadSettingsAreNamedInOneLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(goodKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env     string
		environ []string
		want    string
	}{
		{"SIGNUP=open\n", nil, "line 1: SIGNUP is not a setting; did you mean SIGNUPS?"},
		{"# x\n\nLISTENN=1\n", nil, "line 3: LISTENN is not a setting; did you mean LISTEN?"},
		{"WHATEVER_ELSE=1\n", nil, "docs/config.md"},
		{"DATA_DIR=x\n", nil, "DATA_DIR says where this very file is"},
		{"FERNET_KEY=short\n", nil, "FERNET_KEY (from .env): key 1 of 1 is not a Fernet key"},
		{"FERNET_KEY=" + goodKey + ",hunter2\n", nil, "key 2 of 2"},
		{"SECRET_KEY=hunter2\n", nil, "SECRET_KEY (from .env): has 7 characters"},
		{"", []string{"LISTEN=0.0.0.0:8000"}, "TLS=off"},
		{"", []string{"LISTEN=8000"}, "LISTEN"},
		{"", []string{"DEBUG_LISTEN=0.0.0.0:6060"}, "DEBUG_LISTEN (from environment): \"0.0.0.0:6060\" must be a loopback address"},
		{"", []string{"DEBUG_LISTEN=localhost:6060"}, "DEBUG_LISTEN"},
		{"", []string{"LISTEN=127.0.0.1:99999"}, "LISTEN"},
		{"", []string{"TLS=on"}, "TLS (from environment)"},
		{"", []string{"TLS=files"}, "TLS_CERT_FILE"},
		{"", []string{"REST_UNLOCK=maybe"}, "REST_UNLOCK"},
		{"", []string{"SIGNUPS=everyone"}, "SIGNUPS"},
		{"", []string{"TRUSTED_PROXIES=10.0.0.0/8,x"}, "TRUSTED_PROXIES"},
		{"", []string{"PUBLIC_URL=vault.example.com"}, "PUBLIC_URL"},
		{"", []string{"PUBLIC_URL=https://u:p@vault.example.com/?x"}, "PUBLIC_URL"},
		{"", []string{"ACCOUNT_DOMAIN=a@b"}, "ACCOUNT_DOMAIN"},
		{"", []string{"DATABASE_URL=oracle://u:hunter2@h/n"}, "DATABASE_URL"},
		{"", []string{"DATABASE_URL=mysql://u:hunter2@h"}, "name of one database"},
		{"", []string{"DATABASE_URL=mysql://u:hunter2@:x/h"}, "DATABASE_URL"},
		{"", []string{"DATABASE_URL=postgres://h/n"}, "names no user"},
		{"", []string{"DATABASE_URL=sqlite://"}, "must name a file"},
		{"", []string{"DATABASE_URL=mysql://u:hunter2@a,,b/n"}, "DATABASE_URL (from environment): host 2 of 3"},
		{"", []string{"DATABASE_URL=mysql://u:hunter2@a:1,b:x/n"}, "host 2 of 2"},
		{"", []string{"MIGRATE_DATABASE_URL=postgres://u:hunter2@a,a:5432/n"}, "MIGRATE_DATABASE_URL: host 2 of 2 is there twice"},
		{"", []string{"MIGRATE_DATABASE_URL=x"}, "MIGRATE_DATABASE_URL"},
		{"", []string{"FERNET_KEY=" + goodKey, "FERNET_KEY_FILE=" + file}, "both set"},
		{"", []string{"FERNET_KEY_FILE=/does/not/exist"}, "FERNET_KEY_FILE"},
	} {
		_, err := load(t, c.env, c.environ...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") && !strings.Contains(c.env, "x") {
			t.Errorf("%q %q: %v", c.env, c.environ, err)
		}
	}
	c, err := load(t, "", "FERNET_KEY_FILE="+file, "LISTEN=0.0.0.0:8000", "TLS=off", "TRUSTED_PROXIES=10.0.0.1, 192.168.0.0/16", "PUBLIC_URL=https://h/vault/")
	if err != nil || c.FernetKey.Reveal() != goodKey || len(c.Proxies) != 2 || c.URL().String() != "https://h/vault" {
		t.Errorf("%v %v", c, err)
	}
}

func TestDatabaseURLs(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]Database{
		"sqlite:///./x.db":                              {Kind: "sqlite", Path: filepath.Join(wd, "x.db")},
		"sqlite:///x.db":                                {Kind: "sqlite", Path: filepath.Join(wd, "x.db")},
		"sqlite:////var/lib/x.db":                       {Kind: "sqlite", Path: "/var/lib/x.db"},
		"sqlite:///var/lib/x.db":                        {Kind: "sqlite", Path: "/var/lib/x.db"},
		"sqlite://data/x.db":                            {Kind: "sqlite", Path: filepath.Join(wd, "data/x.db")},
		"mysql+pymysql://u:p%40ss@h/n":                  {Kind: "mysql", User: "u", Password: Secret{"p@ss"}, Host: "h:3306", Name: "n"},
		"mysql+mysqlconnector://u:p@h:3307/n":           {Kind: "mysql", User: "u", Password: Secret{"p"}, Host: "h:3307", Name: "n"},
		"mariadb://u@[::1]/n":                           {Kind: "mysql", User: "u", Host: "[::1]:3306", Name: "n"},
		"postgresql+psycopg2://u:p@h/n?sslmode=disable": {Kind: "postgres", User: "u", Password: Secret{"p"}, Host: "h:5432", Name: "n"},
		"mysql://u:p@a:3307,b,[::1]:3309/n":             {Kind: "mysql", User: "u", Password: Secret{"p"}, Host: "a:3307,b:3306,[::1]:3309", Name: "n"},
		"postgres://u:p,q@a,b:6432/n?sslmode=disable":   {Kind: "postgres", User: "u", Password: Secret{"p,q"}, Host: "a:5432,b:6432", Name: "n"},
		"postgres://u:p@h:6432/n?sslmode=verify-full":   {Kind: "postgres", User: "u", Password: Secret{"p"}, Host: "h:6432", Name: "n"},
	} {
		got, err := ParseDatabaseURL(in)
		if want.Kind == "postgres" && got.Params.Get("sslmode") == "" {
			t.Errorf("%s lost its options", in)
		}
		got.Params = nil
		if err != nil || got.String() != want.String() || got.Path != want.Path || got.User != want.User || got.Password != want.Password || got.Host != want.Host {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
}

func TestFirstStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	read := func() *Config {
		t.Helper()
		c, err := Load(Options{Environ: []string{"DATA_DIR=" + dir}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := read()
	if made, err := c.Prepare(); !made || err != nil {
		t.Fatal(made, err)
	}
	i, err := os.Stat(c.EnvFile())
	if err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf(".env: %v %v", i, err)
	}
	again := read()
	if again.FernetKey != c.FernetKey || again.SecretKey != c.SecretKey || again.Source["FERNET_KEY"] != ".env" {
		t.Error("the keys were not kept")
	}
	if made, err := again.Prepare(); made || err != nil {
		t.Error("the second start made keys again", err)
	}
	if err := again.SetFernetKey(goodKey + "," + again.FernetKey.Reveal()); err != nil || !strings.HasPrefix(read().FernetKey.Reveal(), goodKey+",") || read().SecretKey != c.SecretKey {
		t.Error("the key was not put first", err)
	}
	// A lost .env beside a database is told, and nothing is made.
	if err := os.WriteFile(filepath.Join(dir, "strongroom.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.EnvFile()); err != nil {
		t.Fatal(err)
	}
	if made, err := read().Prepare(); made || err == nil || !strings.Contains(err.Error(), "put the .env back") {
		t.Error(made, err)
	}
	if _, err := os.Stat(c.EnvFile()); err == nil {
		t.Error("a refused start wrote .env")
	}
	if err := os.WriteFile(c.EnvFile(), []byte("SECRET_KEY="+goodKey), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read().Prepare(); err == nil || !strings.Contains(err.Error(), "FERNET_KEY is missing") {
		t.Error(err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c, err := load(t, "SECRET_KEY="+strings.Repeat("hunter2", 6)+"\nDATABASE_URL=mysql://u:hunter2@h/n\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.Lines() {
		if strings.Contains(l.Value, "hunter2") {
			t.Errorf("%+v", l)
		}
	}
}

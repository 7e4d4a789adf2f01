// Package config is every setting of the program: one struct is the flags, the
// environment, .env and docs/config.md. It must not open what a setting names.
// Invariant: os.Getenv stands nowhere else, and no error quotes a secret.
package config

import (
	"encoding"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Config is what was set. Every field with an env tag is a setting; flag, default
// and doc say the rest. file:"yes" allows NAME_FILE, which names a file to read
// the value from.
type Config struct {
	DataDir     string    `env:"DATA_DIR" flag:"data" default:"./data" doc:"Folder for the database, keys, certificates and .env. Made at the first start."`
	Listen      string    `env:"LISTEN" flag:"listen" default:"127.0.0.1:8000" doc:"Address and port to answer on. Plain http on another address than loopback needs an explicit TLS=off."`
	DatabaseURL Secret    `env:"DATABASE_URL" flag:"database-url" file:"yes" default:"sqlite://DATA_DIR/strongroom.db" doc:"Where the data is: sqlite://PATH, mysql://USER:PASSWORD@HOST:3306/NAME, postgres://USER:PASSWORD@HOST:5432/NAME. The SQLAlchemy spellings sqlite:///./x.db, mysql+pymysql:// and mysql+mysqlconnector:// are understood. Driver options follow a question mark."`
	MigrateURL  Secret    `env:"MIGRATE_DATABASE_URL" file:"yes" doc:"The same database as another user, who may change the schema. The server itself then needs SELECT, INSERT, UPDATE and DELETE only."`
	FernetKey   Secret    `env:"FERNET_KEY" file:"yes" doc:"One or more Fernet keys, separated by commas, newest first. They wrap the keys that seal everything stored. Made at the first start. Losing them is losing the data."`
	SecretKey   Secret    `env:"SECRET_KEY" file:"yes" doc:"At least 32 characters; signs access tokens. Made at the first start. Changing it ends all access tokens."`
	PublicURL   PublicURL `env:"PUBLIC_URL" flag:"public-url" doc:"How clients reach the server, such as https://vault.example.com. Made of LISTEN when not set."`
	Proxies     Prefixes  `env:"TRUSTED_PROXIES" flag:"trusted-proxies" doc:"Addresses or networks (CIDR), separated by commas, whose X-Forwarded-For counts."`
	SignUps     SignUps   `env:"SIGNUPS" flag:"signups" default:"invite" doc:"Who may make an account by themselves: invite (nobody), open (everybody), or mail domains separated by commas."`
	Domain      string    `env:"ACCOUNT_DOMAIN" flag:"account-domain" default:"strongroom.localhost" doc:"Completes login names without @: alice means alice@ACCOUNT_DOMAIN. Changing it later locks out those who used it."`
	RESTUnlock  Switch    `env:"REST_UNLOCK" flag:"rest-unlock" default:"on" doc:"Whether the REST API opens vaults (on or off). Off, only clients that decrypt by themselves read anything."`
	FilesDir    string    `env:"FILES_DIR" flag:"files" default:"DATA_DIR/files" doc:"Folder for attachments and Sends with files. Several nodes need one that they share."`
	FileQuota   MiB       `env:"FILE_QUOTA" flag:"file-quota" default:"1024" doc:"How many MiB of attachments and Sends with files one person may store; 0 for no limit."`
	TLS         TLSMode   `env:"TLS" flag:"tls" default:"off" doc:"off, files (TLS_CERT_FILE and TLS_KEY_FILE) or self-signed (an own certificate authority in DATA_DIR/tls)."`
	CertFile    string    `env:"TLS_CERT_FILE" flag:"tls-cert-file" doc:"Certificate chain in PEM. Reloaded when it changes. Setting it means TLS=files."`
	KeyFile     string    `env:"TLS_KEY_FILE" flag:"tls-key-file" doc:"Private key in PEM."`
	Outbound    Switch    `env:"OUTBOUND" flag:"outbound" default:"on" doc:"Whether the server asks other servers anything: today, the icons of web sites that are in vaults, when a client asks for one. Private addresses are never asked."`
	SMTPHost    string    `env:"SMTP_HOST" flag:"smtp-host" doc:"Server that letters are handed to. Without it no mail is sent, and what needs mail says so."`
	SMTPPort    Port      `env:"SMTP_PORT" flag:"smtp-port" doc:"Its port; 587 for starttls, 465 for tls, 25 for off when not set."`
	SMTPSec     SMTPMode  `env:"SMTP_SECURITY" flag:"smtp-security" default:"starttls" doc:"starttls (required), tls, or off."`
	SMTPUser    string    `env:"SMTP_USER" doc:"Name to sign in to it with, if it asks."`
	SMTPPass    Secret    `env:"SMTP_PASSWORD" file:"yes" doc:"Password to sign in to it with."`
	MailFrom    string    `env:"MAIL_FROM" flag:"mail-from" doc:"Sender of all letters, such as Strongroom <vault@example.com>. Required with SMTP_HOST."`
	LogLevel    LogLevel  `env:"LOG_LEVEL" flag:"log-level" default:"info" doc:"debug, info, warn or error."`
	LogFormat   LogFormat `env:"LOG_FORMAT" flag:"log-format" default:"text" doc:"text or json."`

	Database Database            // DATABASE_URL, read
	Migrate  *Database           // MIGRATE_DATABASE_URL, read; nil when not set
	Source   map[string]string   // where each value came from: flag, environment, .env or default
	fields   map[string]*setting // by name
}

// setting is one field of Config.
type setting struct {
	Name, Flag, Default, Doc string
	File                     bool
	Secret                   bool
	field                    int
}

// settings lists the fields of Config that are settings, in their order.
func settings() (all []*setting) {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("env"); name != "" {
			all = append(all, &setting{Name: name, Flag: f.Tag.Get("flag"), Default: f.Tag.Get("default"), Doc: f.Tag.Get("doc"),
				File: f.Tag.Get("file") == "yes", Secret: f.Type == reflect.TypeFor[Secret](), field: i})
		}
	}
	return all
}

// Bind adds a flag for every setting that has one.
func Bind(fs *pflag.FlagSet) {
	for _, s := range settings() {
		if s.Flag != "" {
			fs.String(s.Flag, "", s.Doc+" ["+s.Name+"]")
		}
	}
}

// Options is what Load looks at: flags that were bound (nil for none), the
// environment (nil for the process's own).
type Options struct {
	Flags   *pflag.FlagSet
	Environ []string
}

// Load reads the settings: a flag goes before the environment, that before
// DATA_DIR/.env, that before the default. It changes nothing. Its error is one
// line that names the setting.
func Load(o Options) (*Config, error) {
	l := loader{flags: o.Flags, env: map[string]string{}}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	for _, kv := range o.Environ {
		k, v, _ := strings.Cut(kv, "=")
		l.env[k] = v
	}
	c := &Config{Source: map[string]string{}, fields: map[string]*setting{}}
	all := settings()
	for _, s := range all {
		c.fields[s.Name] = s
	}
	// DATA_DIR says where .env is, so it comes first and cannot stand in it.
	if err := l.set(c, c.fields["DATA_DIR"]); err != nil {
		return nil, err
	}
	if abs, err := filepath.Abs(c.DataDir); err == nil {
		c.DataDir = abs
	}
	var err error
	if l.file, err = readEnv(c.EnvFile(), all); err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Name == "DATA_DIR" {
			continue
		}
		if err := l.set(c, s); err != nil {
			return nil, err
		}
	}
	c.FilesDir = strings.Replace(c.FilesDir, "DATA_DIR", c.DataDir, 1)
	return c, c.check()
}

// EnvFile is where .env is.
func (c *Config) EnvFile() string { return filepath.Join(c.DataDir, ".env") }

type loader struct {
	flags     *pflag.FlagSet
	env, file map[string]string
}

// find returns a setting's text and where it came from.
func (l *loader) find(s *setting) (text, from string, err error) {
	if l.flags != nil && s.Flag != "" && l.flags.Changed(s.Flag) {
		text, err = l.flags.GetString(s.Flag)
		return text, "flag", err
	}
	for _, in := range []struct {
		vars map[string]string
		from string
	}{{l.env, "environment"}, {l.file, ".env"}} {
		text, ok := in.vars[s.Name]
		path, inFile := in.vars[s.Name+"_FILE"]
		switch {
		case s.File && inFile && path != "" && ok && text != "":
			return "", "", fmt.Errorf("%s and %s_FILE are both set; choose one", s.Name, s.Name)
		case s.File && inFile && path != "":
			b, err := os.ReadFile(path)
			if err != nil {
				return "", "", fmt.Errorf("%s_FILE: %w", s.Name, err)
			}
			return strings.TrimRight(string(b), "\r\n"), in.from, nil
		case ok && text != "":
			return text, in.from, nil
		}
	}
	return s.Default, "default", nil
}

func (l *loader) set(c *Config, s *setting) error {
	text, from, err := l.find(s)
	if err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	c.Source[s.Name] = from
	f := reflect.ValueOf(c).Elem().Field(s.field)
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%s (from %s): %w", s.Name, from, err)
		}
		return nil
	}
	f.SetString(text)
	return nil
}

// check asks what one value alone cannot say.
func (c *Config) check() (err error) {
	raw := c.DatabaseURL.Reveal()
	if c.Source["DATABASE_URL"] == "default" {
		raw = "sqlite://" + filepath.ToSlash(filepath.Join(c.DataDir, "strongroom.db"))
	}
	if c.Database, err = ParseDatabaseURL(raw); err != nil {
		return fmt.Errorf("DATABASE_URL (from %s): %w", c.Source["DATABASE_URL"], err)
	}
	if m := c.MigrateURL.Reveal(); m != "" {
		d, err := ParseDatabaseURL(m)
		if err != nil {
			return fmt.Errorf("MIGRATE_DATABASE_URL: %w", err)
		}
		c.Migrate = &d
	}
	for _, k := range []struct {
		name  string
		check func() error
	}{{"FERNET_KEY", c.checkFernet}, {"SECRET_KEY", c.checkSecret}, {"LISTEN", c.checkListen}, {"TLS", c.checkTLS}, {"ACCOUNT_DOMAIN", c.checkDomain}} {
		if err := k.check(); err != nil {
			return fmt.Errorf("%s (from %s): %w", k.name, c.Source[k.name], err)
		}
	}
	return nil
}

func (c *Config) checkFernet() error {
	text := c.FernetKey.Reveal()
	if text == "" {
		return nil // Prepare makes it, or says that it is missing
	}
	parts := strings.Split(text, ",")
	for n, p := range parts {
		if !fernetKey(strings.TrimSpace(p)) {
			return fmt.Errorf("key %d of %d is not a Fernet key: 44 characters of URL-safe base64", n+1, len(parts))
		}
	}
	return nil
}

func (c *Config) checkSecret() error {
	if n := len(c.SecretKey.Reveal()); n > 0 && n < 32 {
		return fmt.Errorf("has %d characters and needs at least 32", n)
	}
	return nil
}

func (c *Config) checkDomain() error {
	if d := c.Domain; d == "" || strings.ContainsAny(d, "@/: \t") {
		return fmt.Errorf("%q is not a domain", d)
	}
	return nil
}

func (c *Config) checkListen() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil || port == "" {
		return fmt.Errorf("%q is not an address and a port, such as 127.0.0.1:8000", c.Listen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil { //nolint:noctx // it asks no network
		return fmt.Errorf("%q has no port that exists", c.Listen)
	}
	loopback := host == "localhost"
	if a, err := netip.ParseAddr(host); err == nil {
		loopback = a.Unmap().IsLoopback()
	}
	if c.TLS == TLSOff && c.CertFile == "" && !loopback && c.Source["TLS"] == "default" {
		return fmt.Errorf("%s would carry passwords over the network in plain http: set TLS=self-signed or TLS=files, or say TLS=off when a proxy in front does TLS", c.Listen)
	}
	return nil
}

func (c *Config) checkTLS() error {
	if c.CertFile != "" && c.Source["TLS"] == "default" {
		c.TLS = TLSFiles
	}
	if c.TLS == TLSFiles && (c.CertFile == "" || c.KeyFile == "") {
		return fmt.Errorf("TLS=files needs TLS_CERT_FILE and TLS_KEY_FILE")
	}
	return nil
}

// URL is where clients reach the server, without a slash at its end.
func (c *Config) URL() *url.URL {
	if c.PublicURL.URL != nil {
		return c.PublicURL.URL
	}
	scheme := "http"
	if c.TLS != TLSOff {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil { // checkListen has seen it
		return &url.URL{Scheme: scheme, Host: c.Listen}
	}
	if host == "" || slices.Contains([]string{"0.0.0.0", "::"}, host) {
		host = "localhost"
	}
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port)}
}

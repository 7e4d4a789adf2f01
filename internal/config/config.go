// Package config is every setting of the program: one struct is the flags, the
// environment, .env and docs/config.md. It must not open what a setting names.
// Invariant: os.Getenv stands nowhere else, and no error quotes a secret.
package config

import (
	"encoding/base64"
	"errors"
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
// the value from; admin:"yes" lets administrators set it while the server runs,
// where nothing else does.
type Config struct {
	DataDir     string     `env:"DATA_DIR" flag:"data" default:"./data" doc:"Folder for the database, keys, certificates and .env. Made at the first start."`
	Listen      string     `env:"LISTEN" flag:"listen" default:"127.0.0.1:8000" doc:"Address and port to answer on. Plain http on another address than loopback needs an explicit TLS=off."`
	DatabaseURL Secret     `env:"DATABASE_URL" flag:"database-url" file:"yes" default:"sqlite://DATA_DIR/strongroom.db" doc:"Where the data is: sqlite://PATH, mysql://USER:PASSWORD@HOST:3306/NAME, postgres://USER:PASSWORD@HOST:5432/NAME. The SQLAlchemy spellings sqlite:///./x.db, mysql+pymysql:// and mysql+mysqlconnector:// are understood. Several hosts of one cluster, such as USER:PASSWORD@H1:3306,H2:3306,H3:3306, are tried in their order, and the one that works and takes writes is kept. Options follow a question mark; those of TLS (sslmode, sslrootcert, sslcert, sslkey) are the same for both."`
	MigrateURL  Secret     `env:"MIGRATE_DATABASE_URL" file:"yes" doc:"The same database as another user, who may change the schema. The server itself then needs SELECT, INSERT, UPDATE and DELETE only."`
	FernetKey   Secret     `env:"FERNET_KEY" file:"yes" doc:"One or more Fernet keys, separated by commas, newest first. They wrap the keys that seal everything stored. Made at the first start. Losing them is losing the data."`
	SecretKey   Secret     `env:"SECRET_KEY" file:"yes" doc:"At least 32 characters; signs access tokens. Made at the first start. Changing it ends all access tokens."`
	PublicURL   PublicURL  `env:"PUBLIC_URL" flag:"public-url" doc:"How clients reach the server, such as https://vault.example.com. Made of LISTEN when not set."`
	Proxies     Prefixes   `env:"TRUSTED_PROXIES" flag:"trusted-proxies" doc:"Addresses or networks (CIDR), separated by commas, whose X-Forwarded-For counts."`
	InviteDays  Days       `env:"INVITATION_DAYS" flag:"invitation-days" admin:"yes" default:"7" doc:"How many days an invitation is good for."`
	SignUps     SignUps    `env:"SIGNUPS" flag:"signups" admin:"yes" default:"invite" doc:"Who may make an account by themselves: invite (nobody), open (everybody), or mail domains separated by commas."`
	Domain      string     `env:"ACCOUNT_DOMAIN" flag:"account-domain" default:"strongroom.localhost" doc:"Completes login names without @: alice means alice@ACCOUNT_DOMAIN. Changing it later locks out those who used it."`
	RESTUnlock  Switch     `env:"REST_UNLOCK" flag:"rest-unlock" admin:"yes" default:"on" doc:"Whether the REST API opens vaults (on or off). Off, only clients that decrypt by themselves read anything."`
	FilesDir    string     `env:"FILES_DIR" flag:"files" default:"DATA_DIR/files" doc:"Folder for attachments and Sends with files. Several nodes need one that they share."`
	FileQuota   MiB        `env:"FILE_QUOTA" flag:"file-quota" admin:"yes" default:"1024" doc:"How many MiB of attachments and Sends with files one person may store; 0 for no limit."`
	RedisURL    Secret     `env:"REDIS_URL" file:"yes" doc:"Redis or Valkey that counts guesses for all nodes, such as redis://:PASSWORD@HOST:6379/0 (rediss:// with TLS). Without it, and while it does not answer, the database counts them."`
	AcctGuesses Count      `env:"GUESSES_PER_ACCOUNT" flag:"guesses-per-account" default:"10" doc:"How many wrong passwords or codes for one account cost nothing; one more each ten minutes. After that each makes the next one wait, a second at first, a quarter of an hour at most. Devices and networks that the account signed in from before are counted apart, so that strangers cannot lock their owner out."`
	NetGuesses  Count      `env:"GUESSES_PER_NETWORK" flag:"guesses-per-network" default:"200" doc:"The same for one network (an IPv4 address, a /64 of IPv6); one more each ten seconds."`
	PerAddress  Count      `env:"REQUESTS_PER_ADDRESS" flag:"requests-per-address" default:"12000" doc:"How many requests a minute one network may make of this node; 0 for no limit."`
	PerAccount  Count      `env:"REQUESTS_PER_ACCOUNT" flag:"requests-per-account" default:"6000" doc:"How many requests a minute one account may make of this node; 0 for no limit."`
	AuditKeep   KeepDays   `env:"AUDIT_KEEP_DAYS" flag:"audit-keep-days" default:"400" doc:"How many days lines of the audit log are kept; 0 for ever. A signed checkpoint stands for what was removed."`
	AuditSyslog string     `env:"AUDIT_SYSLOG" flag:"audit-syslog" doc:"A syslog server, as HOST:PORT, that gets every line of the audit log: RFC 5424 over TLS, counted in octets."`
	AuditCA     string     `env:"AUDIT_SYSLOG_CA_FILE" flag:"audit-syslog-ca-file" doc:"Certificates in PEM that the syslog server's must be signed by; the system's when not set."`
	AuditHook   string     `env:"AUDIT_WEBHOOK" flag:"audit-webhook" doc:"An address that every line of the audit log is posted to, as JSON Lines, until it answers 2xx. A private one must stand in OUTBOUND_ALLOW."`
	AuditSecret Secret     `env:"AUDIT_WEBHOOK_SECRET" file:"yes" doc:"Signs those posts: Strongroom-Signature is t=UNIX SECONDS,v1=HEX OF HMAC-SHA256(SECRET, t + \".\" + body). At least 32 characters."`
	TLS         TLSMode    `env:"TLS" flag:"tls" default:"off" doc:"off, files (TLS_CERT_FILE and TLS_KEY_FILE), self-signed (an own certificate authority in DATA_DIR/tls) or acme (certificates from Let's Encrypt or another authority, got and renewed by the server and shared by all nodes)."`
	CertFile    string     `env:"TLS_CERT_FILE" flag:"tls-cert-file" doc:"Certificate chain in PEM. Reloaded when it changes. Setting it means TLS=files."`
	KeyFile     string     `env:"TLS_KEY_FILE" flag:"tls-key-file" doc:"Private key in PEM."`
	HTTPListen  string     `env:"HTTP_LISTEN" flag:"http-listen" doc:"Address and port, such as :80, where plain http is answered with the way to https and with nothing else but ACME's challenges."`
	HSTS        Switch     `env:"HSTS" flag:"hsts" default:"on" doc:"Whether browsers are told to use nothing but https from then on (Strict-Transport-Security). Never said with TLS=self-signed."`
	ACMENames   Names      `env:"ACME_NAMES" flag:"acme-names" doc:"Names that certificates are got for, separated by commas; PUBLIC_URL's when not set."`
	ACMEEmail   string     `env:"ACME_EMAIL" flag:"acme-email" doc:"Where the authority writes to when something is wrong with a certificate."`
	ACMECA      string     `env:"ACME_CA" flag:"acme-ca" default:"https://acme-v02.api.letsencrypt.org/directory" doc:"The authority's directory. Setting TLS=acme accepts its terms of service."`
	ACMERoot    string     `env:"ACME_CA_ROOT" flag:"acme-ca-root" doc:"File (PEM) with the root that vouches for ACME_CA itself; for authorities of one's own."`
	ACMEBy      ACMEMode   `env:"ACME_CHALLENGE" flag:"acme-challenge" default:"auto" doc:"How the names are proved: http-01 (the authority comes to port 80, which must lead to HTTP_LISTEN), tls-alpn-01 (to port 443, which must lead to LISTEN), or auto: whatever is there."`
	Outbound    Switch     `env:"OUTBOUND" flag:"outbound" admin:"yes" default:"on" doc:"Whether the server asks other servers anything: today, the icons of web sites that are in vaults, when a client asks for one. Private addresses are never asked."`
	Allow       Hosts      `env:"OUTBOUND_ALLOW" flag:"outbound-allow" doc:"Servers on private addresses, as host:port separated by commas, that may be asked all the same: the YubiKeys' validation server."`
	Factors     FactorMode `env:"SECOND_FACTOR" flag:"second-factor" admin:"yes" default:"optional" doc:"optional, or required: then an account without a second factor can do nothing but set one up."`
	YubicoID    string     `env:"YUBICO_CLIENT_ID" doc:"Who this server is to the YubiKeys' validation server. Without it YubiKey passwords (OTP) cannot be set up; YubiKeys still work as security keys (WebAuthn)."`
	YubicoKey   Secret     `env:"YUBICO_SECRET_KEY" file:"yes" doc:"The key that goes with it, in base64: it signs questions and checks answers."`
	YubicoURL   PublicURL  `env:"YUBICO_URL" flag:"yubico-url" default:"https://api.yubico.com/wsapi/2.0/verify" doc:"The validation server (protocol 2.0). A private one must stand in OUTBOUND_ALLOW."`
	SMTPHost    string     `env:"SMTP_HOST" flag:"smtp-host" doc:"Server that letters are handed to. Without it no mail is sent, and what needs mail says so."`
	SMTPPort    Port       `env:"SMTP_PORT" flag:"smtp-port" doc:"Its port; 587 for starttls, 465 for tls, 25 for off when not set."`
	SMTPSec     SMTPMode   `env:"SMTP_SECURITY" flag:"smtp-security" default:"starttls" doc:"starttls (required), tls, or off."`
	SMTPUser    string     `env:"SMTP_USER" doc:"Name to sign in to it with, if it asks."`
	SMTPPass    Secret     `env:"SMTP_PASSWORD" file:"yes" doc:"Password to sign in to it with."`
	MailFrom    string     `env:"MAIL_FROM" flag:"mail-from" doc:"Sender of all letters, such as Strongroom <vault@example.com>. Required with SMTP_HOST."`
	Metrics     string     `env:"METRICS_LISTEN" flag:"metrics-listen" doc:"Address and port to answer Prometheus on, at /metrics, such as 127.0.0.1:9100: plain http without sign-in, so not for everybody. Off when not set."`
	Collector   string     `env:"OTEL_EXPORTER_OTLP_ENDPOINT" doc:"Address of an OpenTelemetry collector (OTLP over http) that gets traces, such as http://127.0.0.1:4318. Off when not set. The other standard variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and so on) count in the environment."`
	Only        Services   `env:"ONLY" flag:"only" doc:"What this process answers for, separated by commas: identity, api, notifications (the paths of the Bitwarden door), web, rest, jobs (what is done by the clock). Everything when not set. Several processes with a share each need one MySQL, MariaDB or PostgreSQL database, one FILES_DIR, and a proxy in front such as packaging/nginx/services.conf."`
	NodeName    string     `env:"NODE_NAME" flag:"node-name" doc:"What this node is called in the list of nodes; the machine's name when not set."`
	StopDelay   StopDelay  `env:"STOP_DELAY" flag:"stop-delay" default:"auto" doc:"For how many seconds the server goes on answering when it is told to stop, with /readyz at 503 and each connection closed after its answer, so that the proxy turns to other nodes and no request fails. auto is 3 where there are TRUSTED_PROXIES and a database that nodes share, else 0. A second signal stops at once."`
	BackupTo    BackupTo   `env:"BACKUP_TO" flag:"backup-to" doc:"Where backups lie: a folder, or s3://BUCKET/PREFIX."`
	BackupPass  Secret     `env:"BACKUP_PASSPHRASE" file:"yes" doc:"Passphrase that backups are encrypted with, at least 16 characters. Keep it where neither the server nor the backups are."`
	BackupRcpt  string     `env:"BACKUP_RECIPIENTS" flag:"backup-recipients" doc:"Instead of a passphrase: public keys of age (age1...), separated by commas. The server can then make backups and not open them."`
	BackupEvery Hours      `env:"BACKUP_EVERY" flag:"backup-every" default:"0" doc:"After how many hours the server makes the next backup by itself; 0 for never. Of several nodes one does."`
	BackupKeep  string     `env:"BACKUP_KEEP" flag:"backup-keep" default:"last=7,daily=14,weekly=8,monthly=12" doc:"Which backups in BACKUP_TO stay when the server makes them by itself: the newest, and the newest of each day, week and month. Empty keeps all."`
	S3Endpoint  PublicURL  `env:"BACKUP_S3_ENDPOINT" flag:"backup-s3-endpoint" doc:"Address of the S3-compatible storage, such as https://s3.eu-central-1.amazonaws.com. It may be on a private network."`
	S3Region    string     `env:"BACKUP_S3_REGION" flag:"backup-s3-region" default:"us-east-1" doc:"The region that requests to it are signed for."`
	S3KeyID     string     `env:"BACKUP_S3_KEY_ID" doc:"Access key of the storage. It needs to put, get, list and delete objects of the one bucket."`
	S3Secret    Secret     `env:"BACKUP_S3_SECRET" file:"yes" doc:"Secret of that access key."`
	LogLevel    LogLevel   `env:"LOG_LEVEL" flag:"log-level" admin:"yes" default:"info" doc:"debug, info, warn or error."`
	LogFormat   LogFormat  `env:"LOG_FORMAT" flag:"log-format" default:"text" doc:"text or json."`
	LogFile     string     `env:"LOG_FILE" flag:"log-file" doc:"Append the log to this file instead of standard error. At 16 MiB it becomes NAME.1, and so on to NAME.5. A Windows service's is DATA_DIR/logs/strongroom.log."`
	DebugListen Loopback   `env:"DEBUG_LISTEN" flag:"debug-listen" doc:"Loopback address and port, such as 127.0.0.1:6060, that answers with profiles (/debug/pprof/) and counts of goroutines and memory (/debug/state). Anyone on the machine may ask; nothing listens when not set."`

	Database Database            // DATABASE_URL, read
	Migrate  *Database           // MIGRATE_DATABASE_URL, read; nil when not set
	Source   map[string]string   // where each value came from: flag, environment, .env, administrator or default
	text     map[string]string   // each value as it was given
	fields   map[string]*setting // by name
}

// setting is one field of Config.
type setting struct {
	Name, Flag, Default, Doc string
	File                     bool
	Secret                   bool
	Admin                    bool
	field                    int
}

// settings lists the fields of Config that are settings, in their order.
func settings() (all []*setting) {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("env"); name != "" {
			all = append(all, &setting{Name: name, Flag: f.Tag.Get("flag"), Default: f.Tag.Get("default"), Doc: f.Tag.Get("doc"),
				File: f.Tag.Get("file") == "yes", Admin: f.Tag.Get("admin") == "yes", Secret: f.Type == reflect.TypeFor[Secret](), field: i})
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
	c := &Config{Source: map[string]string{}, text: map[string]string{}, fields: map[string]*setting{}}
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
	return c.take(s, text, from)
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
	}{{"FERNET_KEY", c.checkFernet}, {"SECRET_KEY", c.checkSecret}, {"LISTEN", c.checkListen}, {"TLS", c.checkTLS}, {"HTTP_LISTEN", c.checkHTTP}, {"ACCOUNT_DOMAIN", c.checkDomain}, {"BACKUP_TO", c.checkBackup}, {"YUBICO_SECRET_KEY", c.checkYubico}} {
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

func (c *Config) checkYubico() error {
	if _, err := base64.StdEncoding.DecodeString(c.YubicoKey.Reveal()); err != nil {
		return errors.New("is not base64")
	}
	if c.YubicoID != "" && c.YubicoKey.Reveal() == "" {
		return errors.New("is required with YUBICO_CLIENT_ID: without it answers could be anybody's")
	}
	return nil
}

func (c *Config) checkBackup() error {
	switch {
	case c.BackupTo.Bucket != "" && (c.S3Endpoint.URL == nil || c.S3KeyID == "" || c.S3Secret.Reveal() == ""):
		return errors.New("a bucket needs BACKUP_S3_ENDPOINT, BACKUP_S3_KEY_ID and BACKUP_S3_SECRET")
	case c.BackupEvery > 0 && c.BackupTo == BackupTo{}:
		return errors.New("BACKUP_EVERY is set, so say where backups lie")
	case c.BackupEvery > 0 && c.BackupPass.Reveal() == "" && c.BackupRcpt == "":
		return errors.New("BACKUP_EVERY is set, so set BACKUP_PASSPHRASE or BACKUP_RECIPIENTS, too")
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
	if c.TLS == TLSACME {
		return c.checkACME()
	}
	return nil
}

// checkACME also completes ACME_NAMES.
func (c *Config) checkACME() error {
	if len(c.ACMENames) == 0 && c.PublicURL.URL != nil {
		c.ACMENames = Names{c.PublicURL.Hostname()}
	}
	if len(c.ACMENames) == 0 {
		return fmt.Errorf("TLS=acme needs PUBLIC_URL or ACME_NAMES, to know what the certificate is for")
	}
	for _, n := range c.ACMENames {
		if _, err := netip.ParseAddr(n); err == nil || !strings.Contains(n, ".") || strings.ContainsAny(n, "*/: ") {
			return fmt.Errorf("no certificate can be got for %q: it takes a domain name such as vault.example.com", n)
		}
	}
	if u, err := url.Parse(c.ACMECA); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("ACME_CA must be an https address")
	}
	if c.ACMEBy == "http-01" && c.HTTPListen == "" {
		return fmt.Errorf("ACME_CHALLENGE=http-01 needs HTTP_LISTEN")
	}
	return nil
}

func (c *Config) checkHTTP() error {
	if c.HTTPListen == "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(c.HTTPListen); err != nil || port == "" {
		return fmt.Errorf("%q is not an address and a port, such as :80", c.HTTPListen)
	}
	if c.TLS == TLSOff {
		return fmt.Errorf("it leads to https, and TLS is off")
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

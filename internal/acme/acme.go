// Package acme gets certificates from an authority that speaks ACME (RFC 8555) and
// renews them. It must not listen: challenges are answered on the server's own
// listeners. Invariant: what is got is kept in the database, sealed, and got under
// a lock, so that of many nodes one asks.
package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"strongroom/internal/store"
)

// Options is what a Manager needs. HTTPPort and TLSPort are where this node
// answers challenges; 0 is nowhere, and one must be set unless DNS is. The authority
// comes to ports 80 and 443 of the names; how it gets from there to here is the
// network's business.
type Options struct {
	Store    *store.Store
	Names    []string
	CA       string // the directory's address
	Email    string
	Roots    *x509.CertPool // who vouches for the CA's own address; nil for the system's
	Host     string         // that the listeners are bound to
	HTTPPort int
	TLSPort  int
	DNS      certmagic.DNSProvider // writes records of the names' zone (DNS-01), asked instead of the ports; nil for none
	Resolver string                // host:port that is asked for such records; "" for the system's
	Log      *slog.Logger
	Check    time.Duration // how often renewal is thought of; 0 for ten minutes
}

// Manager holds the certificates of one node.
type Manager struct {
	names  []string
	conf   *certmagic.Config
	issuer *certmagic.ACMEIssuer
	cache  *certmagic.Cache
	stop   context.CancelFunc
	run    context.Context //nolint:containedctx // certmagic's work in the background ends with it
}

// New makes a Manager; Start sets it to work.
func New(o Options) *Manager {
	m := &Manager{names: o.Names}
	log := zap.New(bridge{o.Log})
	m.cache = certmagic.NewCache(certmagic.CacheOptions{RenewCheckInterval: o.Check, Logger: log,
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return m.conf, nil }})
	m.conf = certmagic.New(m.cache, certmagic.Config{Storage: &storage{store: o.Store, log: o.Log, held: map[string]held{}}, Logger: log})
	if len(o.Names) > 0 {
		m.conf.DefaultServerName = o.Names[0] // clients that come by address name none
	}
	m.issuer = certmagic.NewACMEIssuer(m.conf, certmagic.ACMEIssuer{CA: o.CA, Email: o.Email, Agreed: true, TrustedRoots: o.Roots, Logger: log,
		ListenHost: o.Host, AltHTTPPort: o.HTTPPort, AltTLSALPNPort: o.TLSPort,
		DisableHTTPChallenge: o.HTTPPort == 0, DisableTLSALPNChallenge: o.TLSPort == 0})
	if o.DNS != nil {
		m.issuer.DNS01Solver = byDNS(o, log)
	}
	m.conf.Issuers = []certmagic.Issuer{m.issuer}
	m.run, m.stop = context.WithCancel(context.Background())
	return m
}

func byDNS(o Options, log *zap.Logger) *certmagic.DNS01Solver {
	s := &certmagic.DNS01Solver{}
	s.DNSProvider, s.Logger = o.DNS, log
	if o.Resolver != "" {
		s.Resolvers = []string{o.Resolver}
	}
	return s
}

// Start loads the certificates that are there and gets those that are not, in the
// background: the listeners must be up for that. Until then handshakes fail.
func (m *Manager) Start() error { return m.conf.ManageAsync(m.run, m.names) }

// Config is for the listener of TLS; it answers TLS-ALPN-01.
func (m *Manager) Config() *tls.Config {
	c := m.conf.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	return c
}

// Challenge answers HTTP-01 and passes all else to next.
func (m *Manager) Challenge(next http.Handler) http.Handler {
	return m.issuer.HTTPChallengeHandler(next)
}

// Close ends the work in the background.
func (m *Manager) Close() {
	m.stop()
	m.cache.Stop()
}

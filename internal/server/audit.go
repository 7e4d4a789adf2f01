package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"strongroom/internal/chain"
	"strongroom/internal/config"
	"strongroom/internal/outbound"
)

// Audit says how long lines of the audit log are kept, and where else they go.
type Audit struct {
	Keep    time.Duration // 0 for ever
	Syslog  string        // host:port, "" for none
	Roots   *x509.CertPool
	Host    string
	Webhook string // an address, "" for none
	Secret  string
}

// configureAudit reads the settings of the audit log.
func configureAudit(c *config.Config) (a Audit, err error) {
	a = Audit{Keep: time.Duration(c.AuditKeep) * 24 * time.Hour, Syslog: c.AuditSyslog, Webhook: c.AuditHook, Secret: c.AuditSecret.Reveal(), Host: c.URL().Hostname()}
	if a.Webhook != "" && len(a.Secret) < 32 {
		return a, errors.New("AUDIT_WEBHOOK needs AUDIT_WEBHOOK_SECRET with at least 32 characters, so that its receiver can tell who sends")
	}
	if c.AuditCA == "" {
		return a, nil
	}
	pem, err := os.ReadFile(c.AuditCA)
	if err != nil {
		return a, fmt.Errorf("AUDIT_SYSLOG_CA_FILE: %w", err)
	}
	a.Roots = x509.NewCertPool()
	if !a.Roots.AppendCertsFromPEM(pem) {
		return a, errors.New("AUDIT_SYSLOG_CA_FILE has no certificate in PEM")
	}
	return a, nil
}

// auditJob builds what keeps the audit log in order.
func (n *Node) auditJob(o Options) *chain.Job {
	j := &chain.Job{Store: n.Store, Keep: o.Audit.Keep, Now: o.Now, Log: o.Log}
	if a := o.Audit; a.Syslog != "" {
		j.Sinks = append(j.Sinks, &chain.Syslog{Address: a.Syslog, TLS: &tls.Config{RootCAs: a.Roots, MinVersion: tls.VersionTLS12}, Host: a.Host})
	}
	if a := o.Audit; a.Webhook != "" {
		j.Sinks = append(j.Sinks, &chain.Webhook{URL: a.Webhook, Secret: []byte(a.Secret), Out: outbound.New(n.settings.outboundOff).Allowing(o.Settings.Allow), Now: o.Now})
	}
	return j
}

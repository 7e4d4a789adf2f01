package store

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// tlsOptions are the options of a DATABASE_URL that say how its connection is
// encrypted, in libpq's words. pgx reads them by itself; for MySQL this does.
var tlsOptions = map[string]string{"sslmode": "sslmode", "sslrootcert": "sslrootcert", "sslcert": "sslcert", "sslkey": "sslkey",
	"ssl_ca": "sslrootcert", "ssl_cert": "sslcert", "ssl_key": "sslkey"}

// mysqlTLS is what params say of TLS; nil for nothing. What remains of params is
// the driver's own.
func mysqlTLS(params url.Values, host string) (*tls.Config, error) {
	o := map[string]string{}
	for name, to := range tlsOptions {
		if v := params.Get(name); v != "" {
			o[to] = v
		}
		params.Del(name)
	}
	if len(o) == 0 {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	c.ServerName, _, _ = net.SplitHostPort(host)
	if path := o["sslrootcert"]; path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("sslrootcert: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("sslrootcert has no certificate in PEM")
		}
	}
	if o["sslcert"] != "" || o["sslkey"] != "" {
		pair, err := tls.LoadX509KeyPair(o["sslcert"], o["sslkey"])
		if err != nil {
			return nil, fmt.Errorf("sslcert and sslkey: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	switch mode := o["sslmode"]; {
	case mode == "disable" && len(o) == 1:
		return nil, nil
	case mode == "verify-full" || mode == "":
	case mode == "verify-ca", mode == "require" && c.RootCAs != nil: // as libpq has it
		c.InsecureSkipVerify, c.VerifyConnection = true, chainOnly(c.RootCAs) // the chain is verified, the name is not
	case mode == "require":
		c.InsecureSkipVerify = true // what was asked for: encrypted, to whomever
	default:
		return nil, fmt.Errorf("sslmode=%s must be disable, require, verify-ca or verify-full", mode)
	}
	return c, nil
}

// chainOnly verifies who signed a certificate, and not whose it is.
func chainOnly(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			o.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(o)
		return err
	}
}

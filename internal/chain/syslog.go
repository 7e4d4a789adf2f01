package chain

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// Syslog sends lines to a syslog server as RFC 5424 messages over TLS, each counted
// in octets (RFC 5425). Syslog has no answer: a line has arrived when the connection
// took it.
type Syslog struct {
	Address string // host:port
	TLS     *tls.Config
	Host    string // this server's name in the messages

	conn net.Conn
}

// sendFor is how long one batch may take.
const sendFor = 5 * time.Second

// Name is the stream's name in the database.
func (s *Syslog) Name() string { return "syslog" }

// Send writes lines to the connection, made anew after a failure.
func (s *Syslog) Send(ctx context.Context, es []vault.Event) error {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if s.conn == nil {
		d := tls.Dialer{Config: s.TLS}
		c, err := d.DialContext(ctx, "tcp", s.Address)
		if err != nil {
			return fmt.Errorf("connecting to %s: %w", s.Address, err)
		}
		s.conn = c
	}
	var b strings.Builder
	for _, e := range es {
		m := s.message(e)
		b.WriteString(strconv.Itoa(len(m)) + " " + m)
	}
	until, _ := ctx.Deadline()
	err := s.conn.SetDeadline(until)
	if err == nil {
		_, err = s.conn.Write([]byte(b.String()))
	}
	if err != nil {
		s.conn.Close()
		s.conn = nil
	}
	return err
}

// priority is facility 13 (log audit), severity 6 (informational).
const priority = 13*8 + 6

// message is RFC 5424's: the line's JSON behind a byte order mark, because it is UTF-8.
func (s *Syslog) message(e vault.Event) string {
	l := e.Line()
	return fmt.Sprintf("<%d>1 %s %s strongroom - %s - \ufeff%s", priority, l.At.UTC().Format("2006-01-02T15:04:05.000000Z"), printable(s.Host), printable(l.Kind), l.JSON())
}

// printable is a header field: no spaces, nothing but US-ASCII, "-" for none.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), 255)]
}

// Close ends the connection.
func (s *Syslog) Close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

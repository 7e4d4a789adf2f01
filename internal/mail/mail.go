// Package mail sends letters. It must not log what is in one. Invariant: without
// TLS nothing is sent, unless the settings say off in words.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"strongroom/internal/fault"
)

// Settings is where letters are handed in. Security is "starttls" (required; the
// default), "tls" or "off". Roots are the authorities to trust, nil for the system's.
type Settings struct {
	From, Host     string
	Port           int
	User, Password string
	Security       string
	Roots          *x509.CertPool
	Log            *slog.Logger // of what Later could not send
}

// Sender hands letters to one server. A nil Sender is mail that is off.
type Sender struct {
	s     Settings
	slots chan struct{}
}

// atOnce is how many letters Later has on their way at once.
const atOnce = 16

// The faults of mail.
var (
	ErrOff    = fault.New(fault.Unavailable, "mail-off", "This server cannot send mail. Ask its administrator.")
	ErrFailed = fault.New(fault.Unavailable, "mail-failed", "The letter could not be sent. Try again later.")
)

// New checks the settings; an empty Host is mail that is off.
func New(s Settings) (*Sender, error) {
	if s.Host == "" {
		return nil, nil
	}
	if a, err := netmail.ParseAddress(s.From); err != nil || a.Address == "" {
		return nil, fmt.Errorf("MAIL_FROM %q is no mail address", s.From)
	}
	if s.Security == "" {
		s.Security = "starttls"
	}
	if s.Port == 0 {
		s.Port = map[string]int{"tls": 465, "starttls": 587, "off": 25}[s.Security]
	}
	return &Sender{s, make(chan struct{}, atOnce)}, nil
}

// On reports whether letters can be sent.
func (s *Sender) On() bool { return s != nil }

// sendTime is how long handing a letter in may take in all.
const sendTime = 20 * time.Second

// Send hands l in for one address. ErrOff and ErrFailed are its only refusals; a
// failure's cause is the server's answer, never the letter.
func (s *Sender) Send(ctx context.Context, to string, l Letter) error {
	if s == nil {
		return ErrOff
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	m := gomail.NewMsg()
	if err := m.From(s.s.From); err != nil {
		return ErrFailed.Because(err)
	}
	if strings.ContainsAny(to, "\r\n,") {
		return ErrFailed.Because(fmt.Errorf("the recipient is no single address"))
	}
	if err := m.To(to); err != nil {
		return ErrFailed.Because(err)
	}
	m.Subject(strings.NewReplacer("\r", " ", "\n", " ").Replace(l.Subject))
	m.SetDate()
	m.SetMessageID()
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	c, err := s.client(ctx)
	if err != nil {
		return ErrFailed.Because(err)
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil {
		return ErrFailed.Because(err)
	}
	return nil
}

// Later is Send without waiting: for letters whose sending must not show by how
// long an answer takes. What fails is logged, without address and letter.
func (s *Sender) Later(to string, l Letter) {
	if s == nil {
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.s.Log.Warn("a letter was dropped: too many are on their way")
		return
	}
	go func() {
		defer func() { <-s.slots }()
		if err := s.Send(context.Background(), to, l); err != nil {
			s.s.Log.Warn("a letter was not sent", "err", err)
		}
	}()
}

// Wait returns when the letters of Later have left, or with the error of ctx. It is
// for the end: what Later is handed afterwards is dropped.
func (s *Sender) Wait(ctx context.Context) error {
	if s == nil {
		return nil
	}
	for range cap(s.slots) {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *Sender) client(ctx context.Context) (*gomail.Client, error) {
	wait := sendTime // the library looks at this, not at the context, once it is connected
	if until, ok := ctx.Deadline(); ok {
		wait = max(time.Until(until), time.Millisecond)
	}
	o := []gomail.Option{gomail.WithPort(s.s.Port), gomail.WithTimeout(wait),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.s.Host, RootCAs: s.s.Roots, MinVersion: tls.VersionTLS12})}
	switch s.s.Security {
	case "tls":
		o = append(o, gomail.WithSSL())
	case "off":
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.s.User != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.s.User), gomail.WithPassword(s.s.Password))
	}
	return gomail.NewClient(s.s.Host, o...)
}

// Told is a failure to send with the mail server's own words where they can be
// read: for administrators, who set the server up.
func Told(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Cause == nil {
		return err
	}
	return f.At("to", strings.ReplaceAll(f.Cause.Error(), "\n", "; "))
}

package mail

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"strongroom/internal/mail/mailtest"
)

func sender(t *testing.T, p *mailtest.Post, change func(*Settings)) *Sender {
	t.Helper()
	s := Settings{From: "Strongroom <vault@example.com>", Host: "localhost", Port: p.Port, Roots: p.Roots}
	if change != nil {
		change(&s)
	}
	out, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// parts reads a letter as a mail program does.
func parts(t *testing.T, raw string) (h netmail.Header, byType map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	byType = map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			break
		}
		k, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		byType[k] = string(b)
	}
	return m.Header, byType
}

func TestLettersArrive(t *testing.T) {
	p := mailtest.Start(t, func(p *mailtest.Post) { p.Password = "secret" })
	s := sender(t, p, func(s *Settings) { s.User, s.Password = "user", "secret" })
	for _, l := range []Letter{VerifyEmail("https://vault.example.com/#/x?token=a&b=c"), NewDevice("linux <b>", "203.0.113.7", time.Unix(0, 0)), Hint("my hint"), Hint(""),
		DeleteAccount("https://vault.example.com/d"), Code("123456", "change your address")} {
		if err := s.Send(t.Context(), "alice@example.com", l); err != nil {
			t.Fatal(err)
		}
		h, got := parts(t, <-p.Letters)
		if subject, _ := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); subject != l.Subject || !strings.Contains(h.Get("To"), "alice@example.com") {
			t.Errorf("%v", h)
		}
		text := strings.ReplaceAll(got["text/plain"], "\r\n", "\n")
		if strings.TrimSpace(text) != strings.TrimSpace(l.Text) || !strings.Contains(got["text/html"], "Strongroom") || strings.Contains(got["text/html"], "<b>") {
			t.Errorf("%q is not %q", text, l.Text)
		}
	}
}

func TestWithoutTLSNothingIsSent(t *testing.T) {
	for name, p := range map[string]*mailtest.Post{
		"no STARTTLS offered": mailtest.Start(t, func(p *mailtest.Post) { p.Conf = nil }),
		"a foreign certificate": mailtest.Start(t, func(p *mailtest.Post) {
			_, p.Roots = mailtest.Certificate(t, "localhost")
		}),
		"a wrong password": mailtest.Start(t, func(p *mailtest.Post) { p.Password = "other" }),
	} {
		s := sender(t, p, func(s *Settings) { s.User, s.Password = "user", "secret" })
		err := s.Send(t.Context(), "alice@example.com", Hint("very private"))
		if !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), "private") || len(p.Letters) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	off := mailtest.Start(t, func(p *mailtest.Post) { p.Conf = nil })
	if err := sender(t, off, func(s *Settings) { s.Security = "off" }).Send(t.Context(), "alice@example.com", Hint("x")); err != nil {
		t.Error(err)
	}
}

func TestHeadersCannotBeAdded(t *testing.T) {
	p := mailtest.Start(t, nil)
	s := sender(t, p, nil)
	for _, to := range []string{"a@example.com\r\nBcc: eve@example.com", "a@example.com, eve@example.com", "", "no address"} {
		if err := s.Send(t.Context(), to, Hint("x")); !errors.Is(err, ErrFailed) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if err := s.Send(t.Context(), "a@example.com", Letter{Subject: "x\r\nBcc: eve@example.com", Text: "t", HTML: "h"}); err != nil {
		t.Fatal(err)
	}
	if h, _ := parts(t, <-p.Letters); h.Get("Bcc") != "" {
		t.Error("a subject added a header")
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	p := mailtest.Start(t, func(p *mailtest.Post) { p.Silent = true })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := sender(t, p, nil).Send(ctx, "a@example.com", Hint("x")); !errors.Is(err, ErrFailed) {
		t.Error(err)
	}
}

func TestOff(t *testing.T) {
	s, err := New(Settings{})
	if err != nil || s.On() || !errors.Is(s.Send(t.Context(), "a@example.com", Hint("")), ErrOff) {
		t.Error(err)
	}
	if _, err := New(Settings{Host: "h", From: "nobody"}); err == nil {
		t.Error("a sender that is no address was taken")
	}
}

func TestWaitIsForLettersOnTheirWay(t *testing.T) {
	p := mailtest.Start(t, nil)
	s := sender(t, p, nil)
	for range 3 {
		s.Later("alice@example.com", Hint("x"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.Wait(ctx); err != nil || len(p.Letters) != 3 {
		t.Errorf("%d letters arrived: %v", len(p.Letters), err)
	}
	if err := (*Sender)(nil).Wait(ctx); err != nil {
		t.Error(err)
	}
}

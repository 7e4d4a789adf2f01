package chain

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"strongroom/internal/outbound"
	"strongroom/internal/store"
	"strongroom/internal/store/testdb"
	"strongroom/internal/vault"
)

func newJob(t *testing.T) (*Job, *testdb.Clock) {
	t.Helper()
	c := testdb.NewClock(time.Now())
	return &Job{Store: testdb.Open(t, "sqlite", c.Now), Now: c.Now, Log: slog.New(slog.DiscardHandler)}, c
}

// write adds n lines; Detail is a number and a text that needs escaping.
func write(t *testing.T, j *Job, n int) {
	t.Helper()
	err := j.Store.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			if err := tx.Record(t.Context(), vault.Event{Kind: vault.EventSignedIn, Address: "192.0.2.7", Detail: fmt.Sprintf("%d \"ä\"\n<14>1 - - - - - -", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func turnJob(t *testing.T, j *Job) {
	t.Helper()
	if _, err := j.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// tlsPair is a certificate for 127.0.0.1 and the pool that trusts it.
func tlsPair() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}

// receiver is a syslog server as RFC 5425 has it: octets are counted.
func receiver(t *testing.T, cert tls.Certificate) (address string, got chan string) {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	got = make(chan string, 10_000)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go receive(c, got)
		}
	}()
	return ln.Addr().String(), got
}

func receive(c net.Conn, got chan<- string) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		count, err := r.ReadString(' ')
		n, perr := strconv.Atoi(strings.TrimSpace(count))
		if err != nil || perr != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		got <- string(b)
	}
}

// message is RFC 5424's header with our fields in it.
var message = regexp.MustCompile("(?s)^<110>1 (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z) vault\\.example\\.com strongroom - signed-in - \ufeff(\\{.*\\})$")

func TestSyslog(t *testing.T) {
	j, _ := newJob(t)
	write(t, j, 3)
	turnJob(t, j) // what was there before a stream is set up is not sent
	cert, pool := tlsPair()
	address, got := receiver(t, cert)
	s := &Syslog{Address: address, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Host: "vault.example.com"}
	defer s.Close()
	j.Sinks = []Sink{s}
	turnJob(t, j)
	write(t, j, 450)
	turnJob(t, j)
	for n := range 450 {
		select {
		case m := <-got:
			parts := message.FindStringSubmatch(m)
			if parts == nil {
				t.Fatalf("no message of RFC 5424: %q", m)
			}
			var l vault.EventLine
			if err := json.Unmarshal([]byte(parts[2]), &l); err != nil || l.Seq != int64(4+n) || l.Kind != "signed-in" || !strings.Contains(l.Detail, "ä") {
				t.Fatalf("message %d: %v %+v", n, err, l)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("only %d messages came", n)
		}
	}
}

// TestSyslogThatCannotBeTrusted: nothing goes to a server with another certificate.
func TestSyslogThatCannotBeTrusted(t *testing.T) {
	j, c := newJob(t)
	cert, _ := tlsPair()
	address, got := receiver(t, cert)
	j.Sinks = []Sink{&Syslog{Address: address, TLS: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}}
	turnJob(t, j)
	write(t, j, 1)
	turnJob(t, j)
	var x store.Stream
	err := j.Store.Tx(t.Context(), func(tx *store.Tx) (err error) { x, err = tx.Stream(t.Context(), "syslog"); return err })
	if err != nil || x.Fails != 1 || x.Seq != 0 || !x.NextAt.After(c.Now()) || len(got) > 0 {
		t.Errorf("%+v %v, %d messages", x, err, len(got))
	}
}

// hook is a webhook's receiver that fails first.
type hook struct {
	mu     sync.Mutex
	fail   int
	calls  int
	seen   []int64
	secret []byte
	t      *testing.T
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	sig := r.Header.Get(SignatureHeader)
	at, _, _ := strings.Cut(strings.TrimPrefix(sig, "t="), ",")
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil || Sign(h.secret, time.Unix(sec, 0), b) != sig || Sign([]byte("another"), time.Unix(sec, 0), b) == sig {
		h.t.Errorf("signed %q", sig)
	}
	if h.calls++; h.fail > 0 {
		h.fail--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	for line := range strings.Lines(string(b)) {
		var l vault.EventLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			h.t.Error(err)
		}
		h.seen = append(h.seen, l.Seq)
	}
}

// TestWebhook: a batch that was not taken is sent again after a while that grows,
// from where the database says, and lines that wait are not taken away.
func TestWebhook(t *testing.T) {
	j, c := newJob(t)
	h := &hook{fail: 3, secret: []byte("0123456789abcdef0123456789abcdef"), t: t}
	srv := httptest.NewServer(h)
	defer srv.Close()
	out := outbound.New(func() bool { return false })
	w := &Webhook{URL: srv.URL + "/hook", Secret: h.secret, Out: out.Allowing([]string{strings.TrimPrefix(srv.URL, "http://")}), Now: c.Now}
	j.Sinks = []Sink{w}
	turnJob(t, j)
	write(t, j, 5)
	turnJob(t, j)
	turnJob(t, j) // too early: nothing is asked
	if h.calls != 1 {
		t.Fatalf("%d calls", h.calls)
	}
	j.Keep = time.Nanosecond
	c.Advance(time.Hour)
	j.Sinks = []Sink{w}
	turnJob(t, j) // the second failure; what is older than Keep waits to be sent
	if r, err := j.Store.VerifyChain(context.Background()); err != nil || r.Bad != 0 || r.First != 1 || r.Lines != 5 {
		t.Fatalf("%+v %v", r, err)
	}
	for range 3 {
		c.Advance(time.Hour)
		turnJob(t, j)
	}
	// The sixth line says that the first five were taken away.
	if h.calls != 5 || fmt.Sprint(h.seen) != "[1 2 3 4 5 6]" {
		t.Errorf("%d calls, lines %v", h.calls, h.seen)
	}
	r, err := j.Store.VerifyChain(context.Background())
	if err != nil || r.Bad != 0 || r.First < 6 {
		t.Errorf("after all were sent, what is old goes: %+v %v", r, err)
	}
}

// TestWebhookAsksNoPrivateAddress unless it was named.
func TestWebhookAsksNoPrivateAddress(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer srv.Close()
	w := &Webhook{URL: srv.URL, Secret: []byte("x"), Out: outbound.New(func() bool { return false }), Now: time.Now}
	if err := w.Send(t.Context(), []vault.Event{{Kind: vault.EventSignedIn}}); err == nil {
		t.Error("no error")
	}
}

// Package outbound is the only way in which the server asks anything of the
// internet. It must not carry cookies, credentials or anything of a vault.
// Invariant: no connection to an address that is not public, whatever a name
// resolves to and wherever a redirect leads.
package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"strongroom/internal/fault"
)

// Limits of one request.
const (
	wholeTime    = 10 * time.Second
	connectTime  = 4 * time.Second
	maxRedirects = 5
)

// The faults of asking outside.
var (
	ErrOff     = fault.New(fault.Unavailable, "outbound-off", "This server does not ask anything of the internet.")
	ErrRefused = fault.New(fault.Invalid, "outbound-refused", "This address may not be asked.")
	ErrFailed  = fault.New(fault.Unavailable, "outbound-failed", "The other server did not answer as it should.")
)

// Client asks other servers. A nil Client is outbound that is off.
type Client struct {
	http  *http.Client
	allow func(netip.Addr, uint16) bool
	off   func() bool
}

// New makes the client; off is asked before every request.
func New(off func() bool) *Client {
	c := newClient(public)
	c.off = off
	return c
}

// Off reports whether nothing may be asked right now.
func (c *Client) Off() bool { return c == nil || c.off != nil && c.off() }

func newClient(allow func(netip.Addr, uint16) bool) *Client {
	c := &Client{allow: allow}
	d := &net.Dialer{Timeout: connectTime, ControlContext: c.control}
	c.http = &http.Client{Timeout: wholeTime, CheckRedirect: c.redirect, Transport: &http.Transport{
		DialContext: d.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: connectTime, MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns: 16, IdleConnTimeout: 30 * time.Second, DisableCompression: false, ForceAttemptHTTP2: true}}
	return c
}

// Allowing is the client for one purpose, whose servers may be private too: hosts,
// each with its port, are named by the machine's owner. It follows no redirects,
// so that no other server leads it there.
func (c *Client) Allowing(hosts []string) *Client {
	if c == nil {
		return nil
	}
	guarded := &net.Dialer{Timeout: connectTime, ControlContext: c.control}
	open := &net.Dialer{Timeout: connectTime}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if slices.Contains(hosts, address) {
			return open.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
	t := c.http.Transport.(*http.Transport).Clone()
	t.DialContext = dial
	return &Client{allow: c.allow, off: c.off, http: &http.Client{Timeout: wholeTime, Transport: t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// control sees the address that will really be connected to, after all names are
// resolved: what was checked earlier could be another by now.
func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !c.allow(a.Addr(), a.Port()) {
		return ErrRefused.Because(fmt.Errorf("connecting to %s", address))
	}
	return nil
}

func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrFailed.Because(errors.New("too many redirects"))
	}
	return checkURL(r.URL)
}

func checkURL(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ErrRefused.Because(fmt.Errorf("asking %s", u.Redacted()))
	}
	return nil
}

// Answer is what came back. URL is where the last redirect led.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	URL         *url.URL
}

// Get asks for a page of at most limit bytes; a longer one is ErrFailed.
func (c *Client) Get(ctx context.Context, address string, limit int64) (*Answer, error) {
	if c.Off() {
		return nil, ErrOff
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, ErrRefused.Because(err)
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, ErrRefused.Because(err)
	}
	r.Header.Set("User-Agent", "Strongroom")
	resp, err := c.http.Do(r)
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return nil, f
		}
		return nil, ErrFailed.Because(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, ErrFailed.Because(err)
	}
	if int64(len(b)) > limit {
		return nil, ErrFailed.Because(fmt.Errorf("more than %d bytes", limit))
	}
	return &Answer{resp.StatusCode, resp.Header.Get("Content-Type"), b, resp.Request.URL}, nil
}

// Post sends body to an address and returns the answer's status; its body is of no use.
// A redirect is not followed: what was signed for one address is not for another.
func (c *Client) Post(ctx context.Context, address, contentType string, headers map[string]string, body []byte) (status int, err error) {
	if c == nil {
		return 0, ErrOff
	}
	u, err := url.Parse(address)
	if err != nil {
		return 0, ErrRefused.Because(err)
	}
	if err := checkURL(u); err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, ErrRefused.Because(err)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	r.Header.Set("User-Agent", "Strongroom")
	r.Header.Set("Content-Type", contentType)
	once := *c.http
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := once.Do(r)
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return 0, f
		}
		return 0, ErrFailed.Because(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) //nolint:errcheck // it lets the connection be used again
	return resp.StatusCode, nil
}

// closed are the networks that are not the public internet (IANA's registries of
// special-purpose addresses), besides what netip itself knows.
var closed = func() (ps []netip.Prefix) {
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10"} {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}()

// public reports whether an address and port may be asked: the public internet,
// by the web's own ports.
func public(a netip.Addr, port uint16) bool {
	a = a.Unmap().WithZone("")
	if port != 80 && port != 443 || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

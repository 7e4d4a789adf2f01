package outbound

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOnlyThePublicInternet(t *testing.T) {
	for _, a := range []string{"127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.2.1",
		"198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
		"2002:7f00:1::", "2001:db8::1", "2001::1", "fe80::1%eth0"} {
		if public(netip.MustParseAddr(a), 443) {
			t.Errorf("%s may be asked", a)
		}
	}
	for _, a := range []string{"1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"} {
		if !public(netip.MustParseAddr(a), 443) || public(netip.MustParseAddr(a), 22) || public(netip.MustParseAddr(a), 8080) {
			t.Errorf("%s is judged wrongly", a)
		}
	}
}

// TestPrivateAddressesAreRefused, when named, when a name resolves to one, and
// when a redirect leads there.
func TestPrivateAddressesAreRefused(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("secret")) }))
	defer inside.Close()
	c := New(nil)
	for _, u := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://0x7f000001/", "file:///etc/passwd",
		"gopher://x/", "http://user:pw@example.com/", "http:///x", "://"} {
		if a, err := c.Get(t.Context(), u, 1000); err == nil {
			t.Errorf("%s answered %q", u, a.Body)
		}
	}
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) }))
	defer first.Close()
	only, _ := url.Parse(first.URL)
	one := newClient(func(_ netip.Addr, port uint16) bool { return only.Port() == strconv.Itoa(int(port)) })
	if a, err := one.Get(t.Context(), first.URL, 1000); !errors.Is(err, ErrRefused) {
		t.Errorf("a redirect led inside: %v %v", a, err)
	}
}

func TestLimits(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/loop" {
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		}
		if r.Header.Get("Cookie") != "" || r.Header.Get("User-Agent") != "Strongroom" {
			t.Error("it says more of itself than it must")
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Write(make([]byte, 2000))
	}))
	defer s.Close()
	c := newClient(func(netip.Addr, uint16) bool { return true })
	for range 2 {
		if a, err := c.Get(t.Context(), s.URL, 2000); err != nil || len(a.Body) != 2000 {
			t.Error(err)
		}
	}
	for _, path := range []string{"/", "/loop"} {
		if _, err := c.Get(t.Context(), s.URL+path, 1999); !errors.Is(err, ErrFailed) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var off *Client
	if _, err := off.Get(t.Context(), s.URL, 1); !errors.Is(err, ErrOff) {
		t.Error(err)
	}
}

func TestDomains(t *testing.T) {
	for _, ok := range []string{"example.com", "a.b.co.uk", "xn--bcher-kva.de", "1password.com"} {
		if !Domain(ok) {
			t.Errorf("%s is refused", ok)
		}
	}
	for _, bad := range []string{"", "localhost", "a", "1.2.3.4", "[::1]", "example.com:80", "a..b.com", "-a.com", "a_b.com", "router.local", "db.internal", "x.onion", "../etc/passwd", "exa mple.com",
		strings.Repeat("a.", 130) + "com", "example.com/", "EXAMPLE.com"} {
		if Domain(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}

const png = "\x89PNG\r\n\x1a\n and so on"

// TestIcons fetches one from a page that names it, keeps it, and asks once for many.
func TestIcons(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.Host+r.URL.Path]++
		mu.Unlock()
		switch r.Host + r.URL.Path {
		case "named.com/":
			w.Write([]byte(`<html><LINK rel="mask-icon" href="/m.svg"><link href='/evil.svg' rel=icon><link rel="shortcut icon" href="pic/it.png?a=1&amp;b=2">`))
		case "named.com/evil.svg":
			w.Write([]byte(`<svg onload="x"/>`))
		case "named.com/pic/it.png", "usual.com/favicon.ico":
			w.Write([]byte(png))
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	c := newClient(func(netip.Addr, uint16) bool { return true })
	there, _ := url.Parse(s.URL)
	c.http.Transport = rewrite{there.Host, http.DefaultTransport}
	now := time.Now()
	i := &Icons{Client: c, Dir: t.TempDir(), Now: func() time.Time { return now }, scheme: "http"}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if b, kind, err := i.Get(t.Context(), "named.com"); err != nil || kind != "image/png" || string(b) != png {
				t.Errorf("%q %s %v", b, kind, err)
			}
		})
	}
	wg.Wait()
	if asked["named.com/"] != 1 || asked["named.com/pic/it.png"] != 1 || asked["named.com/m.svg"] != 0 {
		t.Errorf("asked %v", asked)
	}
	if _, _, err := i.Get(t.Context(), "USUAL.com"); err != nil {
		t.Error(err)
	}
	for range 3 {
		if _, _, err := i.Get(t.Context(), "none.com"); !errors.Is(err, ErrNoIcon) {
			t.Error(err)
		}
	}
	if asked["none.com/"] != 1 {
		t.Errorf("what is absent was asked %d times", asked["none.com/"])
	}
	now = now.Add(noneLife + time.Hour)
	i.Get(t.Context(), "none.com")
	i.Get(t.Context(), "named.com")
	if asked["none.com/"] != 2 || asked["named.com/"] != 1 {
		t.Errorf("after three days: %v", asked)
	}
	// Off, what is on the disk is still shown, and nobody is asked.
	off := &Icons{Dir: i.Dir, Now: i.Now}
	if _, _, err := off.Get(t.Context(), "named.com"); err != nil {
		t.Error(err)
	}
	if _, _, err := off.Get(t.Context(), "new.com"); !errors.Is(err, ErrNoIcon) {
		t.Error(err)
	}
	if files, err := os.ReadDir(i.Dir); err != nil || len(files) != 3 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// rewrite sends every request to one server, which sees the name that was asked.
type rewrite struct {
	to   string
	next http.RoundTripper
}

func (r rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Host, out.Host = r.to, req.URL.Host
	resp, err := r.next.RoundTrip(out)
	if err == nil {
		resp.Request = req
	}
	return resp, err
}

package gate

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// open starts a gate in front of a handler that tells what reached it.
func open(t *testing.T) *Gate {
	t.Helper()
	g, err := Open(t.Context(), "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "the vault; cookies: "+r.Header.Get("Cookie"))
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// window is a browser with a jar of its own.
func window(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func ask(t *testing.T, c *http.Client, method, address string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func enter(t *testing.T, c *http.Client, g *Gate) {
	t.Helper()
	if status, body := ask(t, c, "GET", g.Entrance("/vault"), nil); status != 200 || strings.Contains(body, g.token) {
		t.Fatalf("the window was not let in: %d %s", status, body)
	}
}

func TestWindowIsLetIn(t *testing.T) {
	g, c := open(t), window(t)
	enter(t, c, g)
	u, _ := url.Parse(g.Origin())
	c.Jar.SetCookies(u, []*http.Cookie{{Name: "other", Value: "1"}})
	status, body := ask(t, c, "GET", g.Origin()+"/api/sync", func(r *http.Request) { r.Header.Set("Origin", g.Origin()) })
	if status != 200 || body != "the vault; cookies: other=1" {
		t.Errorf("%d %q: what is behind the gate sees the request without the gate's cookie", status, body)
	}
}

// TestAnotherPersonIsRefused: somebody else on the machine reaches the port, and nothing behind it.
func TestAnotherPersonIsRefused(t *testing.T) {
	g := open(t)
	enter(t, window(t), g)
	for name, change := range map[string]func(*http.Request){
		"nothing":               nil,
		"an empty cookie":       func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie}) },
		"a guessed cookie":      func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie, Value: strings.Repeat("A", 26)}) },
		"the token as a bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+g.token) },
	} {
		for _, path := range []string{"/", "/api/v1/health", "/identity/connect/token", "/healthz", "/desktop/copy"} {
			for _, method := range []string{"GET", "POST", "OPTIONS", "HEAD"} {
				if status, body := ask(t, http.DefaultClient, method, g.Origin()+path, change); status != http.StatusForbidden || strings.Contains(body, "cookies:") {
					t.Errorf("%s, %s %s: %d %s", name, method, path, status, body)
				}
			}
		}
	}
}

// TestAnotherRunIsRefused: a token counts as long as its run.
func TestAnotherRunIsRefused(t *testing.T) {
	was, is := open(t), open(t)
	status, _ := ask(t, http.DefaultClient, "GET", is.Origin()+"/", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie, Value: was.token}) })
	if status != http.StatusForbidden {
		t.Errorf("yesterday's token: %d", status)
	}
}

// TestPagesElsewhereAreRefused: even a browser that had the cookie could not be used by somebody's page.
func TestPagesElsewhereAreRefused(t *testing.T) {
	g, c := open(t), window(t)
	enter(t, c, g)
	for name, change := range map[string]func(*http.Request){
		"a page's origin":         func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"an opaque origin":        func(r *http.Request) { r.Header.Set("Origin", "null") },
		"another port":            func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"the origin over https":   func(r *http.Request) { r.Header.Set("Origin", "https://"+g.Host) },
		"a picture of a page":     func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a port of this machine":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"a rebound name":          func(r *http.Request) { r.Host = "evil.example" },
		"a rebound name and port": func(r *http.Request) { r.Host = "evil.example:" + strings.Split(g.Host, ":")[1] },
		"localhost":               func(r *http.Request) { r.Host = "localhost:" + strings.Split(g.Host, ":")[1] },
		"the host without a port": func(r *http.Request) { r.Host = strings.Split(g.Host, ":")[0] },
	} {
		if status, body := ask(t, c, "GET", g.Origin()+"/api/sync", change); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestTicketsAreForOne(t *testing.T) {
	g := open(t)
	used := g.Entrance("")
	if status, _ := ask(t, window(t), "GET", used, nil); status != 200 {
		t.Fatalf("a ticket: %d", status)
	}
	late := g.Entrance("")
	posted := g.Entrance("")
	for name, try := range map[string]func() (int, string){
		"a second time": func() (int, string) { return ask(t, window(t), "GET", used, nil) },
		"none":          func() (int, string) { return ask(t, window(t), "GET", g.Origin()+enterPath, nil) },
		"posted":        func() (int, string) { return ask(t, window(t), "POST", posted, nil) },
		"under its name": func() (int, string) {
			return ask(t, window(t), "GET", g.Entrance(""), func(r *http.Request) { r.Host = "evil.example" })
		},
	} {
		if status, _ := try(); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	g.mu.Lock()
	g.now = func() time.Time { return time.Now().Add(ticketLife + time.Second) }
	g.mu.Unlock()
	if status, _ := ask(t, window(t), "GET", late, nil); status != http.StatusForbidden {
		t.Errorf("after its minute: %d", status)
	}
}

func TestPlaceIsKeptWhereItIsFree(t *testing.T) {
	first := open(t)
	second, err := Open(t.Context(), first.Host, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if second.Host == first.Host {
		t.Error("two gates in one place")
	}
	first.Close()
	third, err := Open(t.Context(), first.Host, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if third.Host != first.Host {
		t.Errorf("%s, not %s as before: what the window keeps would be lost", third.Host, first.Host)
	}
}

// TestAddressOfItsOwn: what else listens on this machine is not sent the window's
// cookie, for it has another address; and nothing but loopback is ever listened on.
func TestAddressOfItsOwn(t *testing.T) {
	for _, want := range []string{"", "0.0.0.0:0", "192.0.2.1:80", "[::1]:0", "vault.example.com:80"} {
		g, err := Open(t.Context(), want, http.NotFoundHandler())
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if at := netip.MustParseAddrPort(g.Host).Addr(); !at.IsLoopback() || runtime.GOOS != "darwin" && at.String() == "127.0.0.1" {
			t.Errorf("wanted %q, listens on %s", want, g.Host)
		}
	}
	g, c := open(t), window(t)
	enter(t, c, g)
	stranger, err := url.Parse("http://127.0.0.1:" + strconv.Itoa(int(netip.MustParseAddrPort(g.Host).Port())))
	if err != nil {
		t.Fatal(err)
	}
	if sent := c.Jar.Cookies(stranger); runtime.GOOS != "darwin" && len(sent) != 0 {
		t.Errorf("127.0.0.1 is sent %v", sent)
	}
}

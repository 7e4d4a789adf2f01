// Package servertest runs whole nodes inside a test and speaks to them as a
// client would. It must not reach behind a door but where a test asks for the
// node itself. Invariant: what it starts ends with the test.
package servertest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strongroom/internal/config"
	"strongroom/internal/seal"
	"strongroom/internal/server"
	"strongroom/internal/store"
	"strongroom/internal/vault"
)

// Password is good enough for every account of a test.
const Password = "correct horse battery staple"

// Secret is the SECRET_KEY of nodes in tests.
const Secret = "a secret key for tests, 32 characters"

// Options returns those of a node on a new SQLite file, to be changed at will.
func Options(t testing.TB) server.Options {
	t.Helper()
	keys, err := seal.ParseKeys(seal.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	return server.Options{
		Settings: Settings(t, "SIGNUPS=open", "OUTBOUND=off"),
		Store:    store.Options{Source: store.Source{Kind: "sqlite", Path: filepath.Join(t.TempDir(), "strongroom.db")}, Keys: keys},
		Files:    filepath.Join(t.TempDir(), "files"), Icons: filepath.Join(t.TempDir(), "icons"), SecretKey: Secret, Names: vault.Names{Domain: "strongroom.localhost"},
		Version: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

// Settings are those of an environment that has no other variables.
func Settings(t testing.TB, environ ...string) *config.Config {
	t.Helper()
	c, err := config.Load(config.Options{Environ: append(environ, "DATA_DIR="+t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Node is a running node and a client of it.
type Node struct {
	*server.Node
	Client
}

// Start runs a node of o until the test ends.
func Start(t testing.TB, o server.Options) *Node {
	t.Helper()
	n, err := server.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(n.Handler)
	t.Cleanup(func() { s.Close(); n.Close() })
	return &Node{n, Client{t: t, URL: s.URL}}
}

// Client calls one server. Token is sent as the bearer; HTTP nil is the default client.
type Client struct {
	t     testing.TB
	URL   string
	Token string
	HTTP  *http.Client
}

// NewClient makes a client of a server that runs elsewhere.
func NewClient(t testing.TB, url string) Client { return Client{t: t, URL: url} }

// As returns the client with another token.
func (c Client) As(token string) Client { c.Token = token; return c }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	t      testing.TB
}

// Do sends body (a string as it is, url.Values as a form, anything else as JSON;
// nil for none) with headers given in pairs.
func (c Client) Do(method, path string, body any, headers ...string) *Answer {
	c.t.Helper()
	var r io.Reader
	ct := "application/json"
	switch b := body.(type) {
	case nil:
		ct = ""
	case string:
		r = strings.NewReader(b)
	case url.Values:
		r, ct = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	if strings.HasPrefix(path, "/") {
		path = c.URL + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if ct != "" {
		req.Header.Set("Content-Type", ct)
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	resp, err := h.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &Answer{resp.StatusCode, resp.Header, b, c.t}
}

// Want fails the test unless the status is one of these.
func (a *Answer) Want(status ...int) *Answer {
	a.t.Helper()
	for _, s := range status {
		if a.Status == s {
			return a
		}
	}
	a.t.Fatalf("answered %d, want %v: %s", a.Status, status, a.Body)
	return a
}

// JSON reads the body into v.
func (a *Answer) JSON(v any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
	return a
}

// Map reads the body as an object.
func (a *Answer) Map() (m map[string]any) {
	a.t.Helper()
	a.JSON(&m)
	return m
}

// Register makes an account through the REST door and returns its id.
func (c Client) Register(name string, more ...string) string {
	c.t.Helper()
	body := map[string]string{"username": name, "password": Password}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	id, _ := c.Do("POST", "/api/v1/register", body).Want(201).Map()["id"].(string)
	return id
}

// LogIn opens a session and returns the client that has it, and its refresh token.
func (c Client) LogIn(name string) (Client, string) {
	c.t.Helper()
	m := c.Do("POST", "/api/v1/token", url.Values{"username": {name}, "password": {Password}}).Want(200).Map()
	return c.As(m["access_token"].(string)), m["refresh_token"].(string)
}

// User registers name and signs in.
func (c Client) User(name string) Client {
	c.t.Helper()
	c.Register(name)
	in, _ := c.LogIn(name)
	return in
}

// Admin registers name with the setup code and signs in.
func (n *Node) Admin(name string) Client {
	n.t.Helper()
	code, err := n.Accounts.SetupCode(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	n.Register(name, "setup_code", code)
	in, _ := n.LogIn(name)
	return in
}

// Next is the path of the next page that an answer names, "" on the last.
func Next(a *Answer) string {
	link, _, ok := strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
	if !ok {
		return ""
	}
	return link
}

// Everything lists the ids of all passwords at the server of url, page by page.
func (c Client) Everything(url string) map[string]bool {
	c.t.Helper()
	c.URL = url
	ids := map[string]bool{}
	for path := "/api/v1/passwords"; path != ""; {
		a := c.Do("GET", path, nil).Want(200)
		var list []struct{ ID string }
		a.JSON(&list)
		for _, i := range list {
			ids[i.ID] = true
		}
		path = Next(a)
	}
	return ids
}

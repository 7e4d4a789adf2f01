package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/server/servertest"
	"strongroom/internal/telemetry"
)

// buffer is what several goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// watched is a node that logs all, measures and traces, and where that goes.
type watched struct {
	n           *servertest.Node
	log, traces *buffer
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{log: new(buffer), traces: new(buffer)}
	collector := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" {
			t.Errorf("traces came to %s", r.URL.Path)
		}
		io.Copy(w.traces, r.Body)
	}))
	t.Cleanup(collector.Close)
	o := servertest.Options(t)
	o.Settings = servertest.Settings(t, "SIGNUPS=open", "OUTBOUND=off", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	o.Log = slog.New(telemetry.Log(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o.Trusted = loopback
	w.n = servertest.Start(t, o)
	return w
}

// metrics is what Prometheus reads.
func (w *watched) metrics(t *testing.T) string {
	t.Helper()
	rec := httptest.NewRecorder()
	w.n.Telemetry.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("metrics: %d", rec.Code)
	}
	return rec.Body.String()
}

// TestTelemetry: routes by their patterns, one id in log and trace, a parent only
// from a trusted proxy, and numbers of the parts.
func TestTelemetry(t *testing.T) {
	w := newWatched(t)
	c := w.n.User("alice")
	c.Do("GET", "/api/v1/passwords/0b8f6a8e-6d4c-4f0e-8a56-1a3c1c0a7d55", nil, "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").Want(404)
	w.n.Do("GET", "/api/config", nil).Want(200)
	w.n.Do("GET", "/nothing/here", nil).Want(404)
	w.n.Do("BREW", "/healthz", nil).Want(405)
	if err := w.n.Jobs.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := w.metrics(t)
	for _, want := range []string{
		`strongroom_http_requests_total{method="GET",route="/api/v1/passwords/{id}",status="404"} 1`,
		`strongroom_http_requests_total{method="GET",route="/api/config",status="200"} 1`,
		`strongroom_http_requests_total{method="GET",route="/",status="404"} 1`,
		`strongroom_http_requests_total{method="other",`,
		`strongroom_http_request_seconds_count{method="POST",route="/api/v1/token"} 1`,
		`strongroom_job_runs_total{job="trash",state="done"} 1`,
		`strongroom_build_info{commit="",version="test"} 1`,
		"strongroom_live_connections 0", "strongroom_hashes_waiting 0", "strongroom_database_connections", "go_goroutines",
	} {
		if !strings.Contains(m, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	found := regexp.MustCompile(`"msg":"request","id":"[^"]+","method":"GET","route":"/api/v1/passwords/\{id\}","status":404[^}]*"trace_id":"0af7651916cd43dd8448eb211c80319c"`)
	if !found.MatchString(w.log.String()) {
		t.Errorf("the log does not name the trace:\n%s", w.log.String())
	}
	w.n.Close()
	for _, want := range []string{"GET /api/v1/passwords/{id}", "job trash", "strongroom.request_id"} {
		if !strings.Contains(w.traces.String(), want) {
			t.Errorf("the traces have no %s", want)
		}
	}
}

// TestTraceOfAStranger: who is no trusted proxy cannot choose the trace.
func TestTraceOfAStranger(t *testing.T) {
	w := newWatched(t)
	o := servertest.Options(t)
	o.Log, o.Trusted = slog.New(telemetry.Log(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))), nil
	servertest.Start(t, o).Do("GET", "/api/config", nil, "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").Want(200)
	if strings.Contains(w.log.String(), "0af7651916cd43dd8448eb211c80319c") {
		t.Error("a stranger's trace was taken")
	}
}

const planted = "Zq7Planted9xK"

// plantedBody fills a schema's members with markers; numbers and the like with what fits.
func plantedBody(doc *huma.OpenAPI, s *huma.Schema) any {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	switch s.Type {
	case "object":
		m := map[string]any{}
		for name, p := range s.Properties {
			m[name] = plantedBody(doc, p)
		}
		return m
	case "array":
		return []any{plantedBody(doc, s.Items)}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return planted
}

// everyRoute lists method, path and body of every route of both doors, and of what
// is no route.
func everyRoute(n *servertest.Node) (all [][2]string, bodies []any) {
	doc := n.REST.OpenAPI()
	ops := operations(doc)
	for _, route := range slices.Sorted(maps.Keys(ops)) {
		method, path, _ := strings.Cut(route, " ")
		var body any
		if rb := ops[route].RequestBody; rb != nil {
			for typ, m := range rb.Content {
				if typ == "application/json" {
					body = plantedBody(doc, m.Schema)
				} else if m.Schema != nil && len(m.Schema.Properties) > 0 {
					form := url.Values{}
					for name := range m.Schema.Properties {
						form.Set(name, planted)
					}
					form.Set("grant_type", "password")
					body = form
				}
			}
		}
		all, bodies = append(all, [2]string{method, "/api/v1" + path}), append(bodies, body)
	}
	members := map[string]any{}
	for _, name := range []string{"email", "newEmail", "name", "key", "token", "code", "otp", "masterPasswordHash", "newMasterPasswordHash", "masterPasswordHint", "password", "secret",
		"emailVerificationToken", "userSymmetricKey", "accessCode", "publicKey", "deviceIdentifier", "requestFingerprint", "fileName", "notes", "data"} {
		members[name] = planted
	}
	for _, r := range n.Bitwarden.Routes() {
		all, bodies = append(all, [2]string{r.Method, r.Path}), append(bodies, any(members))
	}
	all, bodies = append(all, [2]string{"POST", "/identity/connect/token"}), append(bodies, any(url.Values{"grant_type": {"password"}, "username": {planted}, "password": {planted}, "client_id": {"cli"},
		"scope": {"api offline_access"}, "deviceType": {"8"}, "deviceIdentifier": {planted}, "deviceName": {planted}}))
	return append(all, [2]string{"GET", "/nothing/{id}"}, [2]string{"POST", "/api/v1/nothing/{id}"}), append(bodies, nil, planted)
}

// TestSecretsNeverShow sends markers in every input of every route, as a stranger
// and as somebody who is signed in, and looks for them in all that the server says
// where others read: logs, metrics, traces, refusals.
func TestSecretsNeverShow(t *testing.T) {
	w := newWatched(t)
	alice, bob := w.n.Join("alice@example.com"), w.n.User("bob")
	all, bodies := everyRoute(w.n)
	if len(all) < 150 {
		t.Fatalf("only %d routes", len(all))
	}
	refused := 0
	param := regexp.MustCompile(`\{[^}]+\}|\*$`)
	for n, route := range all {
		for _, c := range []servertest.Client{w.n.As(planted), alice.Client, bob} {
			path := param.ReplaceAllString(route[1], planted) + "?x=" + planted
			for _, body := range []any{bodies[n], `{"broken": "` + planted} {
				if strings.HasSuffix(route[1], "/logout") {
					continue // the markers of later routes need the session
				}
				a := c.Do(route[0], path, body, "User-Agent", planted, "Cookie", "c="+planted, "Referer", "https://"+planted, "X-Request-Id", planted, "Device-Identifier", planted)
				if a.Status >= 400 {
					refused++
					if bytes.Contains(a.Body, []byte(planted)) {
						t.Errorf("%s %s refuses with what it was sent: %s", route[0], route[1], a.Body)
					}
				}
			}
		}
	}
	w.n.Jobs.All(t.Context())
	m := w.metrics(t)
	w.n.Close()
	for what, text := range map[string]string{"log": w.log.String(), "metrics": m, "traces": w.traces.String()} {
		if len(text) < 10_000 {
			t.Errorf("%d bytes of %s: the test looks at nothing", len(text), what)
		}
		for _, secret := range []string{planted, servertest.Password, servertest.Secret, alice.Account.AuthHash, bob.Token[:40], "alice@example.com"} {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("the %s show a secret: ...%s", what, text[max(0, at-200):min(len(text), at+60)])
			}
		}
		if what != "log" && strings.Contains(text, "127.0.0.1") {
			t.Errorf("the %s show an address", what)
		}
	}
	if refused < 300 {
		t.Errorf("only %d requests were refused", refused)
	}
	if n := strings.Count(m, "\nstrongroom_http_requests_total"); n > 4*len(all) {
		t.Errorf("%d series of requests", n)
	}
	var line map[string]any
	if first, _, _ := strings.Cut(w.log.String(), "\n"); json.Unmarshal([]byte(first), &line) != nil {
		t.Errorf("a log line is no JSON: %s", first)
	}
}

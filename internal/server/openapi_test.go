package server_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"strongroom/internal/fault"
	"strongroom/internal/server/servertest"
)

var update = flag.Bool("update", false, "rewrite the golden files and generated docs")

// golden holds got to a file; -update rewrites the file.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code makes; run make generate and read the difference (%v)", path, err)
	}
}

// TestGoldenOpenAPI: a change of the API shows as a change of this file.
func TestGoldenOpenAPI(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	a := n.Do("GET", "/api/v1/openapi.json", nil).Want(200)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, a.Body, "", " "); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/openapi.json", append(bytes.TrimSpace(pretty.Bytes()), '\n'))
}

// TestOpenAPIValidates asks another program whether the document is OpenAPI 3.1.
func TestOpenAPIValidates(t *testing.T) {
	python := os.Getenv("STRONGROOM_PYTHON")
	if python == "" {
		if os.Getenv("STRONGROOM_FULL_TESTS") != "" {
			t.Fatal("STRONGROOM_PYTHON is not set")
		}
		t.Skip("make test installs the validator")
	}
	out, err := exec.CommandContext(t.Context(), python, "-m", "openapi_spec_validator", "testdata/openapi.json").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("OK")) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestOpenAPIIsWhole: every operation has a summary, its errors as problem
// documents, and an example of what goes in and what comes out; every reference leads somewhere.
func TestOpenAPIIsWhole(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	doc := n.Do("GET", "/api/v1/openapi.json", nil).Want(200).Map()
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi %v", doc["openapi"])
	}
	for route, op := range operations(n.REST.OpenAPI()) {
		if op.Summary == "" || op.OperationID == "" || len(op.Tags) != 1 {
			t.Errorf("%s has no summary, id or tag", route)
		}
		problems := 0
		for status, r := range op.Responses {
			switch {
			case status[0] == '2':
				for typ, m := range r.Content {
					if m.Example == nil {
						t.Errorf("%s %s %s has no example", route, status, typ)
					}
				}
			case r.Content["application/problem+json"] != nil:
				problems++
			default:
				t.Errorf("%s %s is no problem document", route, status)
			}
		}
		if problems < 3 {
			t.Errorf("%s documents %d errors", route, problems)
		}
		if op.RequestBody != nil {
			for typ, m := range op.RequestBody.Content {
				if m.Example == nil {
					t.Errorf("%s takes %s without an example", route, typ)
				}
			}
		}
	}
	references(t, doc, doc)
}

func references(t *testing.T, doc map[string]any, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			at := any(doc)
			for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := at.(map[string]any)
				at = m[key]
			}
			if at == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
		for _, x := range v {
			references(t, doc, x)
		}
	case []any:
		for _, x := range v {
			references(t, doc, x)
		}
	}
}

// TestDocsPage: the page loads what this server has and nothing else.
func TestDocsPage(t *testing.T) {
	n := servertest.Start(t, servertest.Options(t))
	page := string(n.Do("GET", "/docs", nil).Want(200).Body)
	for _, path := range []string{"docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"} {
		if !strings.Contains(page, path) {
			t.Errorf("the page does not load %s", path)
		}
		a := n.Do("GET", "/"+path, nil, "Accept-Encoding", "identity").Want(200)
		if len(a.Body) < 100 || a.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d bytes, %s", path, len(a.Body), a.Header.Get("Content-Encoding"))
		}
	}
	if strings.Contains(page, "//") && strings.Contains(page, "http") {
		t.Errorf("the page names another host:\n%s", page)
	}
	n.Do("GET", "/docs/", nil).Want(200)
	n.Do("GET", "/docs/LICENSE", nil).Want(404)
	n.Do("GET", "/docs/..%2f..%2fgo.mod", nil).Want(404)
	if p := n.Do("GET", "/docs", nil).Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") {
		t.Errorf("policy %q", p)
	}
}

// TestDocsErrors holds docs/errors.md to the faults that the program defines.
func TestDocsErrors(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Errors\n\nMade from the code by `make generate`; a test holds it. `code` is stable; `type` is `urn:strongroom:error:` and the code.\nThe Bitwarden door names it in the header `Error-Code`.\n\n| code | kind | what it says |\n|---|---|---|\n")
	for _, f := range fault.All() {
		b.WriteString("| `" + f.Code + "` | " + f.Kind.String() + " | " + f.Message + " |\n")
	}
	golden(t, "../../docs/errors.md", []byte(b.String()))
}

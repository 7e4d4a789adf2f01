package single

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"strongroom/desktop/internal/testdir"
)

func TestSecondStartTellsTheFirst(t *testing.T) {
	dir, heard := testdir.New(t), make(chan []string, 1)
	f, err := Claim(t.Context(), dir, nil, func(args []string) { heard <- args })
	if err != nil || f == nil {
		t.Fatal(f, err)
	}
	second, err := Claim(t.Context(), dir, []string{"strongroom://generator"}, nil)
	if err != nil || second != nil {
		t.Fatalf("the second start: %v %v", second, err)
	}
	if args := <-heard; !slices.Equal(args, []string{"strongroom://generator"}) {
		t.Errorf("the first was told %q", args)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := Claim(t.Context(), dir, nil, nil)
	if err != nil || third == nil {
		t.Fatalf("after the first has ended: %v %v", third, err)
	}
	third.Close()
}

// TestStrangersTellNothing: who cannot read the folder cannot raise the window.
func TestStrangersTellNothing(t *testing.T) {
	dir := testdir.New(t)
	f, err := Claim(t.Context(), dir, nil, func(args []string) { t.Errorf("a stranger was heard: %q", args) })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := os.ReadFile(filepath.Join(dir, "desktop.at"))
	if err != nil {
		t.Fatal(err)
	}
	var at address
	if err := json.Unmarshal(b, &at); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request){
		"no token":       func(*http.Request) {},
		"a wrong token":  func(r *http.Request) { r.Header.Set("Strongroom-Start", strings.Repeat("A", len(at.Token))) },
		"a rebound name": func(r *http.Request) { r.Header.Set("Strongroom-Start", at.Token); r.Host = "evil.example" },
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+at.Address+"/", strings.NewReader(`["x"]`))
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

package personal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"strongroom/desktop/internal/testdir"
)

func open(t *testing.T, dir string) *Vault {
	t.Helper()
	v, err := Open(t.Context(), Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func setUp(t *testing.T, v *Vault) string {
	t.Helper()
	code, err := v.SetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func ask(t *testing.T, v *Vault, method, path, kind, token, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	v.Handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const (
	jsonKind = "application/json"
	formKind = "application/x-www-form-urlencoded"
	master   = "correct horse battery staple"
)

func signIn(t *testing.T, v *Vault) string {
	t.Helper()
	form := url.Values{"username": {"me@example.com"}, "password": {master}}
	status, out := ask(t, v, "POST", "/api/v1/token", formKind, "", form.Encode())
	if status != http.StatusOK {
		t.Fatalf("sign in: %d %s", status, out)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Token
}

// TestVaultIsMadeAndFoundAgain: the setup code makes the one account, and what was saved is there after a restart.
func TestVaultIsMadeAndFoundAgain(t *testing.T) {
	dir := filepath.Join(testdir.New(t), "vault")
	v := open(t, dir)
	code := setUp(t, v)
	if code == "" {
		t.Fatal("a new vault has no setup code")
	}
	form, _ := json.Marshal(map[string]string{"username": "me@example.com", "password": master, "setup_code": code})
	if status, out := ask(t, v, "POST", "/api/v1/register", jsonKind, "", string(form)); status >= 300 {
		t.Fatalf("register: %d %s", status, out)
	}
	other, _ := json.Marshal(map[string]string{"username": "you@example.com", "password": master})
	if status, _ := ask(t, v, "POST", "/api/v1/register", jsonKind, "", string(other)); status < 400 {
		t.Errorf("a second account by itself: %d", status)
	}
	token := signIn(t, v)
	if status, out := ask(t, v, "POST", "/api/v1/passwords", jsonKind, token, `{"service":"Bank","username":"me","password":"s3cret-kept"}`); status >= 300 {
		t.Fatalf("save: %d %s", status, out)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = open(t, dir)
	if setUp(t, v) != "" {
		t.Error("a vault with an account still has a setup code")
	}
	_, out := ask(t, v, "GET", "/api/v1/passwords", jsonKind, signIn(t, v), "")
	if !strings.Contains(out, "Bank") {
		t.Errorf("what was saved is gone: %s", out)
	}
}

// TestFolderIsOnesOwn: nobody else on the machine reads the keys, the database or the log.
func TestFolderIsOnesOwn(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // a profile's folder is its owner's there
	}
	dir := filepath.Join(testdir.New(t), "vault")
	open(t, dir)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := d.Info()
		if err == nil && (path == dir || d.Name() == ".env") && i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, i.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOneProgramAtATime(t *testing.T) {
	dir := testdir.New(t)
	open(t, dir)
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrOpen) {
		t.Errorf("opened twice: %v", err)
	}
}

// TestLostKeys: a database whose keys are gone is told of and left alone.
func TestLostKeys(t *testing.T) {
	dir := testdir.New(t)
	v := open(t, dir)
	v.Close()
	if err := os.Remove(filepath.Join(dir, ".env")); err != nil {
		t.Fatal(err)
	}
	if v, err := Open(t.Context(), Options{Dir: dir}); err == nil {
		v.Close()
		t.Error("a vault without its keys was opened")
	}
}

// TestEnvironmentOfAServerIsNotOurs: variables that are meant for a server on this machine do not move the vault.
func TestEnvironmentOfAServerIsNotOurs(t *testing.T) {
	t.Setenv("DATABASE_URL", "mysql://nobody@localhost/none")
	t.Setenv("SIGNUPS", "open")
	dir := testdir.New(t)
	open(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "strongroom.db")); err != nil {
		t.Error(err)
	}
}

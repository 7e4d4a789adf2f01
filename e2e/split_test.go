package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"strongroom/internal/seal"
)

// instance is one server as four processes on one database, and nginx in front of
// them with the configuration that we ship for that.
type instance struct {
	*site
	settings []string
	dir      string // nginx's certificates lie in tls below it
	parts    map[string]*process
}

// shares are the processes, and where the shipped configuration looks for each.
var shares = map[string]string{"identity": "8001", "api": "8002", "notifications,jobs": "8003", "web,rest": "8004"}

func newInstance(t *testing.T, kind string, settings ...string) *instance {
	t.Helper()
	return &instance{dir: t.TempDir(), settings: append(append(granted(t, kind, "--require-tls"), "FERNET_KEY="+seal.GenerateKey(), "SECRET_KEY="+strings.Repeat("s", 40),
		"FILES_DIR="+filepath.Join(t.TempDir(), "files"), "TRUSTED_PROXIES=127.0.0.1", "SIGNUPS=open", "OUTBOUND=off"), settings...)}
}

// start starts it behind an address.
func (i *instance) start(t *testing.T, address string) {
	t.Helper()
	i.parts = map[string]*process{}
	_, port, _ := strings.Cut(address, ":")
	at := map[string]string{}
	for only := range shares {
		at[only] = freeAddress(t) // it prints the address that people use
		own := append(slices.Clone(i.settings), "ONLY="+only, "LISTEN="+at[only], "PUBLIC_URL=https://localhost:"+port)
		i.parts[only] = serve(t, filepath.Join(t.TempDir(), "data"), own...)
	}
	i.site = startNginx(t, "services.conf", address, i.dir, func(conf string) string {
		for only, port := range shares {
			from := "{ server 127.0.0.1:" + port + " "
			if strings.Count(conf, from) != 1 {
				t.Fatalf("the shipped configuration has no %q", from)
			}
			conf = strings.Replace(conf, from, "{ server "+at[only]+" ", 1)
		}
		return conf
	})
}

// stop stops nginx, and the processes behind it.
func (i *instance) stop(t *testing.T) {
	t.Helper()
	i.end()
	for _, p := range i.parts {
		p.stop(t)
	}
}

// local is its address as browsers know it: by a name, as passkeys need one.
func (i *instance) local() string { return strings.Replace(i.URL, "127.0.0.1", "localhost", 1) }

// instances starts and stops such servers for specs that want one of their own: PUT
// with the settings, the folder and the port that one is to have, DELETE with the
// folder. It returns where it listens.
func instances(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	all := map[string]*instance{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var in struct {
			Env  map[string]string
			Data string
			Port int
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
			return
		}
		i := all[in.Data]
		if r.Method == http.MethodDelete {
			i.stop(t)
			return
		}
		if i == nil {
			i = newInstance(t, "mysql")
			i.dir = in.Data
			for name, value := range in.Env {
				i.settings = append(i.settings, name+"="+value) // the last of a name counts
			}
			all[in.Data] = i
		}
		i.start(t, "127.0.0.1:"+strconv.Itoa(in.Port))
		_, code, _ := strings.Cut(mustRun(t, t.TempDir(), "", i.settings, "init"), "Setup code ")
		code, _, _ = strings.Cut(strings.TrimSpace(code), "\n")
		if err := json.NewEncoder(w).Encode(map[string]string{"url": i.local(), "code": code}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

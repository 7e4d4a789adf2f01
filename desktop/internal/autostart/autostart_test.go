package autostart

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"strongroom/desktop/internal/testdir"
)

func TestOnAndOff(t *testing.T) {
	config := testdir.New(t)
	t.Setenv("XDG_CONFIG_HOME", config) // of Linux; in the registry of Windows the test cleans up after itself
	want := func(what string, on bool) {
		t.Helper()
		if is, err := Is(); err != nil || is != on {
			t.Errorf("%s: on is %v, %v", what, is, err)
		}
	}
	want("at first", false)
	if err := On(`/opt/a "b" 100%/strongroom-desktop`); err != nil {
		t.Fatal(err)
	}
	want("turned on", true)
	if runtime.GOOS == "linux" {
		b, err := os.ReadFile(filepath.Join(config, "autostart", "strongroom-desktop.desktop"))
		if err != nil || !strings.Contains(string(b), `Exec="/opt/a \\"b\\" 100%%/strongroom-desktop" --background`) {
			t.Errorf("%v\n%s", err, b)
		}
	}
	for range 2 {
		if err := Off(); err != nil {
			t.Fatal(err)
		}
	}
	want("turned off", false)
}

package keychain

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// TestSecretService is of a Secret Service itself, on a session bus of its own.
func TestSecretService(t *testing.T) {
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("STRONGROOM_FULL_TESTS") == "" {
			t.Skip(err)
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_DATA_HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("XDG_DATA_DIRS", home) // whatever could be started is not on this bus
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus(t, home))
	var k System
	if err := k.Usable(); err == nil {
		t.Error("it is usable before there is a Secret Service")
	}
	if _, err := k.Get("anybody"); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("without a Secret Service: %v", err)
	}
	ring := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", "--control-directory="+home)
	ring.Stdin = strings.NewReader("the keyring's own password")
	comes := owned(t)
	begin(t, ring)
	<-comes
	keeps(t)
}

// owned hears when a Secret Service is there.
func owned(t *testing.T) <-chan *dbus.Signal {
	t.Helper()
	c, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secrets)); err != nil {
		t.Fatal(err)
	}
	heard := make(chan *dbus.Signal, 8)
	own := make(chan *dbus.Signal, 8)
	c.Signal(heard)
	go func() {
		for s := range heard {
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				own <- s
			}
		}
		close(own)
	}()
	return own
}

// bus starts a session bus and returns its address.
func bus(t *testing.T, home string) string {
	t.Helper()
	conf := home + "/bus.conf"
	if err := os.WriteFile(conf, fmt.Appendf(nil, `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, home), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("dbus-daemon", "--config-file="+conf, "--nofork", "--print-address")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin(t, c)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// begin starts a program that ends with the test.
func begin(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
}

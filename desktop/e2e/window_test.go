// Package e2e drives the program with its window, as a person does: on a screen of
// its own, by keyboard.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

const (
	patience = time.Minute
	between  = 100 * time.Millisecond
	master   = "correct horse battery staple"
	site     = "https://bank.example/login"
	secret   = "Zq7-kept-in-the-window"
)

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(between) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// lines is what a program says, as it says it.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// desk is a screen with a window manager, a session bus and a person's home.
type desk struct {
	t       *testing.T
	home    string
	env     []string
	program string
}

// begin starts a background program that ends with the test.
func (d *desk) begin(out *lines, name string, args ...string) *exec.Cmd {
	d.t.Helper()
	c := exec.Command(name, args...)
	c.Env, c.Stdout, c.Stderr = d.env, out, out
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { c.Wait(); close(gone) }()
	d.t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			c.Process.Kill()
			<-gone
		}
	})
	return c
}

func (d *desk) do(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience) // the test's ends before its pictures are taken
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = d.env
	b, err := c.CombinedOutput()
	return string(b), err
}

func (d *desk) must(name string, args ...string) string {
	d.t.Helper()
	out, err := d.do(name, args...)
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, home: t.TempDir()}
	for _, kv := range os.Environ() {
		if k, _, _ := strings.Cut(kv, "="); k != "HOME" && k != "DISPLAY" && k != "WAYLAND_DISPLAY" && k != "DBUS_SESSION_BUS_ADDRESS" && !strings.HasPrefix(k, "XDG_") {
			d.env = append(d.env, kv)
		}
	}
	browser := "#!/bin/sh\necho \"$1\" >> '" + filepath.Join(d.home, "visited") + "'\n"
	if err := os.WriteFile(filepath.Join(d.home, "xdg-open"), []byte(browser), 0o700); err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "HOME="+d.home, "PATH="+d.home+":"+os.Getenv("PATH"), "XDG_RUNTIME_DIR="+t.TempDir(), "GTK_THEME=Adwaita", "NO_AT_BRIDGE=1")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		t.Fatal("scripts/prepare installs Xvfb: ", err)
	}
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	w.Close()
	b := make([]byte, 16)
	n, err := r.Read(b)
	if err != nil {
		t.Fatal("Xvfb names no display: ", err)
	}
	d.env = append(d.env, "DISPLAY=:"+strings.TrimSpace(string(b[:n])))
	bus := &lines{}
	d.begin(bus, "dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile")
	until(t, "the session bus", func() bool { return strings.Contains(bus.String(), "unix:") })
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+regexp.MustCompile(`unix:\S+`).FindString(bus.String()))
	d.begin(&lines{}, "openbox")
	d.program = filepath.Join(t.TempDir(), "strongroom-desktop")
	build := exec.Command("go", "build", "-tags", "desktop,production,webkit2_41", "-o", d.program, "strongroom/desktop")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return d
}

// start starts the program and waits for its window.
func (d *desk) start(args ...string) (*exec.Cmd, *lines) {
	d.t.Helper()
	out := &lines{}
	c := d.begin(out, d.program, append([]string{"--trace"}, args...)...)
	d.t.Cleanup(func() {
		if d.t.Failed() {
			d.picture("failed")
			d.t.Log(out)
		}
	})
	until(d.t, "a window", func() bool { return len(d.windows()) == 1 })
	return c, out
}

// windows are the program's, by id.
func (d *desk) windows() (ids []string) {
	list, _ := d.do("wmctrl", "-l")
	for line := range strings.SplitSeq(list, "\n") {
		if strings.HasSuffix(line, "Strongroom") {
			ids = append(ids, strings.Fields(line)[0])
		}
	}
	return ids
}

func (d *desk) active() string {
	out, _ := d.do("xdotool", "getactivewindow")
	n, _ := strconv.Atoi(strings.TrimSpace(out))
	return fmt.Sprintf("0x%08x", n)
}

func (d *desk) keys(keys ...string) {
	d.t.Helper()
	d.must("xdotool", append([]string{"key", "--clearmodifiers"}, keys...)...)
}

// typed types a text, and waits until it has arrived: keys are longer on their way
// to a page than the click that may come after them.
func (d *desk) typed(text string) {
	d.t.Helper()
	d.must("xdotool", "type", "--delay", "30", text)
	time.Sleep(2 * time.Second)
}

// picture keeps what is on the screen, where STRONGROOM_SCREENS says so.
func (d *desk) picture(name string) {
	dir := os.Getenv("STRONGROOM_SCREENS")
	if dir == "" {
		return
	}
	d.do("import", "-window", "root", filepath.Join(dir, "desktop-"+name+".png"))
}

// copied is what is on the clipboard.
func (d *desk) copied() string {
	out, err := d.do("timeout", "5", "xclip", "-selection", "clipboard", "-o")
	if err != nil {
		return ""
	}
	return out
}

// visit has the item's web site opened: it is the system's browser that gets it.
func (d *desk) visit() {
	d.t.Helper()
	d.click(1105, 242) // the button beside the address
	until(d.t, "the web site in the browser", func() bool {
		b, _ := os.ReadFile(filepath.Join(d.home, "visited"))
		return string(b) == site+"\n"
	})
}

// middle is what the middle button would paste.
func (d *desk) middle() string {
	out, err := d.do("timeout", "5", "xclip", "-selection", "primary", "-o")
	if err != nil {
		return ""
	}
	return out
}

func said(out *lines, what string) func() bool {
	return func() bool { return strings.Contains(out.String(), what) }
}

// TestWindow: a personal vault is made, an item saved and copied; the window is
// closed and opened again; a second start raises the first window and follows a link.
func TestWindow(t *testing.T) {
	if !full() {
		t.Log("this drives a window; make test runs it")
		return
	}
	d := newDesk(t)
	c, out := d.start()
	until(t, "the start page", said(out, "the start page is shown"))
	until(t, "the focus", func() bool { return d.active() == d.windows()[0] })
	time.Sleep(500 * time.Millisecond)
	d.picture("start")
	until(t, "a personal vault", func() bool {
		d.keys("Return")
		return strings.Contains(out.String(), "the personal vault is open")
	})
	until(t, "the setup page", said(out, "POST /desktop/shown"))
	d.setUp(out)
	d.save(out)
	d.copy(out)
	d.visit()

	d.must("xdotool", "windowminimize", d.windows()[0])
	until(t, "a window out of the way", func() bool { return d.active() != d.windows()[0] })
	if second, err := d.do(d.program, "strongroom://generator"); err != nil {
		t.Fatalf("a second start: %v\n%s", err, second)
	}
	until(t, "the first window in front", func() bool { return d.active() == d.windows()[0] })
	if n := len(d.windows()); n != 1 {
		t.Errorf("%d windows after a second start", n)
	}
	time.Sleep(time.Second)
	d.picture("generator")

	d.close(c)
	c, out = d.start()
	until(t, "the page that takes the password", said(out, "POST /desktop/shown"))
	t.Log("a start to an existing vault:\n" + out.String())
	d.logIn(out)
	d.copy(out)
	if d.middle() != "" {
		t.Error("what was copied is what the middle button pastes")
	}
	d.click(104, 696) // Lock
	until(t, "a clipboard without the password, in a program that runs on", func() bool { return d.copied() == "" })
	d.close(c)
}

// setUp makes the account. The setup code stands in its field already.
func (d *desk) setUp(out *lines) {
	time.Sleep(time.Second)
	d.picture("setup")
	d.keys("Tab", "Tab")
	d.typed("me@example.com")
	d.keys("Tab", "Tab")
	d.typed(master)
	d.keys("Tab", "Tab")
	d.typed(master)
	d.keys("Return")
	until(d.t, "an open vault", said(out, "GET /api/sync"))
}

func (d *desk) logIn(out *lines) {
	time.Sleep(time.Second)
	d.picture("login")
	d.keys("Tab", "Tab")
	d.typed("me@example.com")
	d.keys("Tab")
	d.typed(master)
	d.keys("Return")
	until(d.t, "an open vault", said(out, "GET /api/sync"))
}

// save makes an item: the link that leads there comes by way of a second start.
func (d *desk) save(out *lines) {
	d.t.Helper()
	d.must(d.program, "strongroom://vault/new")
	time.Sleep(time.Second)
	d.click(898, 204) // Name
	d.typed("Bank")
	d.keys("Tab", "Tab")
	d.typed("me@bank.example")
	d.keys("Tab", "Tab")
	d.typed(secret)
	d.picture("new")
	d.click(688, 726) // Add website
	time.Sleep(time.Second)
	d.click(749, 730) // its field
	d.typed(site)
	d.click(1145, 26) // Save
	until(d.t, "a saved item", said(out, "POST /api/ciphers"))
}

// copy copies the one item's password by its key, and finds it on the clipboard.
// The key goes again only when the page was not there yet: each copy takes the
// clipboard anew, under the hands of who reads it.
func (d *desk) copy(out *lines) {
	d.t.Helper()
	asked := func() int { return strings.Count(out.String(), "POST /desktop/copy") }
	before := asked()
	until(d.t, "the program is asked to copy", func() bool {
		d.click(400, 104) // the first row
		d.keys("p")
		return d.within(shortly, func() bool { return asked() > before })
	})
	until(d.t, "the password on the clipboard", func() bool { return d.copied() == secret })
	d.picture("vault")
}

// shortly is how long a page may take for a key before it is pressed again.
const shortly = 5 * time.Second

// within says whether something is so before a while has passed.
func (d *desk) within(while time.Duration, is func() bool) bool {
	for end := time.Now().Add(while); !is(); time.Sleep(between) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// click clicks into the window, whose size the program has chosen.
func (d *desk) click(x, y int) {
	d.t.Helper()
	d.must("xdotool", "mousemove", "--window", d.windows()[0], strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

// close closes the window as its button does.
func (d *desk) close(c *exec.Cmd) {
	d.t.Helper()
	d.must("wmctrl", "-i", "-c", d.windows()[0])
	until(d.t, "the program's end", func() bool { return errors.Is(c.Process.Signal(syscall.Signal(0)), os.ErrProcessDone) })
}

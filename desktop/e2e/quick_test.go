package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	hotkey = "ctrl+alt+space"
	// What no key of the layout gives stands beside what two give.
	spoken = "Zq7-ß€ñ ключ 🔑 \"quoted\" $HOME|~^`"
)

// TestQuickSearch: keys that work everywhere make the window small for one item; it
// is copied from or typed into the terminal that was active, and the window is
// where it was before.
func TestQuickSearch(t *testing.T) {
	if !full() {
		t.Log("this drives a window; make test runs it")
		return
	}
	d := newDesk(t)
	c, out := d.start()
	until(t, "the start page", said(out, "the start page is shown"))
	until(t, "the focus", func() bool { return d.active() == d.windows()[0] })
	until(t, "a personal vault", func() bool {
		d.keys("Return")
		return strings.Contains(out.String(), "the personal vault is open")
	})
	until(t, "the setup page", said(out, "POST /desktop/shown"))
	d.setUp(out)
	d.keep(out)
	was := d.place()

	into := d.terminal()
	d.find()
	d.typed("bank")
	d.answer(out, "POST /desktop/copy", "Return")
	until(t, "the password on the clipboard", func() bool { return d.copied() == spoken })
	until(t, "the terminal in front", func() bool { return d.active() == into.id })
	if now := d.place(); now != was {
		t.Errorf("the window is at %s, and was at %s", now, was)
	}

	d.find()
	d.keys("Escape")
	until(t, "the terminal after Escape", func() bool { return d.active() == into.id })
	d.find()
	d.keys(hotkey)
	until(t, "the terminal after the keys again", func() bool { return d.active() == into.id })

	minimised := func() bool {
		return strings.Contains(d.must("xprop", "-id", d.windows()[0], "WM_STATE"), "Iconic")
	}
	d.must("xdotool", "windowminimize", d.windows()[0])
	until(t, "a minimised window", minimised)
	d.must("xdotool", "windowactivate", "--sync", into.id)
	time.Sleep(500 * time.Millisecond) // the program hears of it, too
	d.find()
	d.typed("bank")
	if os.Getenv("STRONGROOM_SCREENS") != "" {
		time.Sleep(8 * time.Second) // until the messages about what was done before are gone
	}
	d.picture("quick")
	d.must("sh", "-c", "printf before | xclip -selection clipboard -i >/dev/null 2>&1")
	d.answer(out, "POST /desktop/type", "ctrl+Return")
	until(t, "what was typed", func() bool { return strings.Count(into.text(), "\n") >= 2 })
	if got, want := into.text(), "me@bänk.example\t"+spoken+"\n"; got != "first\n"+want {
		t.Errorf("typed was %q, not %q", got, want)
	}
	if got := d.copied(); got != "before" {
		t.Errorf("on the clipboard is %q", got)
	}
	until(t, "the window minimised, as it was", minimised)
	if left := strings.Count(d.must("xmodmap", "-pke"), "U1F511"); left != 0 {
		t.Errorf("%d keys are still lent", left)
	}

	// Locked, the password comes first.
	d.keys(hotkey)
	until(t, "the quick search", func() bool { return d.active() == d.windows()[0] })
	d.answer(out, "POST /desktop/shown", "ctrl+shift+l")
	time.Sleep(time.Second)
	d.typed(master)
	d.answer(out, "GET /notifications/hub", "Return")
	d.answer(out, "POST /desktop/copy", "Return")
	until(t, "the terminal after a copy", func() bool { return d.active() == into.id })
	d.close(c)
}

// keep makes the item that is searched for.
func (d *desk) keep(out *lines) {
	d.t.Helper()
	d.must(d.program, "strongroom://vault/new")
	time.Sleep(time.Second)
	d.click(898, 204) // Name
	d.typed("Bank")
	d.keys("Tab", "Tab")
	d.paste("me@bänk.example")
	d.keys("Tab", "Tab")
	d.paste(spoken)
	d.click(1145, 26) // Save
	until(d.t, "a saved item", said(out, "POST /api/ciphers"))
}

// paste puts in what xdotool cannot type.
func (d *desk) paste(text string) {
	d.t.Helper()
	d.must("sh", "-c", `printf %s "$1" | xclip -selection clipboard -i >/dev/null 2>&1`, "sh", text)
	d.keys("ctrl+v")
	time.Sleep(time.Second) // the page asks xclip for it
}

// answer presses a key until the page has asked for something because of it. Once
// the window has gone the key would go elsewhere.
func (d *desk) answer(out *lines, what, key string) {
	d.t.Helper()
	asked := func() int { return strings.Count(out.String(), what) }
	before := asked()
	until(d.t, what, func() bool {
		if d.active() == d.windows()[0] {
			d.keys(key)
		}
		return d.within(shortly, func() bool { return asked() > before })
	})
}

// find presses the keys until the quick search is there.
func (d *desk) find() {
	d.t.Helper()
	d.keys(hotkey)
	until(d.t, "the quick search", func() bool {
		return d.active() == d.windows()[0] && strings.Contains(d.place(), "680x420")
	})
	time.Sleep(500 * time.Millisecond)
}

// place is where the window is, and how large.
func (d *desk) place() string {
	d.t.Helper()
	out := strings.Fields(d.must("xdotool", "getwindowgeometry", d.windows()[0]))
	return out[3] + " " + out[len(out)-1]
}

// terminal is one that is active, whose program writes what is typed to a file.
type terminal struct {
	id, file string
	t        *testing.T
}

func (d *desk) terminal() terminal {
	d.t.Helper()
	file := filepath.Join(d.home, "typed")
	d.begin(&lines{}, "xterm", "-u8", "-title", "Elsewhere", "-e", "stty -echo; LC_ALL=C.UTF-8 cat > "+file)
	into := terminal{file: file, t: d.t}
	until(d.t, "a terminal", func() bool {
		for line := range strings.SplitSeq(d.must("wmctrl", "-l"), "\n") {
			if strings.HasSuffix(line, "Elsewhere") {
				into.id = strings.Fields(line)[0]
			}
		}
		return into.id != "" && d.active() == into.id
	})
	until(d.t, "its program", func() bool { _, err := os.Stat(file); return err == nil })
	d.typed("first\n")
	until(d.t, "what is typed in it", func() bool { return into.text() == "first\n" })
	return into
}

func (x terminal) text() string {
	b, err := os.ReadFile(x.file)
	if err != nil {
		x.t.Error(err)
	}
	return string(b)
}

// Command strongroom-desktop is the vault in a window of its own. It must hold no
// rule: what it shows is the web vault, what it asks is a node. Invariant: what can
// be tried without a window is in packages, where tests reach it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"strongroom/desktop/internal/app"
	"strongroom/desktop/internal/clip"
	"strongroom/desktop/internal/keychain"
	"strongroom/desktop/internal/scheme"
	"strongroom/desktop/internal/single"
	"strongroom/desktop/internal/state"
)

// version is set by the linker; what `go run` builds is "dev".
var version = "dev"

const usage = `strongroom-desktop [--data DIR] [--choose] [--background] [strongroom://PAGE]

The vault in a window: a server's, or one on this computer.

  --data DIR    where everything lies, instead of the user's own folder
  --choose      begin with the page where a vault is chosen
  --background  begin in the tray, where there is one
  --trace       say on standard error how long a start took
  register      have strongroom:// links opened by this program, for this user (Windows; its first start does it, too)
  unregister    undo it
  version       print the version
  selftest      try what needs no window, in an empty folder
`

func main() {
	began := time.Now()
	if err := run(os.Args[1:], began, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "strongroom-desktop:", err)
		os.Exit(1)
	}
}

func run(args []string, began time.Time, out, errs io.Writer) error {
	if len(args) > 0 && args[0] == scheme.Flag {
		args = scheme.Links(args)
	}
	dir := ""
	if n := slices.Index(args, "--data"); n >= 0 && n+1 < len(args) {
		dir, args = args[n+1], slices.Delete(slices.Clone(args), n, n+2)
	}
	for _, arg := range args {
		switch {
		case arg == "version":
			fmt.Fprintln(out, "strongroom-desktop", version)
			return nil
		case arg == "selftest":
			return selftest(out)
		case arg == "register" || arg == "unregister":
			return register(arg == "register")
		case arg == "--help" || arg == "-h":
			fmt.Fprint(out, usage)
			return nil
		case arg != "--choose" && arg != "--background" && arg != "--trace" && !strings.HasPrefix(arg, "strongroom://"):
			return fmt.Errorf("%q is not understood\n\n%s", arg, usage)
		}
	}
	if dir == "" {
		var err error
		if dir, err = home(); err != nil {
			return err
		}
		adopt()
	}
	return start(dir, args, began, errs)
}

// start claims the folder's place and shows the window, or has the program that has
// the place show its own.
func start(dir string, args []string, began time.Time, errs io.Writer) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	a := &app.App{Dir: dir, Version: version, Clip: &clip.Clip{}, Keychain: keychain.System{}}
	ready := make(chan struct{})
	first, err := single.Claim(ctx, dir, args, func(args []string) { <-ready; a.Follow(args) })
	if err != nil || first == nil {
		return err
	}
	defer first.Close() //nolint:errcheck // the program ends
	if a.State, err = state.Load(dir); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "desktop.json"), err)
	}
	if slices.Contains(args, "--trace") {
		log := log.New(errs, "", 0) // one line at a time
		a.Trace = func(what string) { log.Printf("%d ms: %s", time.Since(began).Milliseconds(), what) }
	}
	a.Begin(args)
	go a.Warm(ctx)
	defer a.Close() //nolint:errcheck // the program ends
	return show(ctx, a, slices.Contains(args, "--background"), func() { close(ready) })
}

// home is the user's own folder for what programs keep.
func home() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin":
		dir, err := os.UserCacheDir() // LocalAppData: what is here must not wander with a roaming profile
		if runtime.GOOS == "darwin" {
			dir, err = os.UserConfigDir()
		}
		return filepath.Join(dir, "Strongroom"), err
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) { //nolint:forbidigo // the XDG base directory specification
		return filepath.Join(dir, "strongroom"), nil
	}
	dir, err := os.UserHomeDir()
	return filepath.Join(dir, ".local", "share", "strongroom"), err
}

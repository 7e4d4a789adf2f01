// Command dist makes what people download: for each system an archive with the
// program, its licence and those of all that is in it, packages for Linux and
// Windows, a list of components (CycloneDX), and checksums. Two runs on one commit
// make the same bytes: dates come from the commit, names are sorted, and nothing of
// the machine gets in. It must be run in the project's root.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// release is one run.
type release struct {
	version, commit string
	date            time.Time // the commit's: whatever carries a date carries this
	out             string    // where the archives go
	work            string    // a folder for what goes into them
	nfpm            string    // the program; "" for no packages
	parts           []part    // what is in the programs, beside ourselves
	made            []string  // names of files in out
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var r release
	flag.StringVar(&r.out, "out", "dist", "where the archives go; files of the same names are replaced")
	flag.StringVar(&r.nfpm, "nfpm", "", "the nfpm program, for deb and rpm packages; without it none are made")
	flag.StringVar(&r.version, "version", "", "of what is made, instead of the commit's tag: for tests of upgrades")
	only := flag.String("targets", "", "only these, such as linux/amd64,windows/amd64")
	flag.Parse()
	if err := r.run(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func (r *release) run(ctx context.Context, only string) (err error) {
	targets, err := choose(only)
	if err != nil {
		return err
	}
	if err := r.identify(ctx); err != nil {
		return err
	}
	if r.work, err = os.MkdirTemp("", "strongroom-dist"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work) //nolint:errcheck // it lies among temporary files
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	if r.parts, err = inventory(ctx); err != nil {
		return err
	}
	notices, err := notices(r.parts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.work, noticesName), notices, 0o644); err != nil {
		return err
	}
	for _, t := range targets {
		if err := r.build(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if err := r.archive(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if err := r.packages(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	if err := r.sbom(); err != nil {
		return err
	}
	return r.sums()
}

// identify asks git what this is. -dirty says that it is not what was committed.
func (r *release) identify(ctx context.Context) error {
	for _, q := range []struct {
		to   *string
		args []string
	}{{&r.version, []string{"describe", "--tags", "--always", "--dirty"}}, {&r.commit, []string{"rev-parse", "--short=12", "HEAD"}}} {
		if *q.to != "" {
			continue
		}
		s, err := output(ctx, "git", q.args...)
		if err != nil {
			return err
		}
		*q.to = s
	}
	s, err := output(ctx, "git", "log", "-1", "--format=%cI")
	if err != nil {
		return err
	}
	d, err := time.Parse(time.RFC3339, s)
	r.date = d.UTC()
	return err
}

// output runs a command and returns what it printed, without the last line's end.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	b, err := cmd.Output()
	if err != nil {
		if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it bare
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(e.Stderr)))
		}
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(b), "\n"), nil
}

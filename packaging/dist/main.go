// Command dist makes what people download: for each system an archive with the
// program, its licence and those of all that is in it, packages for Linux and
// Windows, a list of components (CycloneDX) of each program, and checksums. Two runs
// on one commit make the same bytes: dates come from the commit, names are sorted,
// and nothing of the machine gets in. It must be run in the project's root.
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
	made            []string  // names of files in out
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var r release
	flag.StringVar(&r.out, "out", "dist", "where the archives go; files of the same names are replaced")
	flag.StringVar(&r.nfpm, "nfpm", "", "the nfpm program, for deb and rpm packages; without it none are made")
	flag.StringVar(&r.version, "version", "", "of what is made, instead of the commit's tag: for tests of upgrades")
	programs := flag.String("programs", "strongroom", "which programs: strongroom, strongroom-desktop or both, with a comma")
	only := flag.String("targets", "", "only these, such as linux/amd64,windows/amd64")
	flag.Parse()
	if err := r.run(ctx, *only, *programs); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func (r *release) run(ctx context.Context, only, programs string) (err error) {
	targets, err := choose(only)
	if err != nil {
		return err
	}
	products, err := named(programs)
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
	for _, p := range products {
		if err := r.make(ctx, p, targets); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return r.sums()
}

// make makes everything of one product.
func (r *release) make(ctx context.Context, p *product, targets []target) (err error) {
	if p.parts, err = inventory(ctx, p); err != nil {
		return err
	}
	notices, err := notices(p.parts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.notices(p)), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(r.notices(p), notices, 0o644); err != nil {
		return err
	}
	if p.prepare != nil {
		if err := p.prepare(ctx, r); err != nil {
			return err
		}
	}
	for _, t := range targets {
		if !p.has(t) {
			continue
		}
		if lacks := p.lacks(ctx, t); lacks != "" {
			fmt.Fprintf(os.Stderr, "dist: no %s for %s: %s\n", p.name, t, lacks)
			continue
		}
		for _, step := range []func() error{
			func() error { return r.build(ctx, p, t) },
			func() error { return r.archive(p, t) },
			func() error { return r.packages(ctx, p, t) },
		} {
			if err := step(); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
	}
	return r.sbom(p)
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

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// packages makes what a target's system installs by itself: deb and rpm, or MSI.
func (r *release) packages(ctx context.Context, p *product, t target) error {
	switch {
	case r.nfpm == "":
		return nil
	case t.OS == "linux":
		for _, kind := range []string{"deb", "rpm"} {
			if err := r.nfpmPackage(ctx, p, t, kind); err != nil {
				return err
			}
		}
	case t.OS == "windows" && t.Arch == "amd64": // Debian's wixl knows no arm64
		return r.msi(ctx, p, t)
	}
	return nil
}

var numbered = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)(.*)$`)

// numbers is the version as packages need it: digits first. A build of no tag is
// older than any release. rest is what follows them.
func (r *release) numbers() (number, rest string) {
	if m := numbered.FindStringSubmatch(r.version); m != nil {
		return m[1], strings.ReplaceAll(strings.TrimPrefix(m[2], "-"), "-", ".")
	}
	return "0.0.0", "git." + strings.ReplaceAll(r.version, "-", ".")
}

func (r *release) nfpmPackage(ctx context.Context, p *product, t target, kind string) error {
	arch := t.Arch
	if t.ARM != "" {
		arch += t.ARM
	}
	version, rest := r.numbers()
	if rest != "" {
		version += "+" + rest
	}
	template, err := os.ReadFile(p.template)
	if err != nil {
		return err
	}
	conf := filepath.Join(r.work, "nfpm.yaml")
	with := map[string]string{"ARCH": arch, "VERSION": version, "DATE": r.date.Format(time.RFC3339), "BINARY": r.binary(p, t), "NOTICES": r.notices(p)}
	maps.Copy(with, p.fill(r))
	text := os.Expand(string(template), func(name string) string { return with[name] })
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	name := r.name(p, t) + "." + kind
	return r.tool(ctx, "", name, r.nfpm, "package", "--config", conf, "--packager", kind, "--target", filepath.Join(r.out, name))
}

// msi makes the installer. A product's id changes with its version: that is how
// Windows tells an upgrade from a repair.
func (r *release) msi(ctx context.Context, p *product, t target) error {
	version, _ := r.numbers()
	id := sha256.Sum256([]byte(p.name + " msi " + r.version + " " + r.commit))
	sources := p.msi(r)
	name, stage := r.name(p, t)+".msi", filepath.Join(r.work, p.name, "msi")
	for _, from := range append([]string{r.binary(p, t), r.notices(p), "LICENSE"}, sources...) {
		if err := r.stage(from, stage); err != nil {
			return err
		}
	}
	out, err := filepath.Abs(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	// wixl finds files beside its source only.
	if err := r.tool(ctx, stage, name, "wixl", "--arch", "x64", "-D", "Version="+version, "-D", "Product="+guid(id[:]), "-o", out, filepath.Base(sources[0])); err != nil {
		return err
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if err := settle(b, "{"+guid(id[16:])+"}", r.date); err != nil {
		return err
	}
	return os.WriteFile(out, b, 0o644)
}

func guid(b []byte) string {
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// stage copies a file into dir, with the commit's date, which goes into the cabinet.
func (r *release) stage(from, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	to := filepath.Join(dir, filepath.Base(from))
	if err := os.WriteFile(to, b, 0o644); err != nil {
		return err
	}
	return os.Chtimes(to, r.date, r.date)
}

// tool runs a program in dir that makes a file of out, with the commit's date for a clock.
func (r *release) tool(ctx context.Context, dir, made, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.date.Unix()))
	cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s for %s: %w", filepath.Base(name), made, err)
	}
	r.made = append(r.made, made)
	return nil
}

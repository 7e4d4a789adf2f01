package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// target is a system and a processor.
type target struct{ OS, Arch, ARM string }

// targets is what is published.
var targets = []target{
	{OS: "darwin", Arch: "amd64"}, {OS: "darwin", Arch: "arm64"},
	{OS: "freebsd", Arch: "amd64"},
	{OS: "linux", Arch: "amd64"}, {OS: "linux", Arch: "arm64"}, {OS: "linux", Arch: "arm", ARM: "7"},
	{OS: "windows", Arch: "amd64"}, {OS: "windows", Arch: "arm64"},
}

func (t target) String() string { return t.OS + "/" + t.Arch + t.v() }

func (t target) v() string {
	if t.ARM == "" {
		return ""
	}
	return "v" + t.ARM
}

// program is the name of the program there.
func (p *product) program(t target) string {
	if t.OS == "windows" {
		return p.name + ".exe"
	}
	return p.name
}

// choose returns the targets that only names, or all.
func choose(only string) (chosen []target, err error) {
	if only == "" {
		return targets, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		n := slices.IndexFunc(targets, func(t target) bool { return t.String() == name })
		if n < 0 {
			return nil, fmt.Errorf("no target %q; there are %v", name, targets)
		}
		chosen = append(chosen, targets[n])
	}
	return chosen, nil
}

// name is what everything about a product's target is called.
func (r *release) name(p *product, t target) string {
	return p.name + "-" + r.version + "-" + t.OS + "-" + t.Arch + t.v()
}

// binary is where build leaves the program.
func (r *release) binary(p *product, t target) string {
	return filepath.Join(r.work, r.name(p, t), p.program(t))
}

func (r *release) build(ctx context.Context, p *product, t target) error {
	ld := "-s -w -buildid= " + p.linked(r, t)
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", ld, "-o", r.binary(p, t)}, p.pkg(t)...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = p.module, append(cmd.Environ(), p.env(t)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

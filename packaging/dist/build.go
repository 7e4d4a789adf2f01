package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
func (t target) program() string {
	if t.OS == "windows" {
		return "strongroom.exe"
	}
	return "strongroom"
}

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

// name is what everything about a target is called.
func (r *release) name(t target) string {
	return "strongroom-" + r.version + "-" + t.OS + "-" + t.Arch + t.v()
}

// binary is where build leaves the program.
func (r *release) binary(t target) string { return filepath.Join(r.work, r.name(t), t.program()) }

func (r *release) build(ctx context.Context, t target) error {
	const pkg = "strongroom/internal/cli."
	ld := "-s -w -buildid= -X " + pkg + "version=" + r.version + " -X " + pkg + "commit=" + r.commit + " -X " + pkg + "date=" + r.date.Format(time.RFC3339)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", ld, "-o", r.binary(t), "./cmd/strongroom")
	cmd.Env = append(cmd.Environ(), t.env()...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

func (t target) env() []string {
	return []string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=" + t.OS, "GOARCH=" + t.Arch, "GOARM=" + t.ARM}
}

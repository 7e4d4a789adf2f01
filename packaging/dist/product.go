package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// product is one of the programs that people download, with a module of its own.
type product struct {
	name     string // of the program, its archives and packages
	module   string // the folder of its go.mod
	targets  []target
	template string // what nfpm makes its packages of

	pkg     func(t target) []string                     // what is built, with its tags
	linked  func(r *release, t target) string           // what the linker is told
	files   func(t target) ([]entry, error)             // what an archive has beside the program, its licences and README
	msi     func(r *release) []string                   // what the installer of Windows is made of, its .wxs first
	fill    func(r *release) map[string]string          // what the template asks for beside what all have
	prepare func(ctx context.Context, r *release) error // what packages are made of; may be nil
	cgo     func(t target) bool                         // whether the program is linked with the system's own libraries
	parts   []part                                      // what is in it, beside ourselves
}

// named returns the products of some names.
func named(names string) (all []*product, err error) {
	for name := range strings.SplitSeq(names, ",") {
		switch name {
		case "strongroom":
			all = append(all, server())
		case "strongroom-desktop":
			all = append(all, desktop())
		default:
			return nil, fmt.Errorf("no program %q; there are strongroom and strongroom-desktop", name)
		}
	}
	return all, nil
}

// env is the environment in which a target's program is built and listed.
func (p *product) env(t target) []string {
	cgo := "0"
	if p.cgo(t) {
		cgo = "1"
	}
	return []string{"CGO_ENABLED=" + cgo, "GOFLAGS=", "GOOS=" + t.OS, "GOARCH=" + t.Arch, "GOARM=" + t.ARM}
}

// has reports whether there is a program for a target at all.
func (p *product) has(t target) bool { return slices.Contains(p.targets, t) }

// notices is the file with the licences of all that is in the program.
func (r *release) notices(p *product) string { return filepath.Join(r.work, p.name, noticesName) }

// server is the vault's server, with its commands.
func server() *product {
	return &product{
		name: "strongroom", module: ".", targets: targets, template: "packaging/linux/nfpm.yaml",
		pkg: func(target) []string { return []string{"./cmd/strongroom"} },
		linked: func(r *release, _ target) string {
			const pkg = "strongroom/internal/cli."
			return "-X " + pkg + "version=" + r.version + " -X " + pkg + "commit=" + r.commit + " -X " + pkg + "date=" + r.date.Format(time.RFC3339)
		},
		files: serverFiles,
		msi: func(*release) []string {
			return []string{"packaging/windows/strongroom.wxs", "docs/windows.md", "packaging/windows/start_server.bat"}
		},
		fill: func(*release) map[string]string { return nil },
		cgo:  func(target) bool { return false },
	}
}

func serverFiles(t target) (all []entry, err error) {
	docs, err := filepath.Glob("docs/*.md")
	for _, d := range docs {
		all = append(all, entry{filepath.ToSlash(d), d, 0o644})
	}
	switch t.OS {
	case "windows":
		all = append(all, entry{"start_server.bat", "packaging/windows/start_server.bat", 0o644})
	case "linux":
		all = append(all, entry{"strongroom.service", "packaging/systemd/strongroom.service", 0o644})
	}
	return all, err
}

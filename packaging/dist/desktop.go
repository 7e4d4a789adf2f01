package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// desktop is the program with a window, a module of its own.
func desktop() *product {
	return &product{
		name: "strongroom-desktop", module: "desktop", template: "packaging/desktop/nfpm.yaml",
		targets: []target{{OS: "linux", Arch: "amd64"}, {OS: "linux", Arch: "arm64"}, {OS: "windows", Arch: "amd64"}, {OS: "windows", Arch: "arm64"}},
		pkg: func(t target) []string {
			tags := "desktop,production"
			if t.OS == "linux" {
				tags += ",webkit2_41"
			}
			return []string{"-tags", tags, "."}
		},
		linked: func(r *release, t target) string {
			ld := "-X main.version=" + r.version
			if t.OS == "windows" {
				ld += " -H windowsgui"
			}
			return ld
		},
		files: desktopFiles,
		msi: func(r *release) []string {
			return []string{"packaging/desktop/strongroom-desktop.wxs", "docs/desktop.md", filepath.Join(r.drawn(), "icon.ico")}
		},
		fill: icons, prepare: draw,
		cgo: func(t target) bool { return t.OS == "linux" },
	}
}

func desktopFiles(t target) ([]entry, error) {
	all := []entry{{"docs/desktop.md", "docs/desktop.md", 0o644}}
	if t.OS == "linux" {
		all = append(all, entry{"strongroom-desktop.desktop", "packaging/desktop/strongroom-desktop.desktop", 0o644},
			entry{"strongroom-desktop.svg", "web/public/icon.svg", 0o644})
	}
	return all, nil
}

// lacks says what the machine lacks for building a target, "" if nothing: a window
// on Linux is linked with GTK and WebKit, as this machine has them for itself.
func (p *product) lacks(ctx context.Context, t target) string {
	if !p.cgo(t) {
		return ""
	}
	if t.OS != runtime.GOOS || t.Arch != runtime.GOARCH {
		return "it is built on such a machine only"
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		return "there is no C compiler (gcc)"
	}
	if err := exec.CommandContext(ctx, "pkg-config", "--exists", "gtk+-3.0", "webkit2gtk-4.1").Run(); err != nil {
		return "libgtk-3-dev and libwebkit2gtk-4.1-dev are not there"
	}
	return ""
}

// drawn is where draw puts the icon.
func (r *release) drawn() string { return filepath.Join(r.work, "icons") }

// draw has the program's own code draw its icon, so that there is no copy to go stale.
func draw(ctx context.Context, r *release) error {
	if err := os.MkdirAll(r.drawn(), 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", "./internal/icon/write", r.drawn())
	cmd.Dir, cmd.Stderr = "desktop", os.Stderr
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	return cmd.Run()
}

// icons are nfpm's lines for the icon in each of its sizes.
func icons(r *release) map[string]string {
	files, err := filepath.Glob(filepath.Join(r.drawn(), "*.png"))
	if err != nil {
		panic(err) // the pattern is ours
	}
	var lines []string
	for _, f := range files {
		size := strings.TrimSuffix(filepath.Base(f), ".png")
		lines = append(lines, fmt.Sprintf("  - src: %s\n    dst: /usr/share/icons/hicolor/%[2]sx%[2]s/apps/strongroom-desktop.png\n    file_info: {mode: 0644}", f, size))
	}
	return map[string]string{"ICONS": strings.Join(lines, "\n")}
}

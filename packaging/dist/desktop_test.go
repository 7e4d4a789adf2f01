package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"debug/pe"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const desktopFile = "usr/share/applications/strongroom-desktop.desktop"

// window looks at what is made of the desktop program.
func window(t *testing.T, out string) {
	t.Run("sbom", func(t *testing.T) { components(t, out, "strongroom-desktop") })
	t.Run("deb", func(t *testing.T) { debian(t, only(t, out, "strongroom-desktop-*.deb")) })
	t.Run("rpm", func(t *testing.T) { sameFiles(t, out) })
	t.Run("libraries", func(t *testing.T) {
		libraries(t, extract(t, out, "strongroom-desktop"), only(t, out, "strongroom-desktop-*.deb"))
	})
	t.Run("windows", func(t *testing.T) { forWindows(t, only(t, out, "strongroom-desktop-*.zip")) })
}

// run runs a tool that must succeed and returns what it said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	b, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, b)
	}
	return string(b)
}

// debian installs the package with dpkg beside this machine's own: what it depends on
// is looked for among the packages that are here, its files land in an empty root.
func debian(t *testing.T, deb string) {
	root := t.TempDir()
	db := filepath.Join(root, "var/lib/dpkg")
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(db, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "cp", "/var/lib/dpkg/status", db)
	dpkg := []string{"--root=" + root, "--force-not-root", "--log=/dev/null"}
	run(t, "dpkg", append(dpkg, "-i", deb)...)
	if s := run(t, "dpkg-query", "--admindir="+db, "-W", "-f", "${Status}", "strongroom-desktop"); s != "install ok installed" {
		t.Errorf("dpkg says %q", s)
	}
	launcher(t, root)
	program := filepath.Join(root, "usr/bin/strongroom-desktop")
	if s := run(t, program, "version"); s != "strongroom-desktop "+strings.TrimSuffix(strings.TrimPrefix(filepath.Base(deb), "strongroom-desktop-"), "-linux-amd64.deb")+"\n" {
		t.Errorf("%s says %q", filepath.Base(deb), s)
	}
	if s := run(t, program, "selftest"); !strings.HasSuffix(s, "all is well\n") {
		t.Errorf("selftest:\n%s", s)
	}
	run(t, "dpkg", append(dpkg, "-r", "strongroom-desktop")...)
	if left := run(t, "find", filepath.Join(root, "usr"), "-name", "*strongroom*"); left != "" {
		t.Errorf("removing it left\n%s", left)
	}
}

// launcher has the tools of desktops judge what the package tells them, and asks who
// opens strongroom:// links.
func launcher(t *testing.T, root string) {
	run(t, "desktop-file-validate", filepath.Join(root, desktopFile))
	run(t, "appstreamcli", "validate", "--no-net", filepath.Join(root, "usr/share/metainfo/invalid.strongroom.desktop.metainfo.xml"))
	run(t, "appstreamcli", "validate-tree", "--no-net", root) // whether it and the launcher are of one another
	share := filepath.Join(root, "usr/share")
	run(t, "update-desktop-database", filepath.Join(share, "applications"))
	ask := exec.Command("xdg-mime", "query", "default", "x-scheme-handler/strongroom")
	ask.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "XDG_DATA_DIRS=" + share}
	if b, err := ask.CombinedOutput(); err != nil || string(b) != "strongroom-desktop.desktop\n" {
		t.Errorf("links are opened by %q, %v", b, err)
	}
	for _, size := range []int{16, 24, 32, 48, 64, 128, 256, 512} {
		b, err := os.ReadFile(filepath.Join(share, fmt.Sprintf("icons/hicolor/%[1]dx%[1]d/apps/strongroom-desktop.png", size)))
		if err != nil {
			t.Error(err)
			continue
		}
		if c, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != size || c.Height != size {
			t.Errorf("the icon of %d: %+v, %v", size, c, err)
		}
	}
	if _, err := os.Stat(filepath.Join(share, "icons/hicolor/scalable/apps/strongroom-desktop.svg")); err != nil {
		t.Error(err)
	}
}

// sameFiles holds the rpm's files to the deb's.
func sameFiles(t *testing.T, out string) {
	list := func(command, file string) (files []string) {
		for name := range strings.Lines(run(t, "bash", "-c", strings.ReplaceAll(command, "FILE", file))) {
			if name = strings.Trim(name, "./\n"); !strings.HasSuffix(name, "/") && strings.HasPrefix(name, "usr/") {
				files = append(files, name)
			}
		}
		slices.Sort(files)
		return files
	}
	deb := list("dpkg-deb --fsys-tarfile FILE | tar -t | grep -v '/$'", only(t, out, "strongroom-desktop-*.deb"))
	rpm := list("rpm2cpio FILE | cpio -t --quiet", only(t, out, "strongroom-desktop-*.rpm")) // Debian's ends with 1 after a whole archive
	if !slices.Equal(deb, rpm) || len(deb) < 14 || !slices.Contains(deb, "usr/share/doc/strongroom-desktop/"+noticesName) {
		t.Errorf("the deb has %q\nthe rpm has %q", deb, rpm)
	}
}

// libraries holds the package's dependencies to what the program is linked with.
func libraries(t *testing.T, program, deb string) {
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil || len(needed) < 5 {
		t.Fatal(needed, err)
	}
	depends := run(t, "dpkg-deb", "-f", deb, "Depends")
	var named []string
	for dep := range strings.SplitSeq(depends, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(dep), " ")
		named = append(named, name)
	}
	args := []string{"-S"}
	for _, lib := range needed {
		args = append(args, "*/"+lib)
	}
	found := strings.Split(strings.TrimSpace(run(t, "dpkg", args...)), "\n")
	if len(found) < len(needed) {
		t.Errorf("of %q these are in packages: %q", needed, found)
	}
	for _, line := range found {
		if owner, _, _ := strings.Cut(line, ":"); !slices.Contains(named, owner) {
			t.Errorf("%s, which is not in %q", line, depends)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`libc6 \(>= 2\.(\d+)\)`).FindStringSubmatch(depends)
	if at == nil {
		t.Fatalf("no version of glibc in %q", depends)
	}
	for _, s := range symbols {
		if minor, ok := strings.CutPrefix(s.Version, "GLIBC_2."); ok && number(t, minor) > number(t, at[1]) {
			t.Errorf("%s wants %s, and the package asks for 2.%s", s.Name, s.Version, at[1])
		}
	}
}

// number is what stands before the first dot.
func number(t *testing.T, s string) int {
	t.Helper()
	s, _, _ = strings.Cut(s, ".")
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// forWindows looks into the archive: a program that opens no console, and what goes with it.
func forWindows(t *testing.T, file string) {
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var got []string
	for _, f := range z.File {
		_, name, _ := strings.Cut(f.Name, "/")
		got = append(got, name)
		if name != "strongroom-desktop.exe" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		p, err := pe.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := p.OptionalHeader.(*pe.OptionalHeader64); !ok || h.Subsystem != pe.IMAGE_SUBSYSTEM_WINDOWS_GUI {
			t.Errorf("%T", p.OptionalHeader)
		}
	}
	if want := []string{"LICENSE", "README.md", "SECURITY.md", noticesName, "docs/desktop.md", "strongroom-desktop.exe"}; !slices.Equal(got, want) {
		t.Errorf("made of %q", got)
	}
}

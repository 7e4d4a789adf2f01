package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// needsFull skips in the quick loop what builds the program.
func needsFull(t *testing.T) {
	t.Helper()
	if os.Getenv("STRONGROOM_FULL_TESTS") == "" {
		t.Skip("`make test` builds what is published")
	}
}

// here makes a release out of this tree, as `make dist` does.
func here(t *testing.T, root, targets string) (out string) {
	t.Helper()
	out = t.TempDir()
	nfpm, err := filepath.Abs("../../.tools/bin/nfpm")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./packaging/dist", "-programs", "strongroom,strongroom-desktop", "-targets", targets, "-nfpm", nfpm, "-out", out)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "TZ=Pacific/Chatham") // another clock's time zone changes nothing
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

// TestReproducible makes the same release in two folders, at two times, and
// compares every byte; then it looks at what is in it. Two systems are built here; with
// STRONGROOM_DIST=all it is all of them, the second time with nothing that the first compiled
// (a quarter of an hour; the tree must not change meanwhile). On 25 November 2026, before the desktop program, two folders
// with a cache each gave the same 17 files, in time zones twelve hours apart.
func TestReproducible(t *testing.T) {
	needsFull(t)
	copied := filepath.Join(t.TempDir(), "elsewhere")
	if out, err := exec.Command("bash", "-c", `set -e
		cp -r "$(git rev-parse --git-common-dir)" `+copied+`.git && git clone -q --no-checkout `+copied+`.git `+copied+` && cd ../.. && git -C `+copied+` reset -q --soft "$(git rev-parse HEAD)"
		git ls-files -co --exclude-standard -z | tar -c --null -T - | tar -x -C `+copied+`; cp -r web/dist/. `+copied+`/web/dist/
		if [ -d web/node_modules ]; then ln -s "$PWD/web/node_modules" `+copied+`/web/node_modules; fi; git -C `+copied+` reset -q`).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	some, count, everything := "linux/amd64,windows/amd64", 13, os.Getenv("STRONGROOM_DIST") == "all"
	if everything {
		some, count = "", 24 // 8 archives and 3 of the desktop, 4 deb, 4 rpm, two MSI, two lists of components, the checksums
	}
	one := here(t, "../..", some)
	if everything {
		t.Setenv("GOCACHE", t.TempDir())
	}
	two, all := here(t, copied, some), names(t, one)
	if got := names(t, two); !slices.Equal(all, got) || len(all) != count {
		t.Fatalf("made %v and %v", all, got)
	}
	for _, name := range all {
		a, err := os.ReadFile(filepath.Join(one, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(two, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two builds", name)
		}
	}
	check := exec.Command("sha256sum", "-c", "SHA256SUMS")
	check.Dir = one
	if b, err := check.CombinedOutput(); err != nil || strings.Count(string(b), ": OK\n") != count-1 {
		t.Errorf("%v\n%s", err, b)
	}
	if everything {
		t.Logf("%d files are the same: %v", len(all), all)
		return
	}
	t.Run("archive", func(t *testing.T) { archive(t, one) })
	t.Run("sbom", func(t *testing.T) { components(t, one, "strongroom") })
	t.Run("msi", func(t *testing.T) { sequence(t, one) })
	t.Run("deb", func(t *testing.T) { installed(t, one, "deb") })
	t.Run("rpm", func(t *testing.T) { installed(t, one, "rpm") })
	t.Run("desktop", func(t *testing.T) { window(t, one) })
}

// only returns the one file of dir that matches; of the desktop program if the
// pattern names it.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	const desktop = "strongroom-desktop-"
	found = slices.DeleteFunc(found, func(f string) bool {
		return strings.HasPrefix(filepath.Base(f), desktop) != strings.HasPrefix(pattern, desktop)
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// archive unpacks what people download for Linux, runs it, and holds the version
// it prints to the one that its API tells.
func archive(t *testing.T, out string) {
	z, err := os.Open(only(t, out, "*.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	g, err := gzip.NewReader(z)
	if err != nil {
		t.Fatal(err)
	}
	dir, got := t.TempDir(), []string{}
	for r := tar.NewReader(g); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(h.Name, "/")
		got = append(got, name)
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || len(b) == 0 {
			t.Errorf("%s: %d:%d %q, %d bytes", h.Name, h.Uid, h.Gid, h.Uname, len(b))
		}
		if name == "strongroom" {
			if err := os.WriteFile(filepath.Join(dir, name), b, os.FileMode(h.Mode)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range []string{"LICENSE", "README.md", noticesName, "strongroom", "strongroom.service", "docs/config.md"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s among %v", want, got)
		}
	}
	w, err := zip.OpenReader(only(t, out, "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if !slices.ContainsFunc(w.File, func(f *zip.File) bool { return filepath.Base(f.Name) == "start_server.bat" }) {
		t.Error("no start_server.bat for Windows")
	}
	says(t, filepath.Join(dir, "strongroom"))
}

// says runs a program's server and compares the versions it names.
func says(t *testing.T, program string) {
	t.Helper()
	printed, err := exec.Command(program, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	cmd := exec.Command(program, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--listen", addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	var resp *http.Response
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if resp, err = http.Get("http://" + addr + "/api/v1/version"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer resp.Body.Close()
	var told struct{ Version, Commit, Date string }
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	if want := "strongroom " + told.Version + " (" + told.Commit + ", " + told.Date + ")\n"; string(printed) != want {
		t.Errorf("it prints %q and tells %q", printed, want)
	}
	head, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil || told.Commit != strings.TrimSpace(string(head)) {
		t.Errorf("it was built from %s and says %s: %v", head, told.Commit, err)
	}
	if _, err := time.Parse(time.RFC3339, told.Date); err != nil {
		t.Error(err)
	}
}

// components holds a program's list of components to go.mod: every module that is
// linked into it is there, with an address, a version and a licence.
func components(t *testing.T, out, name string) {
	b, err := os.ReadFile(only(t, out, name+"-*.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc bom
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Format != "CycloneDX" || doc.Spec != "1.6" || !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(doc.Serial) {
		t.Errorf("%s %s %s", doc.Format, doc.Spec, doc.Serial)
	}
	linked, err := exec.Command("go", "version", "-m", extract(t, out, name)).Output()
	if err != nil {
		t.Fatal(err)
	}
	refs, count := map[string]component{}, 0
	for _, c := range doc.Components {
		if refs[c.Ref].Ref != "" || c.Version == "" || len(c.Licenses) != 1 || c.Licenses[0].License.ID == "" {
			t.Errorf("%+v", c)
		}
		refs[c.Ref] = c
	}
	for _, m := range regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)`).FindAllStringSubmatch(string(linked), -1) {
		if m[1] == "strongroom" { // the desktop program is made of the server
			continue
		}
		count++
		if refs[part{Kind: "golang", Name: m[1], Version: m[2]}.purl()].Ref == "" {
			t.Errorf("%s %s is linked in and not on the list", m[1], m[2])
		}
	}
	if count < 20 || len(doc.Dependencies) != 1 || len(doc.Dependencies[0].DependsOn) != len(doc.Components) {
		t.Errorf("%d modules, %d components, dependencies %v", count, len(doc.Components), doc.Dependencies)
	}
}

// extract unpacks a program of Linux out of its deb.
func extract(t *testing.T, out, name string) string {
	t.Helper()
	dir := t.TempDir()
	if b, err := exec.Command("dpkg-deb", "-x", only(t, out, name+"-*.deb"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return filepath.Join(dir, "usr/bin", name)
}

// sequence asks the installers in which order they work: Windows, unlike Wine, refuses
// a deferred action outside of InstallInitialize and InstallFinalize.
func sequence(t *testing.T, out string) {
	t.Helper()
	for name, order := range map[string][]string{
		"*.msi":                    {"InstallValidate", "RemoveExistingProducts", "InstallInitialize", "Finish", "StopServices", "InstallServices", "Adopt", "StartServices", "InstallFinalize"},
		"strongroom-desktop-*.msi": {"InstallValidate", "RemoveExistingProducts", "InstallInitialize", "RemoveFiles", "InstallFiles", "InstallFinalize"},
	} {
		b, err := exec.Command("msiinfo", "export", only(t, out, name), "InstallExecuteSequence").Output()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for line := range strings.Lines(string(b)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
				at[f[0]], _ = strconv.Atoi(f[2])
			}
		}
		for n, action := range order {
			if at[action] == 0 || n > 0 && at[action] <= at[order[n-1]] {
				t.Errorf("%s: %s is at %d; want the order %v", name, action, at[action], order)
			}
		}
	}
}

// installed unpacks a package with its system's own tool, runs the program, and
// asks systemd what it thinks of the unit as it will lie there.
func installed(t *testing.T, out, kind string) {
	dir := t.TempDir()
	unpack := map[string]string{"deb": "dpkg-deb -x %s .", "rpm": "rpm2cpio %s | cpio -idm --quiet --no-absolute-filenames"}[kind]
	file, err := filepath.Abs(only(t, out, "*."+kind))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-c", // Debian's rpm2cpio ends with 1 after a whole archive
		strings.Replace(unpack, "%s", file, 1))
	cmd.Dir = dir
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	for name, mode := range map[string]os.FileMode{"usr/bin/strongroom": 0o755, "usr/lib/systemd/system/strongroom.service": 0o644,
		"usr/share/doc/strongroom/copyright": 0o644, "usr/share/doc/strongroom/" + noticesName: 0o644} {
		if i, err := os.Stat(filepath.Join(dir, name)); err != nil || i.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, i, err)
		}
	}
	if b, err := exec.Command(filepath.Join(dir, "usr/bin/strongroom"), "version").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
	unit(t, dir)
}

// unit has systemd check the unit: any word about it is a fault, because an unknown
// line is only a warning, and what it leaves open is rated.
func unit(t *testing.T, root string) {
	text, err := os.ReadFile(filepath.Join(root, "usr/lib/systemd/system/strongroom.service"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "strongroom.service")
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("/usr/bin/strongroom"), []byte(filepath.Join(root, "usr/bin/strongroom"))), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || len(b) > 0 {
		t.Errorf("%v\n%s", err, b)
	}
	if b, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestIdentify(t *testing.T) {
	for dir, want := range map[string]string{"../../LICENSE": "MIT", "../../internal/wire/rest/docs/LICENSE": "Apache-2.0"} {
		b, err := os.ReadFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := identify([]string{string(b)}); got != want {
			t.Errorf("%s: %q", dir, got)
		}
	}
	if got := identify([]string{"All rights reserved."}); got != "" {
		t.Errorf("a text that is no licence we know: %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for version, want := range map[string]string{"v1.2.3": "1.2.3 ", "v1.2.3-4-gabcdef0": "1.2.3 4.gabcdef0", "abcdef0-dirty": "0.0.0 git.abcdef0.dirty"} {
		number, rest := (&release{version: version}).numbers()
		if got := number + " " + rest; got != want {
			t.Errorf("%s: %q", version, got)
		}
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != 8 {
		t.Errorf("%v, %v", all, err)
	}
	if some, err := choose("linux/armv7,windows/arm64"); err != nil || len(some) != 2 || some[0].ARM != "7" {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := choose("plan9/amd64"); err == nil {
		t.Error("there is no such target")
	}
}

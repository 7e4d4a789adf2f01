package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// part is a module or package that is in the programs.
type part struct {
	Kind, Name, Version string   // Kind is golang or npm
	SHA512              string   // in hex, of an npm package's archive
	Texts               []string // its licences and notices, whole
	ID                  string   // SPDX, "" when the text is none that we know
}

// inventory lists everything that is built into any of a product's programs: Go's own
// library, modules, and what the web vault is made of. Each brings its licence;
// one without is an error.
func inventory(ctx context.Context, p *product) (all []part, err error) {
	dirs := map[string]part{} // by folder
	for _, t := range p.targets {
		if err := modules(ctx, p, t, dirs); err != nil {
			return nil, err
		}
	}
	goRoot, err := output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	goVersion, err := output(ctx, "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	dirs[goRoot] = part{Kind: "golang", Name: "std", Version: strings.TrimPrefix(goVersion, "go")}
	dirs["internal/wire/rest/docs"] = part{Kind: "npm", Name: "swagger-ui-dist", Version: "5.35.0"}
	if _, err := os.Stat("web/dist/index.html"); err == nil { // the web vault is built, so it is in the programs
		if err := npm("web", dirs); err != nil {
			return nil, err
		}
	}
	for dir, p := range dirs {
		if p.Texts, err = licences(dir); err != nil {
			return nil, err
		}
		if p.ID = identify(p.Texts); len(p.Texts) == 0 {
			if p.ID, err = claimed(dir); err != nil {
				return nil, fmt.Errorf("%s %s has no licence: %w", p.Name, p.Version, err)
			}
			p.Texts = []string{"Its package brings no text of its licence and names it: " + p.ID}
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

// modules adds what a target's program is linked of.
func modules(ctx context.Context, of *product, t target, dirs map[string]part) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=Module"}, of.pkg(t)...)...)
	cmd.Dir, cmd.Env = of.module, append(cmd.Environ(), of.env(t)...)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list for %s: %w", t, err)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := dec.Decode(&p); err != nil {
			return err
		}
		if m := p.Module; m != nil && !m.Main && m.Path != "strongroom" { // the desktop program is made of the server
			dirs[m.Dir] = part{Kind: "golang", Name: m.Path, Version: m.Version}
		}
	}
	return nil
}

// npm adds the packages that the web vault is built of: those in its lock file
// that are not for development only, nor only types.
func npm(dir string, dirs map[string]part) error {
	b, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	var lock struct {
		Packages map[string]struct {
			Version, Integrity string
			Dev, Optional      bool
			DevOptional        bool // needed for development, or by choice
		}
	}
	if err := json.Unmarshal(b, &lock); err != nil {
		return fmt.Errorf("%s/package-lock.json: %w", dir, err)
	}
	for path, p := range lock.Packages {
		if path == "" || p.Dev || p.Optional || p.DevOptional || strings.Contains(path, "/@types/") {
			continue
		}
		at := filepath.Join(dir, filepath.FromSlash(path))
		if _, err := os.Stat(at); err != nil {
			return fmt.Errorf("%s is not there: run `npm ci` in %s", path, dir)
		}
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		dirs[at] = part{Kind: "npm", Name: name, Version: p.Version, SHA512: hex.EncodeToString(sum)}
	}
	return nil
}

// claimed is the licence that an npm package names and does not bring.
func claimed(dir string) (id string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return "", err
	}
	var p struct{ License string }
	if err := json.Unmarshal(b, &p); err != nil {
		return "", fmt.Errorf("%s/package.json: %w", dir, err)
	}
	if p.License == "" {
		return "", fmt.Errorf("%s/package.json names none", dir)
	}
	return p.License, nil
}

package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// readEnv reads .env; none is empty. A name that is no setting is refused: it is
// a setting spelled wrong.
func readEnv(path string, all []*setting) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	vars, err := godotenv.UnmarshalBytes(b)
	if err != nil {
		return nil, fmt.Errorf("%s: a line is not NAME=value", path) // godotenv's own words quote the line
	}
	for name := range vars {
		if !known(name, all) {
			return nil, fmt.Errorf("%s line %d: %s is not a setting%s", path, lineOf(string(b), name), name, closest(name, all))
		}
		if name == "DATA_DIR" {
			return nil, fmt.Errorf("%s line %d: DATA_DIR says where this very file is; set it by --data or in the environment", path, lineOf(string(b), name))
		}
	}
	return vars, nil
}

func known(name string, all []*setting) bool {
	return slices.ContainsFunc(all, func(s *setting) bool { return s.Name == name || s.File && s.Name+"_FILE" == name })
}

func lineOf(text, name string) int {
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		if rest, ok := strings.CutPrefix(line, name); ok && strings.HasPrefix(strings.TrimSpace(rest), "=") {
			return n + 1
		}
	}
	return 0
}

// closest suggests the setting that a wrong name was meant to be.
func closest(name string, all []*setting) string {
	best, least := "", 4
	for _, s := range all {
		if d := distance(name, s.Name); d < least {
			best, least = s.Name, d
		}
	}
	if best == "" {
		return "; docs/config.md lists them"
	}
	return "; did you mean " + best + "?"
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// Prepare makes what a first start needs: DATA_DIR and a .env (0600) with fresh
// keys, and reports whether it made them. Keys that are missing beside data that
// is there are an error, and nothing is changed.
func (c *Config) Prepare() (made bool, err error) {
	fernet, secret := c.FernetKey.Reveal() != "", c.SecretKey.Reveal() != ""
	_, err = os.Stat(c.EnvFile())
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	switch {
	case fernet && secret:
		return false, os.MkdirAll(c.DataDir, 0o700)
	case exists || fernet || secret:
		missing := "FERNET_KEY"
		if fernet {
			missing = "SECRET_KEY"
		}
		return false, fmt.Errorf("%s is missing: put it into %s or the environment; nothing was changed", missing, c.EnvFile())
	}
	if c.Database.Kind != "sqlite" {
		// The other databases may be full of data already; whether keys fit is asked when they are opened.
	} else if _, err := os.Stat(c.Database.Path); err == nil {
		return false, fmt.Errorf("there is a database at %s and no %s: without the FERNET_KEY it was made with it cannot be opened; put the .env back; nothing was changed", c.Database.Path, c.EnvFile())
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return false, err
	}
	c.FernetKey, c.SecretKey = Secret{newKey()}, Secret{newKey()}
	c.Source["FERNET_KEY"], c.Source["SECRET_KEY"] = ".env", ".env"
	return true, writeNew(c.EnvFile(), "# Strongroom's keys and settings. Whoever has this file and the database has everything but what is\n"+
		"# end-to-end encrypted: keep it readable for the server only, and keep a copy where the backups are not.\n"+
		"# docs/config.md lists what else may stand here.\n\n"+
		"FERNET_KEY="+c.FernetKey.Reveal()+"\nSECRET_KEY="+c.SecretKey.Reveal()+"\n")
}

func newKey() string {
	var k [32]byte
	rand.Read(k[:])
	return base64.URLEncoding.EncodeToString(k[:])
}

// writeNew writes a file that must not be there yet, for its owner only.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// SetFernetKey writes another FERNET_KEY into .env, leaving all else as it is.
// Where the key comes from elsewhere it is an error that says so.
func (c *Config) SetFernetKey(keys string) error {
	if from := c.Source["FERNET_KEY"]; from != ".env" {
		return fmt.Errorf("FERNET_KEY comes from the %s, not from %s: change it there", from, c.EnvFile())
	}
	b, err := os.ReadFile(c.EnvFile())
	if err != nil {
		return err
	}
	lines := strings.Split(string(b), "\n")
	n := lineOf(string(b), "FERNET_KEY")
	if n == 0 {
		return fmt.Errorf("%s: FERNET_KEY is read from FERNET_KEY_FILE: change that file", c.EnvFile())
	}
	lines[n-1] = "FERNET_KEY=" + keys
	tmp := filepath.Join(c.DataDir, ".env.new")
	os.Remove(tmp) //nolint:errcheck // left behind by a crash
	if err := writeNew(tmp, strings.Join(lines, "\n")); err != nil {
		return err
	}
	if err := os.Rename(tmp, c.EnvFile()); err != nil {
		return err
	}
	c.FernetKey = Secret{keys}
	return nil
}

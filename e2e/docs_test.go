package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	flagWord   = regexp.MustCompile(`^--[a-z0-9-]+`)
)

// TestCommandsInDocs: every command of ours in the documentation is one, with the
// flags that it is shown with.
func TestCommandsInDocs(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatal(pages, err)
	}
	n := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
			for line := range strings.SplitSeq(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
				words := strings.Fields(line)
				if len(words) < 2 || strings.TrimPrefix(words[0], "./") != "strongroom" || words[1] == "help" {
					continue
				}
				n++
				shown(t, filepath.Base(page), words[1:])
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d commands were found: the test looks at nothing", n)
	}
}

// shown asks the program for help on a command and looks for its flags there.
func shown(t *testing.T, page string, words []string) {
	t.Helper()
	var path, flags []string
	for i, w := range words {
		if f := flagWord.FindString(w); f != "" {
			flags = append(flags, f)
		} else if len(flags) == 0 && i == len(path) && i < 2 && regexp.MustCompile(`^[a-z-]+$`).MatchString(w) {
			path = append(path, w)
		}
	}
	for len(path) > 0 {
		out, err := run(t, t.TempDir(), "", nil, append(append([]string{}, path...), "--help")...)
		if err == nil && strings.Contains(out, "strongroom "+strings.Join(path, " ")) {
			for _, f := range flags {
				if !strings.Contains(out, f) {
					t.Errorf("%s: strongroom %s has no flag %s", page, strings.Join(path, " "), f)
				}
			}
			return
		}
		path = path[:len(path)-1] // the last word is an argument
	}
	t.Errorf("%s: strongroom %s is no command", page, strings.Join(words, " "))
}

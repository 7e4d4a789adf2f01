// Package newer compares two versions of Strongroom. It must ask nobody: who knows
// a version hands it over. Invariant: only a release is newer than a release.
package newer

import (
	"regexp"

	"golang.org/x/mod/semver"
)

// between is what `git describe` calls a commit after a release, or a changed one:
// it reads like a release that came before that one.
var between = regexp.MustCompile(`-[0-9]+-g[0-9a-f]+(-dirty)?$|-dirty$`)

func release(v string) bool { return semver.IsValid(v) && !between.MatchString(v) }

// Than says whether other is a newer release than own. What is no release, such as
// "dev" or a commit between two, is neither newer nor older than anything.
func Than(own, other string) bool {
	return release(own) && release(other) && semver.Compare(other, own) > 0
}

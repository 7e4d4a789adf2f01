// Package scheme has strongroom:// links opened by this program, for its user alone.
// It must not take them from another program that is there. Invariant: whatever a
// link holds, the program gets links of it and no flags.
package scheme

import (
	"errors"
	"strings"
)

// Name is what links begin with, before "://".
const Name = "strongroom"

// Flag goes before a link: Windows puts links into a command line as text, where a
// quote in one ends it and begins whatever its writer likes.
const Flag = "--link"

// ErrNotHere says that links are not registered by the program on this system.
var ErrNotHere = errors.New("on this system links are registered by the package (strongroom-desktop.desktop)")

// Links are those of args that are links. What follows Flag is for it to sort out.
func Links(args []string) (links []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, Name+"://") {
			links = append(links, arg)
		}
	}
	return links
}

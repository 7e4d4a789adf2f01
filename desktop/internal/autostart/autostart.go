// Package autostart has the program started when its user logs in to the machine.
// It must change nothing for other users. Invariant: what Set wrote, Off removes.
package autostart

import "errors"

// ErrNotHere says that the system has no way of it that is known here.
var ErrNotHere = errors.New("starting at log-in is not known on this system")

const name = "strongroom-desktop"

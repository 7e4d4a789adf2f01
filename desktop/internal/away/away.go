// Package away notices that a person has left the machine: its screen was locked,
// or it goes to sleep. It must decide nothing. Invariant: where the system cannot
// be asked, Watch says so, and nobody relies on it.
package away

import "errors"

// ErrNotHere says that the system tells nobody, or in no way that is known here.
var ErrNotHere = errors.New("this system does not tell when its screen is locked or it goes to sleep")

// Package winsvc is the program as a service of Windows: it registers, starts,
// stops and removes it, and is what the service manager talks to. It must not
// know what is served. Invariant: a service runs on an account of its own, and
// nobody else but administrators opens its data folder.
package winsvc

import (
	"crypto/sha1" //nolint:gosec // not for secrecy: Windows makes the account's id so
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Name is the service's name, Account what it runs as: an account that exists for
// this service alone, has no password and may do nothing but what Everyone may.
const (
	Name    = "Strongroom"
	Account = `NT SERVICE\` + Name
)

// ErrNoRecovery means that the service is installed, but that this Windows did not
// take the order to start it again after a crash.
var ErrNoRecovery = errors.New("the service is installed, but Windows did not take the order to start it again after a crash")

// Status is what the service manager knows of the service.
type Status struct {
	State   string // stopped, start pending, running, ...
	PID     uint32 // 0 while it does not run
	Command string // what is run
	Starts  string // automatic, manual or disabled
}

// accountSID is the id of the account of the service called name: Windows derives
// it from the name, so that rights can be given before the service exists.
func accountSID(name string) string {
	var text []byte
	for _, u := range utf16.Encode([]rune(strings.ToUpper(name))) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	sum := sha1.Sum(text) //nolint:gosec // as above
	sid := "S-1-5-80"
	for n := 0; n < len(sum); n += 4 {
		sid += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sum[n:]))
	}
	return sid
}

// Package hotkey listens for one combination of keys wherever the keyboard is. It
// must see no other key. Invariant: what was grabbed is let go of with its release,
// and where it cannot be had, nothing else is lost.
package hotkey

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Why nothing is listened for.
var (
	ErrNotHere = errors.New("keys that work everywhere are not known on this system")
	ErrTaken   = errors.New("another program has these keys")
)

// Combo is a key with its modifiers.
type Combo struct {
	Ctrl, Alt, Shift, Super bool
	Key                     string // A to Z, 0 to 9, F1 to F12, Space
}

// Parse reads what String writes, such as Ctrl+Alt+Space.
func Parse(text string) (Combo, error) {
	var c Combo
	parts := strings.Split(text, "+")
	for _, m := range parts[:len(parts)-1] {
		switch m {
		case "Ctrl":
			c.Ctrl = true
		case "Alt":
			c.Alt = true
		case "Shift":
			c.Shift = true
		case "Super":
			c.Super = true
		default:
			return Combo{}, fmt.Errorf("%q is none of Ctrl, Alt, Shift and Super", m)
		}
	}
	c.Key = parts[len(parts)-1]
	if !known(c.Key) {
		return Combo{}, fmt.Errorf("%q is none of the keys that can be used: A to Z, 0 to 9, F1 to F12, Space", c.Key)
	}
	if !c.Ctrl && !c.Alt && !c.Super { // Shift alone would take a letter away from everybody
		return Combo{}, errors.New("Ctrl, Alt or Super belongs to it")
	}
	return c, nil
}

func known(key string) bool {
	if len(key) == 1 {
		return key[0] >= 'A' && key[0] <= 'Z' || key[0] >= '0' && key[0] <= '9'
	}
	return key == "Space" || function(key) > 0
}

// function is the number of F1 to F12, 0 for any other key.
func function(key string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(key, "F"))
	if err != nil || n < 1 || n > 12 || key != "F"+strconv.Itoa(n) {
		return 0
	}
	return n
}

func (c Combo) String() string {
	var parts []string
	for _, m := range []struct {
		on   bool
		name string
	}{{c.Ctrl, "Ctrl"}, {c.Alt, "Alt"}, {c.Shift, "Shift"}, {c.Super, "Super"}} {
		if m.on {
			parts = append(parts, m.name)
		}
	}
	return strings.Join(append(parts, c.Key), "+")
}

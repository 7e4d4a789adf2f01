//go:build linux

// Package x11 is what the hotkey and typing both ask of an X server: a connection
// and the keyboard's map. It must draw nothing. Invariant: without a server, or under
// Wayland, it says so and ends nothing.
package x11

import (
	"errors"
	"io"
	"log"
	"os"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Keysyms that are asked for by name.
const (
	Tab    xproto.Keysym = 0xff09
	Return xproto.Keysym = 0xff0d
	F1     xproto.Keysym = 0xffbe

	shift      xproto.Keysym = 0xffe1
	numLock    xproto.Keysym = 0xff7f
	scrollLock xproto.Keysym = 0xff14
)

// ErrWayland says that the desktop lets no program listen to keys or press them.
var ErrWayland = errors.New("under Wayland no program may listen to keys or press them")

// Server is a connection with the keyboard's map.
type Server struct {
	*xgb.Conn
	Root xproto.Window

	first xproto.Keycode
	per   int // keysyms of each keycode
	syms  []xproto.Keysym
}

// Open connects to the server that this program's window is on.
func Open() (*Server, error) {
	if os.Getenv("WAYLAND_DISPLAY") != "" { //nolint:forbidigo // how a Wayland session is known, beside its X server for old programs
		return nil, ErrWayland
	}
	xgb.Logger = log.New(io.Discard, "", 0) // what goes wrong comes as an error, too
	c, err := xgb.NewConn()
	if err != nil {
		return nil, err
	}
	s := &Server{Conn: c, Root: xproto.Setup(c).DefaultScreen(c).Root}
	if err := s.Load(); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

// Load reads the keyboard's map, again after it was changed.
func (s *Server) Load() error {
	setup := xproto.Setup(s.Conn)
	s.first = setup.MinKeycode
	m, err := xproto.GetKeyboardMapping(s.Conn, s.first, byte(setup.MaxKeycode-setup.MinKeycode)+1).Reply()
	if err != nil {
		return err
	}
	s.per, s.syms = int(m.KeysymsPerKeycode), m.Keysyms
	if s.per == 0 {
		return errors.New("the X server has no keyboard")
	}
	return nil
}

// Code is the key that gives a keysym at the first of its layouts, alone or with
// Shift. 0 is none.
func (s *Server) Code(k xproto.Keysym) (code xproto.Keycode, shifted bool) {
	for level := range min(s.per, 2) {
		for n := level; n < len(s.syms); n += s.per {
			if s.syms[n] == k {
				return s.first + xproto.Keycode(n/s.per), level == 1
			}
		}
	}
	return 0, false
}

// ShiftCode is the Shift key.
func (s *Server) ShiftCode() xproto.Keycode {
	code, _ := s.Code(shift)
	return code
}

// Spare are the keycodes that no key has.
func (s *Server) Spare() (codes []xproto.Keycode) {
	for n := 0; n+s.per <= len(s.syms); n += s.per {
		empty := true
		for _, k := range s.syms[n : n+s.per] {
			empty = empty && k == 0
		}
		if empty {
			codes = append(codes, s.first+xproto.Keycode(n/s.per))
		}
	}
	return codes
}

// Locks is the mask of Num Lock and Scroll Lock, which are no part of what a person
// presses.
func (s *Server) Locks() (mask uint16, err error) {
	m, err := xproto.GetModifierMapping(s.Conn).Reply()
	if err != nil {
		return 0, err
	}
	num, _ := s.Code(numLock)
	scroll, _ := s.Code(scrollLock)
	for n, code := range m.Keycodes {
		if code != 0 && (code == num || code == scroll) {
			mask |= 1 << (n / int(m.KeycodesPerModifier))
		}
	}
	return mask, nil
}

// Atom is the number of a name.
func (s *Server) Atom(name string) (xproto.Atom, error) {
	a, err := xproto.InternAtom(s.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return a.Atom, nil
}

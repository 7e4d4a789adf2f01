package autotype

import (
	"encoding/binary"
	"os"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"strongroom/desktop/internal/x11"
)

// key is what gives a character.
type key struct {
	code    xproto.Keycode
	shifted bool
}

// server is an X server with the keys of a text.
type server struct {
	*x11.Server
	locks    uint16
	keys     map[rune]key
	borrowed []xproto.Keycode
}

func open() (screen, error) {
	x, err := x11.Open()
	if err != nil {
		return nil, err
	}
	s := &server{Server: x, keys: map[rune]key{}}
	if s.locks, err = x.Locks(); err == nil {
		err = xtest.Init(x.Conn)
	}
	if err != nil {
		x.Close()
		return nil, err
	}
	return s, nil
}

func (s *server) close() {
	for _, code := range s.borrowed {
		xproto.ChangeKeyboardMappingChecked(s.Conn, 1, code, 2, []xproto.Keysym{0, 0}).Check() //nolint:errcheck // the server is gone, and the map with it
	}
	s.Close()
}

// active is the window around the one that keys go to: what the window manager says
// is active may differ from it.
func (s *server) active() (uintptr, error) {
	focus, err := xproto.GetInputFocus(s.Conn).Reply()
	if err != nil {
		return 0, err
	}
	w := focus.Focus
	if w <= xproto.InputFocusPointerRoot || w == s.Root {
		return 0, nil
	}
	managed, err := s.Atom("WM_STATE")
	if err != nil {
		return 0, err
	}
	for {
		state, err := xproto.GetProperty(s.Conn, false, w, managed, xproto.GetPropertyTypeAny, 0, 1).Reply()
		if err != nil {
			return 0, nil //nolint:nilerr // it was closed this moment
		}
		if state.Format != 0 {
			return uintptr(w), nil
		}
		tree, err := xproto.QueryTree(s.Conn, w).Reply()
		if err != nil || tree.Parent == s.Root || tree.Parent == 0 {
			return uintptr(w), nil //nolint:nilerr // as above
		}
		w = tree.Parent
	}
}

func (s *server) own(w uintptr) bool {
	pid, err := s.number(xproto.Window(w), "_NET_WM_PID")
	return err != nil || pid == uint32(os.Getpid())
}

// number is the first of a window's property, 0 when it has none.
func (s *server) number(w xproto.Window, name string) (uint32, error) {
	a, err := s.Atom(name)
	if err != nil {
		return 0, err
	}
	p, err := xproto.GetProperty(s.Conn, false, w, a, xproto.GetPropertyTypeAny, 0, 1).Reply()
	if err != nil || len(p.Value) < 4 {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p.Value), nil
}

func (s *server) activate(w uintptr) error {
	manager, err := s.number(s.Root, "_NET_SUPPORTING_WM_CHECK")
	if err != nil {
		return err
	}
	if manager == 0 { // nobody manages windows
		return xproto.SetInputFocusChecked(s.Conn, xproto.InputFocusParent, xproto.Window(w), xproto.TimeCurrentTime).Check()
	}
	a, err := s.Atom("_NET_ACTIVE_WINDOW")
	if err != nil {
		return err
	}
	const pager = 2 // asked for by a person, not by the window itself
	e := xproto.ClientMessageEvent{Format: 32, Window: xproto.Window(w), Type: a, Data: xproto.ClientMessageDataUnionData32New([]uint32{pager, 0, 0, 0, 0})}
	return xproto.SendEventChecked(s.Conn, false, s.Root, xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(e.Bytes())).Check()
}

func (s *server) state() (uint16, error) {
	p, err := xproto.QueryPointer(s.Conn, s.Root).Reply()
	if err != nil {
		return 0, err
	}
	return p.Mask, nil
}

func (s *server) held() (bool, error) {
	state, err := s.state()
	const modifiers = 0xff
	return state&modifiers&^s.locks != 0, err
}

func (s *server) free() (bool, error) {
	g, err := xproto.GrabKeyboard(s.Conn, false, s.Root, xproto.TimeCurrentTime, xproto.GrabModeAsync, xproto.GrabModeAsync).Reply()
	if err != nil || g.Status != xproto.GrabStatusSuccess {
		return false, err
	}
	return true, xproto.UngrabKeyboardChecked(s.Conn, xproto.TimeCurrentTime).Check()
}

// prepare finds the key of each character. One that the layout has not, or has with
// more than Shift, is lent to a keycode that no key has, all of them before the
// first is pressed: programs read the map late.
func (s *server) prepare(text string) error {
	state, err := s.state()
	if err != nil {
		return err
	}
	group, spare := state>>13&3, s.Spare()
	for _, r := range text {
		if _, ok := s.keys[r]; ok {
			continue
		}
		code, shifted := s.Code(keysym(r))
		if code == 0 || group != 0 && r >= ' ' { // the layout in use is another than the first
			if len(spare) == 0 {
				return ErrKeys
			}
			code, shifted, spare = spare[len(spare)-1], false, spare[:len(spare)-1]
			if err := xproto.ChangeKeyboardMappingChecked(s.Conn, 1, code, 2, []xproto.Keysym{keysym(r), keysym(r)}).Check(); err != nil {
				return err
			}
			s.borrowed = append(s.borrowed, code)
		}
		s.keys[r] = key{code, shifted}
	}
	return nil
}

func keysym(r rune) xproto.Keysym {
	switch {
	case r == '\t':
		return x11.Tab
	case r == '\n':
		return x11.Return
	case r < 0x100: // Latin-1 has its own numbers
		return xproto.Keysym(r)
	}
	return 0x1000000 + xproto.Keysym(r)
}

func (s *server) press(r rune) error {
	k := s.keys[r]
	if k.shifted {
		s.fake(xproto.KeyPress, s.ShiftCode())
		defer s.fake(xproto.KeyRelease, s.ShiftCode())
	}
	s.fake(xproto.KeyPress, k.code)
	return xtest.FakeInputChecked(s.Conn, xproto.KeyRelease, byte(k.code), 0, s.Root, 0, 0, 0).Check()
}

func (s *server) fake(kind byte, code xproto.Keycode) {
	xtest.FakeInput(s.Conn, kind, byte(code), 0, s.Root, 0, 0, 0)
}

package hotkey

import (
	"errors"
	"strings"

	"github.com/jezek/xgb/xproto"

	"strongroom/desktop/internal/x11"
)

// grab is one that an X server was asked for.
type grab struct {
	*x11.Server
	combo Combo
	code  xproto.Keycode
	locks []uint16 // the masks of keys such as Num Lock, which may be on or not
}

// Grab calls pressed each time the keys are pressed, from one goroutine, until
// release. A key that is held counts once.
func Grab(c Combo, pressed func()) (release func(), err error) {
	x, err := x11.Open()
	if err != nil {
		return nil, err
	}
	g := &grab{Server: x, combo: c}
	if err := g.take(); err != nil {
		x.Close()
		return nil, err
	}
	go g.listen(pressed)
	return x.Close, nil // what a client has grabbed ends with its connection
}

// take grabs the combination with each lock on and off.
func (g *grab) take() error {
	g.code, _ = g.Code(g.combo.keysym())
	if g.code == 0 {
		return errors.New("this keyboard has no key " + g.combo.Key)
	}
	locks, err := g.Locks()
	if err != nil {
		return err
	}
	locks |= xproto.ModMaskLock
	g.locks = nil
	for n := range uint16(256) {
		if n&^locks == 0 {
			g.locks = append(g.locks, n)
		}
	}
	for _, l := range g.locks {
		err := xproto.GrabKeyChecked(g.Conn, false, g.Root, g.combo.mask()|l, g.code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check()
		if denied := (xproto.AccessError{}); errors.As(err, &denied) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listen ends with the connection. A held key is released and pressed again in the
// same moment, as the server tells it.
func (g *grab) listen(pressed func()) {
	var up xproto.Timestamp
	for {
		e, err := g.WaitForEvent()
		switch e := e.(type) {
		case nil:
			if err == nil {
				return
			}
		case xproto.KeyReleaseEvent:
			up = e.Time
		case xproto.KeyPressEvent:
			if e.Time != up {
				pressed()
			}
		case xproto.MappingNotifyEvent:
			if e.Request != xproto.MappingPointer {
				g.remap()
			}
		}
	}
}

// remap follows a key that another layout has elsewhere.
func (g *grab) remap() {
	if g.Load() != nil {
		return
	}
	if code, _ := g.Code(g.combo.keysym()); code == g.code || code == 0 {
		return
	}
	for _, l := range g.locks {
		xproto.UngrabKey(g.Conn, g.code, g.Root, g.combo.mask()|l)
	}
	g.take() //nolint:errcheck // nobody is there to be told; the start page tries again
}

func (c Combo) mask() (m uint16) {
	for _, b := range []struct {
		on  bool
		bit uint16
	}{{c.Ctrl, xproto.ModMaskControl}, {c.Alt, xproto.ModMask1}, {c.Shift, xproto.ModMaskShift}, {c.Super, xproto.ModMask4}} {
		if b.on {
			m |= b.bit
		}
	}
	return m
}

func (c Combo) keysym() xproto.Keysym {
	if n := function(c.Key); n > 0 {
		return x11.F1 + xproto.Keysym(n-1)
	}
	if c.Key == "Space" {
		return ' '
	}
	return xproto.Keysym(strings.ToLower(c.Key)[0])
}

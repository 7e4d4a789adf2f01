// Package autotype types into the window of another program, as its keyboard would.
// It must not touch the clipboard. Invariant: before each key the window that was
// meant has the keyboard, and it is none of this program's.
package autotype

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// refusal is an error that a page has words for, by its code.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.text }

// Code is the name of the refusal in the page's messages.
func (r *refusal) Code() string { return r.code }

// Why nothing was typed, or not all.
var (
	ErrNotHere = errors.New("typing into other windows is not known on this system")

	ErrNobody  error = &refusal{"nobody", "no window of another program was active before"}
	ErrMoved   error = &refusal{"moved", "another window became active, so typing stopped"}
	ErrHeld    error = &refusal{"held", "a key such as Ctrl is held, or Caps Lock is on, so typing stopped"}
	ErrGrabbed error = &refusal{"grabbed", "another program holds the keyboard"}
	ErrText    error = &refusal{"text", "a value has characters that are no text, such as line breaks"}
	ErrKeys    error = &refusal{"keys", "this keyboard has not enough free keys for the characters of this value"}
)

const (
	maxText = 4000

	patience = 3 * time.Second        // for the window to become active, and for fingers to leave the keys
	between  = 20 * time.Millisecond  // two looks
	pace     = 8 * time.Millisecond   // two keys: some programs lose quicker ones
	settle   = 400 * time.Millisecond // until the last key has been read, and its meaning may end
)

// screen is what typing needs of a system.
type screen interface {
	active() (uintptr, error) // the window that has the keyboard, 0 for none
	own(window uintptr) bool
	activate(window uintptr) error
	held() (bool, error)  // whether a modifier is
	free() (bool, error)  // whether the keyboard goes to the active window
	prepare(string) error // has keys for all characters of a text
	press(r rune) error
	close() // gives back what was prepared
}

// Typer types. The zero value is of this system.
type Typer struct {
	open func() (screen, error) // of a test
	soon bool                   // a test's: no pauses
}

func (t *Typer) screen() (screen, error) {
	if t.open != nil {
		return t.open()
	}
	return open()
}

// Able says why nothing can be typed here, nil if it can.
func (t *Typer) Able() error {
	s, err := t.screen()
	if err == nil {
		s.close()
	}
	return err
}

// Active is the window of another program that has the keyboard now, 0 for none.
func (t *Typer) Active() (uintptr, error) {
	s, err := t.screen()
	if err != nil {
		return 0, err
	}
	defer s.close()
	w, err := s.active()
	if err != nil || w == 0 || s.own(w) {
		return 0, err
	}
	return w, nil
}

// Activate gives the keyboard back to a window that Active named.
func (t *Typer) Activate(w uintptr) error {
	s, err := t.screen()
	if err != nil {
		return err
	}
	defer s.close()
	return s.activate(w)
}

// Type activates a window and types values into it, Tab between them and Enter at
// the end. A value that holds anything but text is refused as a whole: a line break
// in a user name would be Enter in a terminal.
func (t *Typer) Type(ctx context.Context, w uintptr, values []string) error {
	for _, v := range values {
		if !plain(v) {
			return ErrText
		}
	}
	text := strings.Join(values, "\t") + "\n"
	if len(text) > maxText {
		return ErrText
	}
	s, err := t.screen()
	if err != nil {
		return err
	}
	defer s.close()
	if w == 0 || s.own(w) {
		return ErrNobody
	}
	if err := s.prepare(text); err != nil {
		return err
	}
	if err := s.activate(w); err != nil {
		return err
	}
	if err := t.ready(ctx, s, w); err != nil {
		return err
	}
	defer t.pause(context.WithoutCancel(ctx), settle) //nolint:errcheck // it cannot be cancelled
	for _, r := range text {
		if err := still(s, w); err != nil {
			return err
		}
		if err := s.press(r); err != nil {
			return err
		}
		if err := t.pause(ctx, pace); err != nil {
			return err
		}
	}
	return nil
}

// plain says whether a value is text that keys type. What controls a terminal or
// turns the direction of writing is none.
func plain(v string) bool {
	if v == "" || !utf8.ValidString(v) {
		return false
	}
	for _, r := range v {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Noncharacter_Code_Point) {
			return false
		}
	}
	return true
}

// ready waits until the window has the keyboard and nobody presses Ctrl any more,
// with which typing was asked for.
func (t *Typer) ready(ctx context.Context, s screen, w uintptr) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := still(s, w)
		if err == nil {
			ok, err := s.free()
			if err == nil && !ok {
				err = ErrGrabbed
			}
			return err
		}
		if !errors.Is(err, ErrMoved) && !errors.Is(err, ErrHeld) || t.pause(ctx, between) != nil {
			return err
		}
	}
}

// still looks whether a key that is pressed now would do what is meant.
func still(s screen, w uintptr) error {
	now, err := s.active()
	if err != nil {
		return err
	}
	if now != w {
		return ErrMoved
	}
	if held, err := s.held(); err != nil || !held {
		return err
	}
	return ErrHeld
}

func (t *Typer) pause(ctx context.Context, d time.Duration) error {
	if t.soon {
		d = 0
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

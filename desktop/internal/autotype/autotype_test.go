package autotype

import (
	"context"
	"errors"
	"strings"
	"testing"
)

const ours, theirs, another = 1, 2, 3

// fake is a screen whose keys go to whatever is active.
type fake struct {
	now    uintptr
	typed  map[uintptr]string
	before func(f *fake) // each look at what is active
	down   int           // looks until fingers leave the keys
	taken  bool          // by another program
	fails  error         // of prepare
	closed bool
}

func (f *fake) active() (uintptr, error) {
	if f.before != nil {
		f.before(f)
	}
	return f.now, nil
}
func (f *fake) own(w uintptr) bool       { return w == ours }
func (f *fake) activate(w uintptr) error { f.now = w; return nil }
func (f *fake) held() (bool, error)      { f.down--; return f.down >= 0, nil }
func (f *fake) free() (bool, error)      { return !f.taken, nil }
func (f *fake) prepare(string) error     { return f.fails }
func (f *fake) press(r rune) error       { f.typed[f.now] += string(r); return nil }
func (f *fake) close()                   { f.closed = true }

func typer(f *fake) *Typer {
	f.typed = map[uintptr]string{}
	return &Typer{soon: true, open: func() (screen, error) { return f, nil }}
}

func TestTypeIsWhatWasMeant(t *testing.T) {
	for want, values := range map[string][]string{"me\tsécret 🔑\n": {"me", "sécret 🔑"}, "pin\n": {"pin"}} {
		f := &fake{now: ours, down: 3} // Ctrl is held at first
		if err := typer(f).Type(t.Context(), theirs, values); err != nil || f.typed[theirs] != want || len(f.typed) != 1 || !f.closed {
			t.Errorf("%q typed %v, %v", values, f.typed, err)
		}
	}
}

// TestNothingIsTypedElsewhere: whatever becomes active gets no key.
func TestNothingIsTypedElsewhere(t *testing.T) {
	looks := 0
	f := &fake{now: ours, before: func(f *fake) {
		if looks++; looks == 5 {
			f.now = another
		}
	}}
	err := typer(f).Type(t.Context(), theirs, []string{"someone", "secret"})
	if !errors.Is(err, ErrMoved) || f.typed[another] != "" || f.typed[theirs] != "som" {
		t.Errorf("typed %v, %v", f.typed, err)
	}
	for _, w := range []uintptr{0, ours} {
		f = &fake{now: ours}
		if err := typer(f).Type(t.Context(), w, []string{"x"}); !errors.Is(err, ErrNobody) || len(f.typed) > 0 {
			t.Errorf("into %d: %v, %v", w, f.typed, err)
		}
	}
	f = &fake{now: ours, taken: true}
	if err := typer(f).Type(t.Context(), theirs, []string{"x"}); !errors.Is(err, ErrGrabbed) || len(f.typed) > 0 {
		t.Errorf("with the keyboard in other hands: %v, %v", f.typed, err)
	}
	f = &fake{now: ours, fails: ErrKeys}
	if err := typer(f).Type(t.Context(), theirs, []string{"x"}); !errors.Is(err, ErrKeys) || f.now != ours {
		t.Errorf("without keys: %v, %d is active", err, f.now)
	}
}

// TestAHeldKeyEndsIt: whoever presses Ctrl in between would turn text into commands.
func TestAHeldKeyEndsIt(t *testing.T) {
	f := &fake{now: ours}
	presses := 0
	f.before = func(f *fake) {
		if presses++; presses == 4 {
			f.down = 1
		}
	}
	if err := typer(f).Type(t.Context(), theirs, []string{"secret"}); !errors.Is(err, ErrHeld) || f.typed[theirs] != "se" {
		t.Errorf("typed %v, %v", f.typed, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f = &fake{now: ours, down: 1 << 30}
	if err := typer(f).Type(ctx, theirs, []string{"x"}); !errors.Is(err, ErrHeld) || len(f.typed) > 0 {
		t.Errorf("held for ever: %v, %v", f.typed, err)
	}
}

func TestOnlyTextIsTyped(t *testing.T) {
	for _, v := range []string{"", "a\nb", "a\tb", "a\rb", "\x1b[A", "\x00", "\x7f", "\u0085", "\u2028", "\u202e", "\xff", "\ufffe", strings.Repeat("x", maxText)} {
		f := &fake{now: ours}
		if err := typer(f).Type(t.Context(), theirs, []string{"me", v}); !errors.Is(err, ErrText) || len(f.typed) > 0 || f.now != ours {
			t.Errorf("%q: typed %v, %v", v, f.typed, err)
		}
	}
}

func TestActiveIsSomebodyElse(t *testing.T) {
	for now, want := range map[uintptr]uintptr{ours: 0, theirs: theirs, 0: 0} {
		if w, err := typer(&fake{now: now}).Active(); err != nil || w != want {
			t.Errorf("with %d active: %d, %v", now, w, err)
		}
	}
}

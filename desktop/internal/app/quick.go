package app

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"strongroom/desktop/internal/state"
)

const maxValues = 4

// Others is what the program can do with other programs' windows.
type Others interface {
	Able() error // why nothing can be typed, nil if it can
	Active() (window uintptr, err error)
	Activate(window uintptr) error
	Type(ctx context.Context, window uintptr, values []string) error
}

// quick is the quick search: the window made small for one item, and what was active
// before it.
type quick struct {
	mu     sync.Mutex
	on     bool
	before uintptr // another program's window, 0 for none

	listen  sync.Mutex
	release func() // of the keys that are listened for
	why     error  // why there are none
}

// Listen listens for the keys that call the quick search, as they are chosen now.
func (a *App) Listen() error {
	a.quick.listen.Lock()
	defer a.quick.listen.Unlock()
	if a.quick.release != nil {
		a.quick.release()
	}
	a.quick.release, a.quick.why = nil, nil
	var keys string
	a.State.Read(func(s *state.State) { keys = s.QuickKeys() })
	if keys == "" || a.Grab == nil {
		return nil
	}
	a.quick.release, a.quick.why = a.Grab(keys, a.Quick)
	return a.quick.why
}

// callWith chooses the keys that call the quick search, "" for none. Keys that
// cannot be had are not chosen.
func (a *App) callWith(keys string) error {
	var was string
	choose := func(k string) error {
		if err := a.State.Change(func(s *state.State) { was, s.Quick = s.Quick, k }); err != nil {
			return err
		}
		return a.Listen()
	}
	if keys == "" {
		keys = state.NoKeys
	}
	err := choose(keys)
	if err != nil {
		choose(was) //nolint:errcheck // as it was before
	}
	return err
}

// deaf ends Listen.
func (a *App) deaf() {
	a.quick.listen.Lock()
	defer a.quick.listen.Unlock()
	if a.quick.release != nil {
		a.quick.release()
		a.quick.release = nil
	}
}

// unheard says why the chosen keys do nothing, "" if they do.
func (a *App) unheard() string {
	a.quick.listen.Lock()
	defer a.quick.listen.Unlock()
	if a.quick.why == nil {
		return ""
	}
	return a.quick.why.Error()
}

// Quick shows the quick search, or ends it when it is there.
func (a *App) Quick() {
	q := &a.quick
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.on {
		a.leave()
		return
	}
	q.before = 0
	if a.Others != nil {
		q.before, _ = a.Others.Active() // without it nothing can be typed, which is said when it is asked for
	}
	a.small()
}

// small and leave are both ways. The caller holds quick.mu.
func (a *App) small() {
	a.quick.on = true
	a.Window.Small()
	a.Window.Tell("dispatchEvent(new Event('strongroom-quick'))")
}

func (a *App) leave() {
	if !a.quick.on {
		return
	}
	a.quick.on = false
	a.Window.Tell("dispatchEvent(new Event('strongroom-quick-end'))")
	a.Window.Large(false)
	if a.quick.before != 0 {
		a.Others.Activate(a.quick.before) //nolint:errcheck // a window that is gone needs no keyboard
	}
}

// Whole ends the quick search for the whole window, which somebody asked for.
func (a *App) Whole() {
	a.quick.mu.Lock()
	defer a.quick.mu.Unlock()
	if a.quick.on {
		a.quick.on = false
		a.Window.Tell("dispatchEvent(new Event('strongroom-quick-end'))")
		a.Window.Large(true)
	}
}

// Dismiss ends the quick search as Escape does, and says whether there was one.
func (a *App) Dismiss() bool {
	a.quick.mu.Lock()
	defer a.quick.mu.Unlock()
	was := a.quick.on
	a.leave()
	return was
}

// quickIs tells a page that has just come whether it is the quick search, and
// whether it can type.
func (a *App) quickIs(w http.ResponseWriter, _ *http.Request) {
	var out struct {
		On    bool
		Types bool
	}
	out.Types = a.Others != nil && a.Others.Able() == nil
	a.quick.mu.Lock()
	out.On = a.quick.on
	a.quick.mu.Unlock()
	answer(w, http.StatusOK, out)
}

func (a *App) quickLeave(w http.ResponseWriter, r *http.Request) {
	var o struct{ Whole bool }
	if !ask(w, r, &o) {
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if o.Whole {
		go a.Whole()
		return
	}
	a.Dismiss()
}

// coded is an error that a page knows words for.
type coded interface {
	error
	Code() string
}

// errNobody is Others' error when there is no window to type into.
type errNobody struct{}

func (errNobody) Error() string {
	return "no window of another program was active before a quick search"
}
func (errNobody) Code() string { return "nobody" }

// typed types values into the window that was active before the quick search. When
// that fails, the quick search comes back to say so.
func (a *App) typed(w http.ResponseWriter, r *http.Request) {
	var t struct{ Values []string }
	if !ask(w, r, &t) {
		return
	}
	if len(t.Values) == 0 || len(t.Values) > maxValues {
		http.Error(w, "Values has from 1 to 4", http.StatusBadRequest)
		return
	}
	if err := a.typeInto(r.Context(), t.Values); err != nil {
		code := "failed"
		if c := (coded)(nil); errors.As(err, &c) {
			code = c.Code()
		}
		answer(w, http.StatusConflict, map[string]string{"Error": err.Error(), "Code": code})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *App) typeInto(ctx context.Context, values []string) error {
	q := &a.quick
	q.mu.Lock()
	defer q.mu.Unlock()
	into := q.before
	if !q.on || a.Others == nil || into == 0 {
		return errNobody{}
	}
	a.leave()
	err := a.Others.Type(context.WithoutCancel(ctx), into, values) // a page that is hidden may drop its question
	if err != nil {
		a.small()
	}
	return err
}

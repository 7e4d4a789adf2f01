package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"strongroom/desktop/internal/state"
)

// screen is a window, and those of others, that note what is done with them.
type screen struct {
	frame
	active uintptr
	typed  []string
	fails  error
}

func (s *screen) Able() error              { return nil }
func (s *screen) Active() (uintptr, error) { return s.active, nil }
func (s *screen) Activate(w uintptr) error { s.told = append(s.told, "activate"); return nil }
func (s *screen) Type(_ context.Context, w uintptr, values []string) error {
	if w != s.active || w == 0 {
		return errors.New("another window than the one before")
	}
	if s.fails == nil {
		s.typed = values
	}
	return s.fails
}

func (s *screen) took() (did []string) {
	for _, d := range s.told {
		if !strings.Contains(d, "dispatchEvent") {
			did = append(did, d)
		}
	}
	s.told = nil
	return did
}

func newQuick(t *testing.T) (*App, *screen, func(path, body string) (int, string)) {
	t.Helper()
	a, s := newApp(t), &screen{active: 7}
	a.Window, a.Others = s, s
	h := a.Desk(state.Personal, http.NotFoundHandler())
	return a, s, func(path, body string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
}

func TestQuickComesAndGoes(t *testing.T) {
	a, s, ask := newQuick(t)
	for _, step := range []struct {
		what string
		do   func()
		want []string
	}{
		{"the keys", a.Quick, []string{"small"}},
		{"the keys again", a.Quick, []string{"back", "activate"}},
		{"the page, when it is not there", func() { ask("/desktop/leave", "{}") }, nil},
		{"the keys", a.Quick, []string{"small"}},
		{"the page", func() { ask("/desktop/leave", "{}") }, []string{"back", "activate"}},
		{"the keys with nothing else active", func() { s.active = 0; a.Quick() }, []string{"small"}},
		{"another start", func() { a.Follow(nil) }, []string{"large", "raise"}},
		{"another start", func() { a.Follow(nil) }, []string{"raise"}},
	} {
		step.do()
		if did := s.took(); !slices.Equal(did, step.want) {
			t.Errorf("%s: the window did %q, not %q", step.what, did, step.want)
		}
	}
	if a.Dismiss() {
		t.Error("there is something to dismiss")
	}
}

func TestAPageAsksWhatItIs(t *testing.T) {
	a, _, ask := newQuick(t)
	for _, want := range []string{`{"On":false,"Types":true}`, `{"On":true,"Types":true}`} {
		if _, got := ask("/desktop/quick", "{}"); strings.TrimSpace(got) != want {
			t.Errorf("it is %s, not %s", got, want)
		}
		a.Quick()
	}
}

// TestTypesIntoWhatWasActive: and nowhere without the quick search in between.
func TestTypesIntoWhatWasActive(t *testing.T) {
	a, s, ask := newQuick(t)
	const body = `{"Values":["me","secret"]}`
	if code, _ := ask("/desktop/type", body); code != http.StatusConflict || s.typed != nil {
		t.Errorf("without the quick search: %d, typed %q", code, s.typed)
	}
	a.Quick()
	if code, said := ask("/desktop/type", body); code != http.StatusNoContent || !slices.Equal(s.typed, []string{"me", "secret"}) {
		t.Errorf("%d %s, typed %q", code, said, s.typed)
	}
	if did := s.took(); !slices.Equal(did, []string{"small", "back", "activate"}) {
		t.Errorf("the window did %q", did)
	}
	s.typed, s.fails = nil, errors.New("it moved")
	a.Quick()
	if code, said := ask("/desktop/type", body); code != http.StatusConflict || !strings.Contains(said, `"Code":"failed"`) {
		t.Errorf("a failure: %d %s", code, said)
	}
	if did := s.took(); !slices.Equal(did, []string{"small", "back", "activate", "small"}) {
		t.Errorf("after a failure the window did %q", did)
	}
	for _, bad := range []string{`{}`, `{"Values":[]}`, `{"Values":["1","2","3","4","5"]}`, `"x"`} {
		if code, _ := ask("/desktop/type", bad); code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, code)
		}
	}
	a.Dismiss()
	s.active = 0
	a.Quick()
	if code, said := ask("/desktop/type", body); code != http.StatusConflict || !strings.Contains(said, `"Code":"nobody"`) || s.typed != nil {
		t.Errorf("with nothing active before: %d %s, typed %q", code, said, s.typed)
	}
}

// TestKeysAreChosen: what cannot be had is not chosen, and what was chosen before
// goes on.
func TestKeysAreChosen(t *testing.T) {
	a, _, _ := newQuick(t)
	taken, had := map[string]bool{"Ctrl+Alt+T": true}, ""
	a.Grab = func(keys string, _ func()) (func(), error) {
		if taken[keys] {
			return nil, errors.New("taken")
		}
		had = keys
		return func() { had = "" }, nil
	}
	prefer := func(body string) int {
		r := httptest.NewRequest(http.MethodPost, "/start/prefer", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.Start().ServeHTTP(w, r)
		return w.Code
	}
	if err := a.Listen(); err != nil || had != "Ctrl+Alt+Space" {
		t.Fatalf("at first %q, %v", had, err)
	}
	for _, step := range []struct {
		body string
		code int
		want string
	}{
		{`{"Quick":"Ctrl+Alt+K"}`, http.StatusNoContent, "Ctrl+Alt+K"},
		{`{"Quick":"Ctrl+Alt+T"}`, http.StatusInternalServerError, "Ctrl+Alt+K"},
		{`{"Quick":""}`, http.StatusNoContent, ""},
		{`{"Quick":"Ctrl+Alt+T"}`, http.StatusInternalServerError, ""},
		{`{"Quick":"Super+S"}`, http.StatusNoContent, "Super+S"},
	} {
		if code := prefer(step.body); code != step.code || had != step.want {
			t.Errorf("%s: %d, and %q is listened for", step.body, code, had)
		}
	}
	again, err := state.Load(a.Dir)
	if err != nil || again.Quick != "Super+S" {
		t.Errorf("kept is %q, %v", again.Quick, err)
	}
	taken["Super+S"] = true
	if a.Listen() == nil || a.unheard() != "taken" {
		t.Errorf("the start page says %q", a.unheard())
	}
	a.Grab = nil
	if err := a.Listen(); err != nil || a.unheard() != "" {
		t.Errorf("without keys: %v, %q", err, a.unheard())
	}
}

package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"time"

	"strongroom/desktop/internal/state"
)

const tryTime = time.Minute

// Try opens a personal vault as the window does and asks it something, first
// without being let in. It tells out of each step.
func (a *App) Try(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), tryTime)
	defer cancel()
	entrance, err := a.Enter(ctx, state.Personal)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "a personal vault was made and is open")
	origin := a.open[state.Personal].gate.Origin()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		url  string
		jar  http.CookieJar
		want int
		says string
	}{
		{origin + "/readyz", nil, http.StatusForbidden, "a stranger is refused"},
		{entrance, jar, http.StatusOK, "the window is let in"},
		{entrance, jar, http.StatusForbidden, "nobody is let in with its ticket again"},
		{origin + "/readyz", jar, http.StatusOK, "the vault answers the window"},
	} {
		if err := step1(ctx, step.url, step.jar, step.want); err != nil {
			return fmt.Errorf("%s: %w", step.says, err)
		}
		fmt.Fprintln(out, step.says)
	}
	return nil
}

func step1(ctx context.Context, url string, jar http.CookieJar, want int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Jar: jar}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		return fmt.Errorf("the answer was %s, not %d", res.Status, want)
	}
	return nil
}

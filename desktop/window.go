//go:build desktop

package main

import (
	"context"
	"runtime"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"strongroom/desktop/internal/app"
	"strongroom/desktop/internal/autotype"
	"strongroom/desktop/internal/away"
	"strongroom/desktop/internal/icon"
	"strongroom/desktop/internal/state"
)

const minWidth, minHeight, width, height = 420, 480, 1180, 780

// window is Wails' one, whose context comes with its start.
type window struct {
	ctx      context.Context
	app      *app.App
	quitting bool

	// Of the main thread, as Small and Large are.
	hidden bool
	former *former      // while the window is small
	stood  state.Window // where it was put last
}

// startURL is where Wails shows what its handler answers.
func startURL() string {
	if runtime.GOOS == "windows" {
		return "http://wails.localhost/"
	}
	return "wails://wails/"
}

func (w *window) Raise() {
	onMain(func() { w.hidden = false })
	wails_runtime.WindowShow(w.ctx)
	wails_runtime.WindowUnminimise(w.ctx)
	// Window managers that steal no focus obey one that asks to be on top for a moment.
	wails_runtime.WindowSetAlwaysOnTop(w.ctx, true)
	wails_runtime.WindowSetAlwaysOnTop(w.ctx, false)
}

func (w *window) Hide() {
	onMain(func() { w.hidden = true })
	wails_runtime.WindowHide(w.ctx)
}

func (w *window) Start()          { w.Tell("location.href='" + startURL() + "'") }
func (w *window) Tell(js string)  { wails_runtime.WindowExecJS(w.ctx, js) }
func (w *window) Browse(u string) { wails_runtime.BrowserOpenURL(w.ctx, u) }
func (w *window) Quit()           { w.quitting = true; wails_runtime.Quit(w.ctx) }

// show shows the window until it is closed for good.
func show(ctx context.Context, a *app.App, hidden bool, ready func()) error {
	w := &window{app: a}
	a.Window, a.Others, a.Grab = w, &autotype.Typer{}, grab
	var at state.Window
	signalled := func() bool { return true } // takes the wait for a signal back
	a.State.Read(func(s *state.State) { at = s.Window; hidden = hidden && s.StayInTray })
	w.hidden = hidden
	o := &options.App{
		Title: "Strongroom", Width: width, Height: height, MinWidth: minWidth, MinHeight: minHeight, StartHidden: hidden,
		EnableDefaultContextMenu: true,
		AssetServer:              &assetserver.Options{Handler: a.Start()},
		Linux:                    &linux.Options{Icon: icon.PNG(), ProgramName: "strongroom-desktop", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
		Windows:                  &windows.Options{WebviewUserDataPath: a.Dir + `\webview`, Theme: windows.SystemDefault},
		OnStartup: func(c context.Context) {
			w.ctx = c
			a.Clip.Board = board(c)
			w.keepHome()
			w.place(at)
			ready()
			away.Watch(ctx, a.Lock)                    //nolint:errcheck // where it cannot be known the page's own clock locks
			signalled = context.AfterFunc(ctx, w.Quit) // a signal: the clipboard is cleared and the vault closed as by the button
			w.tray()
			a.Listen() //nolint:errcheck // the start page says why there is no hotkey
		},
		OnBeforeClose: w.closing,
	}
	if at.Width >= minWidth && at.Height >= minHeight {
		o.Width, o.Height = at.Width, at.Height
	}
	if at.Maximised {
		o.WindowStartState = options.Maximised
	}
	defer func() { signalled() }()
	return wails.Run(o)
}

// place puts the window where it stood, if that is still on a screen.
func (w *window) place(at state.Window) {
	if at.Width == 0 || at.Maximised {
		return
	}
	all, err := wails_runtime.ScreenGetAll(w.ctx)
	if err != nil {
		return
	}
	for _, s := range all {
		if at.X >= 0 && at.Y >= 0 && at.X+minWidth/2 < s.Size.Width && at.Y+minHeight/2 < s.Size.Height {
			wails_runtime.WindowSetPosition(w.ctx, at.X, at.Y)
			return
		}
	}
}

// closing remembers where the window stands. It says true when the window is to stay.
// The quick search is closed as Escape does it.
func (w *window) closing(context.Context) (stay bool) {
	if !w.quitting && w.app.Dismiss() {
		return true
	}
	found := make(chan state.Window, 1)
	onMain(func() { found <- w.standing() })
	at := <-found
	w.app.State.Change(func(s *state.State) { //nolint:errcheck // a window that stands elsewhere next time is no reason to stay
		if at.Maximised {
			at.X, at.Y, at.Width, at.Height = s.Window.X, s.Window.Y, s.Window.Width, s.Window.Height
		}
		s.Window = at
		stay = s.StayInTray && !w.quitting
	})
	if stay {
		w.app.Lock()
		w.Hide()
		return stay
	}
	w.app.Clip.Clear() //nolint:errcheck // now, while there is somebody to ask for it: the toolkit ends before the program
	return stay
}

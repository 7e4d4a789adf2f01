//go:build desktop

package main

import (
	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"strongroom/desktop/internal/hotkey"
	"strongroom/desktop/internal/state"
)

const quickMinHeight, quickWidth, quickHeight = 320, 680, 420

// former is how the window was before the quick search made it small.
type former struct {
	state.Window
	hidden, minimised bool
}

// grab is what the program listens for.
func grab(keys string, pressed func()) (func(), error) {
	c, err := hotkey.Parse(keys)
	if err != nil {
		return nil, err
	}
	return hotkey.Grab(c, pressed)
}

// Small makes the window the quick search's, in the middle of its screen and in front.
func (w *window) Small() {
	onMain(func() {
		if w.former == nil {
			w.former = &former{Window: w.standing(), hidden: w.hidden, minimised: wails_runtime.WindowIsMinimised(w.ctx)}
		}
		wails_runtime.WindowUnmaximise(w.ctx)
		onMain(func() { // behind what was asked just now
			wails_runtime.WindowSetMinSize(w.ctx, minWidth, quickMinHeight)
			wails_runtime.WindowSetSize(w.ctx, quickWidth, quickHeight)
			if x, y, ok := w.middle(); ok {
				wails_runtime.WindowSetPosition(w.ctx, x, y)
			}
			w.hidden = false
			wails_runtime.WindowShow(w.ctx)
			wails_runtime.WindowUnminimise(w.ctx)
			wails_runtime.WindowSetAlwaysOnTop(w.ctx, true)
		})
	})
}

// middle is where the quick search stands on the screen that the window is on.
func (w *window) middle() (x, y int, ok bool) {
	all, err := wails_runtime.ScreenGetAll(w.ctx)
	if err != nil {
		return 0, 0, false
	}
	for _, s := range all {
		if s.IsCurrent || len(all) == 1 {
			return (s.Size.Width - quickWidth) / 2, (s.Size.Height - quickHeight) / 2, true
		}
	}
	return 0, 0, false
}

// Large gives the window its form and place back. Unless it is to stay it goes
// where it was: into the tray, among the minimised ones, or behind another.
func (w *window) Large(stay bool) {
	onMain(func() {
		f := w.former
		if f == nil {
			return
		}
		w.former, w.stood = nil, f.Window
		wails_runtime.WindowSetAlwaysOnTop(w.ctx, false)
		switch {
		case stay:
		case f.hidden:
			w.Hide()
		case f.minimised:
			wails_runtime.WindowMinimise(w.ctx)
		}
		wails_runtime.WindowSetMinSize(w.ctx, minWidth, minHeight)
		wails_runtime.WindowSetSize(w.ctx, f.Width, f.Height)
		wails_runtime.WindowSetPosition(w.ctx, f.X, f.Y)
		if f.Maximised {
			wails_runtime.WindowMaximise(w.ctx)
		}
	})
}

// standing is where the window stands, or stood before it was made small: a
// window manager may not have given it its size back yet.
func (w *window) standing() state.Window {
	if w.former != nil {
		return w.former.Window
	}
	at := state.Window{Maximised: wails_runtime.WindowIsMaximised(w.ctx)}
	at.X, at.Y = wails_runtime.WindowGetPosition(w.ctx)
	at.Width, at.Height = wails_runtime.WindowGetSize(w.ctx)
	if at.Width == quickWidth && at.Height == quickHeight && w.stood.Width != 0 {
		return w.stood
	}
	return at
}

//go:build desktop && !darwin

package main

import (
	"runtime"

	"fyne.io/systray"

	"strongroom/desktop/internal/icon"
)

// tray shows the icon with its menu, in a thread of its own. Without a tray on the
// machine nothing is shown, and nothing is missing: another start raises the window.
func (w *window) tray() {
	go func() {
		runtime.LockOSThread()
		systray.Run(w.trayMenu, nil)
	}()
}

func (w *window) trayMenu() {
	if runtime.GOOS == "windows" {
		systray.SetIcon(icon.ICO())
	} else {
		systray.SetIcon(icon.PNG())
	}
	systray.SetTitle("Strongroom")
	systray.SetTooltip("Strongroom")
	systray.SetOnTapped(func() { w.app.Follow(nil) })
	for _, e := range []struct {
		name string
		do   func()
	}{
		{"Open", func() { w.app.Follow(nil) }},
		{"Quick search", w.app.Quick},
		{"Generator", func() { w.app.Follow([]string{"strongroom://generator"}) }},
		{"Lock", w.app.Lock},
		{"Choose a vault", func() { w.app.Follow([]string{"--choose"}) }},
		{"Quit", w.Quit},
	} {
		item := systray.AddMenuItem(e.name, "")
		go func() {
			for range item.ClickedCh {
				e.do()
			}
		}()
	}
}

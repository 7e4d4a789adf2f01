//go:build desktop && darwin

package main

// tray: the menu bar belongs to the thread that Wails has.
func (w *window) tray() {}

//go:build desktop && !linux

package main

// keepHome would need more of the web view than Wails gives out here: the page
// itself has web sites open in the browser.
func (w *window) keepHome() {}

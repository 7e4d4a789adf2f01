//go:build desktop

package main

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.1
#include "home_linux.h"
*/
import "C"

import (
	"net/url"
	"sync/atomic"
)

// kept is the window whose view is kept: a program has one.
var kept atomic.Pointer[window]

// keepHome has the view show this program's pages alone. What it is led to
// elsewhere opens in the system's browser, if it is a web site.
func (w *window) keepHome() {
	kept.Store(w)
	C.home_keep()
}

//export homeIs
func homeIs(uri *C.char) C.int {
	u, err := url.Parse(C.GoString(uri))
	if err != nil {
		return 0
	}
	switch u.Scheme {
	case "wails", "about", "blob": // the start page, an empty one, a file that the page has made
		return 1
	case "http":
		if kept.Load().app.Home(u.Host) {
			return 1
		}
	}
	return 0
}

//export homeLeft
func homeLeft(uri *C.char) {
	if s := C.GoString(uri); kept.Load().app.Site(s) {
		go kept.Load().Browse(s)
	}
}

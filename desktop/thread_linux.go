//go:build desktop

package main

/*
#cgo pkg-config: glib-2.0
#include <glib.h>

extern gboolean strongroomTurn(gpointer);

static inline void strongroomLater(void) { g_idle_add(strongroomTurn, NULL); }
*/
import "C"

import (
	"sync"
	"unsafe"
)

var turns struct {
	mu    sync.Mutex
	queue []func()
}

// onMain has f run in the thread that GTK has, where alone its windows may be
// asked and moved, after what was to run there before. It does not wait.
func onMain(f func()) {
	turns.mu.Lock()
	turns.queue = append(turns.queue, f)
	turns.mu.Unlock()
	C.strongroomLater()
}

//export strongroomTurn
func strongroomTurn(unsafe.Pointer) C.gboolean {
	turns.mu.Lock()
	f := turns.queue[0]
	turns.queue = turns.queue[1:]
	turns.mu.Unlock()
	f()
	return C.G_SOURCE_REMOVE
}

// Package trim gives memory back that only starting needed. It must change nothing
// but where pages lie. Invariant: whatever it gives back can be read again.
package trim

import "runtime/debug"

// Started gives back free heap and, where the system can, the mapped pages of the
// program itself: those of code that runs once (settings, routes, schemas) stay
// out, the others come back from the system's cache when they are next used.
func Started() {
	debug.FreeOSMemory()
	unmapProgram()
}

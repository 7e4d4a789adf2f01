//go:build desktop && !linux

package main

var turns = make(chan func(), 64)

func init() {
	go func() {
		for f := range turns {
			f()
		}
	}()
}

// onMain has f run after what was to run before: Windows hands on to a window's
// thread what others ask of it.
func onMain(f func()) { turns <- f }

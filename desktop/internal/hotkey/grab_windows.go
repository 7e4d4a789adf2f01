package hotkey

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")

	registerHotKey    = user32.NewProc("RegisterHotKey")
	unregisterHotKey  = user32.NewProc("UnregisterHotKey")
	getMessage        = user32.NewProc("GetMessageW")
	postThreadMessage = user32.NewProc("PostThreadMessageW")
)

const (
	msgQuit   = 0x0012 // WM_QUIT
	msgHotkey = 0x0312 // WM_HOTKEY

	modAlt, modCtrl, modShift, modWin = 1, 2, 4, 8
	modNoRepeat                       = 0x4000

	keySpace, keyF1 = 0x20, 0x70

	errTaken = windows.Errno(1409) // ERROR_HOTKEY_ALREADY_REGISTERED
)

type message struct {
	window         uintptr
	message        uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

// Grab calls pressed each time the keys are pressed, from one goroutine, until
// release. Windows tells the thread that asked, so that thread does nothing else.
func Grab(c Combo, pressed func()) (release func(), err error) {
	ready, gone := make(chan error, 1), make(chan struct{})
	var thread uint32
	go func() {
		runtime.LockOSThread()
		defer close(gone)
		thread = windows.GetCurrentThreadId()
		if ok, _, err := registerHotKey.Call(0, 1, c.modifiers()|modNoRepeat, c.virtual()); ok == 0 {
			if errors.Is(err, errTaken) {
				err = ErrTaken
			}
			ready <- fmt.Errorf("RegisterHotKey: %w", err)
			return
		}
		ready <- nil
		listen(pressed)
		unregisterHotKey.Call(0, 1)
	}()
	if err := <-ready; err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() {
		postThreadMessage.Call(uintptr(thread), msgQuit, 0, 0)
		<-gone
	}), nil
}

func listen(pressed func()) {
	var m message
	for {
		if n, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(n) <= 0 {
			return
		}
		if m.message == msgHotkey {
			pressed()
		}
	}
}

func (c Combo) modifiers() (m uintptr) {
	for _, b := range []struct {
		on  bool
		bit uintptr
	}{{c.Alt, modAlt}, {c.Ctrl, modCtrl}, {c.Shift, modShift}, {c.Super, modWin}} {
		if b.on {
			m |= b.bit
		}
	}
	return m
}

func (c Combo) virtual() uintptr {
	if n := function(c.Key); n > 0 {
		return keyF1 + uintptr(n-1)
	}
	if c.Key == "Space" {
		return keySpace
	}
	return uintptr(c.Key[0])
}

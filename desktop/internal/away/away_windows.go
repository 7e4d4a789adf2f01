package away

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32   = windows.NewLazySystemDLL("user32.dll")
	wtsapi32 = windows.NewLazySystemDLL("wtsapi32.dll")

	registerClass  = user32.NewProc("RegisterClassExW")
	createWindow   = user32.NewProc("CreateWindowExW")
	defWindowProc  = user32.NewProc("DefWindowProcW")
	getMessage     = user32.NewProc("GetMessageW")
	dispatch       = user32.NewProc("DispatchMessageW")
	postMessage    = user32.NewProc("PostMessageW")
	notifySessions = wtsapi32.NewProc("WTSRegisterSessionNotification")
)

const (
	msgClose       = 0x0010 // WM_CLOSE
	msgPower       = 0x0218 // WM_POWERBROADCAST
	msgSession     = 0x02B1 // WM_WTSSESSION_CHANGE
	powerSuspend   = 4      // PBT_APMSUSPEND
	sessionLock    = 7      // WTS_SESSION_LOCK
	sessionRemote  = 4      // WTS_REMOTE_DISCONNECT
	sessionConsole = 2      // WTS_CONSOLE_DISCONNECT
)

type windowClass struct {
	size, style             uint32
	proc                    uintptr
	classExtra, windowExtra int32
	instance, icon, cursor  uintptr
	background              uintptr
	menuName, className     *uint16
	smallIcon               uintptr
}

type message struct {
	window         uintptr
	message        uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

// Watch calls gone whenever the session is locked or disconnected or the machine
// goes to sleep, until ctx ends. Windows tells windows alone, so there is one that
// nobody sees, in a thread of its own.
func Watch(ctx context.Context, gone func()) error {
	ready := make(chan error, 1)
	go watch(ctx, gone, ready)
	return <-ready
}

func watch(ctx context.Context, gone func(), ready chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name, err := windows.UTF16PtrFromString("StrongroomAway")
	if err != nil {
		ready <- err
		return
	}
	class := windowClass{className: name, proc: windows.NewCallback(func(w uintptr, m uint32, wp, lp uintptr) uintptr {
		if m == msgPower && wp == powerSuspend || m == msgSession && (wp == sessionLock || wp == sessionRemote || wp == sessionConsole) {
			gone()
		}
		r, _, _ := defWindowProc.Call(w, uintptr(m), wp, lp)
		return r
	})}
	class.size = uint32(unsafe.Sizeof(class))
	if ok, _, e := registerClass.Call(uintptr(unsafe.Pointer(&class))); ok == 0 {
		ready <- fmt.Errorf("RegisterClassEx: %w", e)
		return
	}
	w, _, e := createWindow.Call(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if w == 0 {
		ready <- fmt.Errorf("CreateWindowEx: %w", e)
		return
	}
	if ok, _, e := notifySessions.Call(w, 0); ok == 0 {
		ready <- fmt.Errorf("WTSRegisterSessionNotification: %w", e)
		return
	}
	defer context.AfterFunc(ctx, func() { postMessage.Call(w, msgClose, 0, 0) })()
	ready <- nil
	var m message
	for ctx.Err() == nil {
		if n, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(n) <= 0 {
			return
		}
		dispatch.Call(uintptr(unsafe.Pointer(&m)))
	}
}

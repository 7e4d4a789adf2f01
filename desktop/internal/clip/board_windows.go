package clip

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32   = windows.NewLazySystemDLL("user32.dll")
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	openClipboard           = user32.NewProc("OpenClipboard")
	closeClipboard          = user32.NewProc("CloseClipboard")
	emptyClipboard          = user32.NewProc("EmptyClipboard")
	setClipboardData        = user32.NewProc("SetClipboardData")
	getClipboardData        = user32.NewProc("GetClipboardData")
	registerClipboardFormat = user32.NewProc("RegisterClipboardFormatW")
	globalAlloc             = kernel32.NewProc("GlobalAlloc")
	globalFree              = kernel32.NewProc("GlobalFree")
	globalLock              = kernel32.NewProc("GlobalLock")
	globalUnlock            = kernel32.NewProc("GlobalUnlock")
	globalSize              = kernel32.NewProc("GlobalSize")
)

const (
	formatUnicode = 13 // CF_UNICODETEXT
	moveable      = 2  // GMEM_MOVEABLE
	tries         = 20 // another program may have the clipboard open for a moment
	pause         = 10 * time.Millisecond
)

// System is Windows' clipboard. What it writes carries the marks that keep it out of
// the clipboard's history, of the copy on other devices and of programs that watch.
type System struct{}

func (System) Read() (text string, err error) {
	err = opened(func() error {
		h, _, _ := getClipboardData.Call(formatUnicode)
		if h == 0 {
			return nil // nothing, or no text
		}
		p, _, e := globalLock.Call(h)
		if p == 0 {
			return fmt.Errorf("GlobalLock: %w", e)
		}
		defer globalUnlock.Call(h)
		size, _, _ := globalSize.Call(h)
		text = windows.UTF16ToString(unsafe.Slice((*uint16)(at(p)), size/2))
		return nil
	})
	return text, err
}

func (System) Write(text string) error {
	return opened(func() error {
		if ok, _, e := emptyClipboard.Call(); ok == 0 {
			return fmt.Errorf("EmptyClipboard: %w", e)
		}
		if text == "" {
			return nil
		}
		for _, mark := range []string{"ExcludeClipboardContentFromMonitorProcessing", "CanIncludeInClipboardHistory", "CanUploadToCloudClipboard"} {
			name, err := windows.UTF16PtrFromString(mark)
			if err != nil {
				return err
			}
			f, _, e := registerClipboardFormat.Call(uintptr(unsafe.Pointer(name)))
			if f == 0 {
				return fmt.Errorf("RegisterClipboardFormat: %w", e)
			}
			if err := set(f, []uint16{0, 0}); err != nil {
				return err
			}
		}
		u, err := windows.UTF16FromString(text)
		if err != nil {
			return errors.New("a text with a zero in it cannot be on the clipboard")
		}
		return set(formatUnicode, u)
	})
}

// set hands words to the clipboard, which owns them from then on.
func set(format uintptr, words []uint16) error {
	h, _, e := globalAlloc.Call(moveable, uintptr(len(words)*2))
	if h == 0 {
		return fmt.Errorf("GlobalAlloc: %w", e)
	}
	p, _, e := globalLock.Call(h)
	if p == 0 {
		return fmt.Errorf("GlobalLock: %w", e)
	}
	copy(unsafe.Slice((*uint16)(at(p)), len(words)), words)
	globalUnlock.Call(h)
	if ok, _, e := setClipboardData.Call(format, h); ok == 0 {
		globalFree.Call(h)
		return fmt.Errorf("SetClipboardData: %w", e)
	}
	return nil
}

// at is an address that Windows gave: no memory of Go's, which could move.
func at(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// opened runs f with the clipboard open, which is a thread's.
func opened(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for n := 0; ; n++ {
		ok, _, e := openClipboard.Call(0)
		if ok != 0 {
			break
		}
		if n == tries {
			return fmt.Errorf("OpenClipboard: %w", e)
		}
		<-time.After(pause)
	}
	defer closeClipboard.Call()
	return f()
}

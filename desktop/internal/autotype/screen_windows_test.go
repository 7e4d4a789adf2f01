package autotype

import (
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// TestTyping is of Windows' own keyboard, into an edit field of this test's: under
// Wine in `make desktop-test`.
func TestTyping(t *testing.T) {
	runtime.LockOSThread() // whose the field is
	defer runtime.UnlockOSThread()
	if size := unsafe.Sizeof(input{}); size != 40 && unsafe.Sizeof(uintptr(0)) == 8 {
		t.Fatalf("INPUT has %d bytes", size)
	}
	class, _ := windows.UTF16PtrFromString("EDIT")
	const visible, multiline, wantReturn = 0x10000000, 4, 0x1000
	w, _, err := user32.NewProc("CreateWindowExW").Call(0, uintptr(unsafe.Pointer(class)), 0, visible|multiline|wantReturn, 0, 0, 300, 200, 0, 0, 0, 0)
	if w == 0 {
		t.Fatal(err)
	}
	s := desktop{}
	if err := s.activate(w); err != nil {
		t.Fatal(err)
	}
	user32.NewProc("SetFocus").Call(w)
	if now, err := s.active(); err != nil || now != w || !s.own(w) {
		t.Fatalf("the active window is %x, not %x, %v", now, w, err)
	}
	const text = "me@größe.example\tпароль 🔑\n"
	for _, r := range text {
		if held, err := s.held(); held || err != nil {
			t.Fatalf("before %q: %v, %v", r, held, err)
		}
		if err := s.press(r); err != nil {
			t.Fatalf("%q: %v", r, err)
		}
	}
	pump()
	b := make([]uint16, 200)
	user32.NewProc("GetWindowTextW").Call(w, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if got := windows.UTF16ToString(b); got != "me@größe.example\tпароль 🔑\r\n" {
		t.Errorf("typed %q, there is %q", text, got)
	}
}

// pump has the field read its keys.
func pump() {
	var m [64]byte
	p := uintptr(unsafe.Pointer(&m[0]))
	for {
		if n, _, _ := user32.NewProc("PeekMessageW").Call(p, 0, 0, 0, 1); n == 0 {
			return
		}
		user32.NewProc("TranslateMessage").Call(p)
		user32.NewProc("DispatchMessageW").Call(p)
	}
}

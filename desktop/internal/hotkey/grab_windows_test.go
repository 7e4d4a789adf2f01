package hotkey

import (
	"errors"
	"testing"
	"time"
	"unsafe"
)

// TestGrab is of Windows' own hotkeys: under Wine in `make desktop-test`.
func TestGrab(t *testing.T) {
	c, err := Parse("Ctrl+Alt+Shift+F11")
	if err != nil {
		t.Fatal(err)
	}
	pressed := make(chan struct{}, 8)
	release, err := Grab(c, func() { pressed <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Grab(c, func() {}); !errors.Is(err, ErrTaken) {
		t.Errorf("grabbed twice: %v", err)
	}
	press(t, 0x11, 0x12, 0x10, 0x7A)
	select {
	case <-pressed:
	case <-time.After(time.Minute):
		t.Error("nobody was told")
	}
	release()
	release()
	again, err := Grab(c, func() {})
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again()
}

// press presses keys one after another and lets go of them.
func press(t *testing.T, keys ...uint16) {
	t.Helper()
	type input struct {
		kind uint32
		key  struct {
			virtual, scan uint16
			flags, time   uint32
			extra         uintptr
		}
		_ [8]byte
	}
	var all []input
	for _, flags := range []uint32{0, 2} {
		for _, k := range keys {
			i := input{kind: 1}
			i.key.virtual, i.key.flags = k, flags
			all = append(all, i)
		}
	}
	if n, _, err := user32.NewProc("SendInput").Call(uintptr(len(all)), uintptr(unsafe.Pointer(&all[0])), unsafe.Sizeof(all[0])); int(n) != len(all) {
		t.Fatal(err)
	}
}

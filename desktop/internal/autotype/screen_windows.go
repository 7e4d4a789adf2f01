package autotype

import (
	"fmt"
	"os"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")

	getForeground = user32.NewProc("GetForegroundWindow")
	setForeground = user32.NewProc("SetForegroundWindow")
	getProcess    = user32.NewProc("GetWindowThreadProcessId")
	getKey        = user32.NewProc("GetAsyncKeyState")
	sendInput     = user32.NewProc("SendInput")
)

const (
	keyTab    = 0x09
	keyReturn = 0x0D

	kindKeyboard = 1
	flagUp       = 2
	flagUnicode  = 4
)

// input is INPUT with a KEYBDINPUT in it, whose union is as large as MOUSEINPUT.
type input struct {
	kind uint32
	key  struct {
		virtual, scan uint16
		flags, time   uint32
		extra         uintptr
	}
	_ [8]byte
}

// desktop is Windows' own, where characters need no keys.
type desktop struct{}

func open() (screen, error) { return desktop{}, nil }

func (desktop) close()               {}
func (desktop) prepare(string) error { return nil }
func (desktop) free() (bool, error)  { return true, nil }

func (desktop) active() (uintptr, error) {
	w, _, _ := getForeground.Call()
	return w, nil
}

func (desktop) own(w uintptr) bool {
	var pid uint32
	getProcess.Call(w, uintptr(unsafe.Pointer(&pid)))
	return pid == uint32(os.Getpid())
}

func (desktop) activate(w uintptr) error {
	setForeground.Call(w) // whether it helped is looked at before each key
	return nil
}

func (desktop) held() (bool, error) {
	for _, k := range []uintptr{0x10, 0x11, 0x12, 0x5B, 0x5C} { // Shift, Ctrl, Alt, both Windows keys
		if state, _, _ := getKey.Call(k); state&0x8000 != 0 {
			return true, nil
		}
	}
	return false, nil
}

func (desktop) press(r rune) error {
	in := inputs(r)
	n, _, err := sendInput.Call(uintptr(len(in)), uintptr(unsafe.Pointer(&in[0])), unsafe.Sizeof(in[0]))
	if int(n) != len(in) {
		return fmt.Errorf("Windows let no key through: %w", err) // its window belongs to a program with more rights
	}
	return nil
}

// inputs are the presses and releases that give a character.
func inputs(r rune) (all []input) {
	add := func(virtual, scan uint16, flags uint32) {
		for _, up := range []uint32{0, flagUp} {
			i := input{kind: kindKeyboard}
			i.key.virtual, i.key.scan, i.key.flags = virtual, scan, flags|up
			all = append(all, i)
		}
	}
	switch r {
	case '\t':
		add(keyTab, 0, 0)
	case '\n':
		add(keyReturn, 0, 0)
	default:
		for _, u := range utf16.Encode([]rune{r}) {
			add(0, u, flagUnicode)
		}
	}
	return all
}

//go:build desktop

package main

/*
#cgo pkg-config: gtk+-3.0
#include <stdlib.h>
#include "board_linux.h"
*/
import "C"

import (
	"context"
	"errors"
	"sync"
	"time"
	"unsafe"

	"strongroom/desktop/internal/clip"
)

// boardTime bounds a question to the clipboard: its answer comes from another
// program, and from none once the window's loop has ended.
const boardTime = 2 * time.Second

var errNoBoard = errors.New("the clipboard does not answer")

// board is GTK's clipboard, asked by ourselves: Wails puts what it copies on the
// selection of the middle button, too, from which nothing would clear it, and does
// not say to clipboard managers that it is a secret.
func board(context.Context) clip.Board { return gtk{} }

type gtk struct{}

func (gtk) Read() (string, error) {
	return await(func(id C.uintptr_t) { C.board_read(id) })
}

func (gtk) Write(text string) error {
	t := C.CString(text) // the other side frees it
	_, err := await(func(id C.uintptr_t) { C.board_write(id, t, C.int(len(text))) })
	return err
}

// Questions that wait for GTK's thread, by id.
var asked struct {
	sync.Mutex
	last    C.uintptr_t
	answers map[C.uintptr_t]chan string
}

func await(ask func(C.uintptr_t)) (string, error) {
	answer := make(chan string, 1)
	asked.Lock()
	if asked.answers == nil {
		asked.answers = map[C.uintptr_t]chan string{}
	}
	asked.last++
	id := asked.last
	asked.answers[id] = answer
	asked.Unlock()
	defer func() {
		asked.Lock()
		delete(asked.answers, id)
		asked.Unlock()
	}()
	ask(id)
	select {
	case text := <-answer:
		return text, nil
	case <-time.After(boardTime):
		return "", errNoBoard
	}
}

//export boardAnswer
func boardAnswer(id C.uintptr_t, text *C.char) {
	s := ""
	if text != nil {
		s = C.GoString(text)
	}
	asked.Lock()
	defer asked.Unlock()
	if answer, ok := asked.answers[id]; ok { // otherwise it has been given up
		answer <- s
	}
}

//export boardFree
func boardFree(text *C.char, n C.int) {
	clear(unsafe.Slice((*byte)(unsafe.Pointer(text)), int(n)))
	C.free(unsafe.Pointer(text))
}

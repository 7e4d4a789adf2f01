package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// summaryID is the format of the stream that says when and by what an installer was made.
var summaryID = []byte{0xe0, 0x85, 0x9f, 0xf2, 0xf9, 0x4f, 0x68, 0x10, 0xab, 0x91, 0x08, 0x00, 0x2b, 0x27, 0xb3, 0xd9}

// Properties of that stream, and how their values begin.
const (
	propRevision, propCreated, propSaved = 9, 12, 13
	typeText, typeTime                   = 30, 64
)

// settle puts code and at in place of the random number and the time that wixl
// writes into an installer's summary. An installer that is laid out in another
// way than wixl's is an error.
func settle(msi []byte, code string, at time.Time) error {
	n := bytes.Index(msi, summaryID)
	if n < 28 || n+20 > len(msi) {
		return fmt.Errorf("the installer has no summary")
	}
	u32 := func(at int) int {
		if at < 0 || at+4 > len(msi) {
			return -1
		}
		return int(binary.LittleEndian.Uint32(msi[at:]))
	}
	section := n - 28 + u32(n+16)
	done := 0
	for p := range min(max(u32(section+4), 0), 32) {
		entry := section + 8 + 8*p
		id, value := u32(entry), section+u32(entry+4)
		switch {
		case id == propRevision && u32(value) == typeText && u32(value+4) == len(code)+1 && value+8+len(code) < len(msi):
			copy(msi[value+8:], code)
			done++
		case (id == propCreated || id == propSaved) && u32(value) == typeTime && value+12 <= len(msi):
			const before1970 = 11_644_473_600 // Windows counts from 1601, in units of 100 ns
			binary.LittleEndian.PutUint64(msi[value+4:], uint64(at.Unix()+before1970)*10_000_000)
			done++
		}
	}
	if done != 3 {
		return fmt.Errorf("the installer's summary has %d of the 3 values that are set here", done)
	}
	return nil
}

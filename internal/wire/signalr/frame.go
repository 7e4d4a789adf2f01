package signalr

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
)

// Messages that are the same for everyone. A binary message is its length (a
// varint) and a MessagePack array that begins with its type.
var (
	welcome  = []byte("{}\x1e")
	ping     = []byte{2, 0x91, typePing}
	farewell = []byte{4, 0x93, typeClose, 0xc0, 0xc3} // no error; the client may come again
)

const (
	typeInvocation = 1
	typePing       = 6
	typeClose      = 7
)

var (
	errText  = errors.New("text after the handshake")
	errFrame = errors.New("a frame that is not SignalR's")
)

// greet reads the handshake. What follows it in the same frame are messages; a
// refusal is for the client to read.
func greet(b []byte) (rest []byte, refusal string) {
	text, rest, whole := bytes.Cut(b, []byte{0x1e})
	var h struct {
		Protocol string `json:"protocol"`
		Version  int    `json:"version"`
	}
	switch {
	case !whole || json.Unmarshal(text, &h) != nil:
		return nil, "The handshake cannot be read."
	case h.Protocol != "messagepack":
		return nil, "This server speaks the protocol messagepack only."
	case h.Version != 1:
		return nil, "This server speaks version 1 of the protocol only."
	}
	return rest, ""
}

func unwelcome(refusal string) []byte {
	return []byte(`{"error":"` + refusal + "\"}\x1e") // our own words: nothing to escape
}

// scan checks the messages of one frame and reports whether the client closes.
func scan(b []byte) (closed bool, err error) {
	for len(b) > 0 {
		size, width := binary.Uvarint(b)
		if width <= 0 || size > uint64(len(b)-width) {
			return false, errFrame
		}
		kind, ok := messageType(b[width : width+int(size)])
		if !ok {
			return false, errFrame
		}
		closed = closed || kind == typeClose
		b = b[width+int(size):]
	}
	return closed, nil
}

// messageType is the first element of a MessagePack array.
func messageType(b []byte) (kind byte, ok bool) {
	switch {
	case len(b) > 1 && b[0] > 0x90 && b[0] <= 0x9f: // up to 15 elements
		kind = b[1]
	case len(b) > 3 && b[0] == 0xdc: // up to 65,535
		kind = b[3]
	default:
		return 0, false
	}
	return kind, kind < 0x80 // a small number
}

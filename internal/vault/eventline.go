package vault

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// EventLine is an event as lists, exports and streams spell it.
type EventLine struct {
	ID      string    `json:"id" format:"uuid"`
	Seq     int64     `json:"seq,omitempty" doc:"Its place in the chain; absent for the moment until it has one"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind" example:"signed-in"`
	User    string    `json:"user,omitempty" doc:"Whose log the line is in, by id"`
	Actor   string    `json:"actor,omitempty" doc:"Who did it, by id"`
	Subject string    `json:"subject,omitempty" doc:"What it was done to, by id"`
	Door    string    `json:"door,omitempty" example:"rest"`
	Address string    `json:"address,omitempty" example:"192.0.2.7"`
	Device  string    `json:"device,omitempty" doc:"The identifier of the client's device, or the id of an access token"`
	Detail  string    `json:"detail,omitempty"`
}

// Line is e as it is spelled outside.
func (e Event) Line() EventLine {
	return EventLine{e.ID, e.Seq, e.At, e.Kind.String(), string(e.User), string(e.Actor), e.Subject, e.Door.String(), e.Address, e.Device, e.Detail}
}

// JSON is the line on one line.
func (l EventLine) JSON() []byte {
	b, err := json.Marshal(l)
	if err != nil { // strings and numbers always encode
		panic(err)
	}
	return b
}

// EventColumns names what Cells has.
var EventColumns = []string{"id", "seq", "at", "kind", "user", "actor", "subject", "door", "address", "device", "detail"}

// Cells are the line as a spreadsheet reads it. A cell that a spreadsheet would take
// for a formula begins with a quotation mark, so that it is text.
func (l EventLine) Cells() []string {
	seq := ""
	if l.Seq > 0 {
		seq = strconv.FormatInt(l.Seq, 10)
	}
	cells := []string{l.ID, seq, l.At.Format(time.RFC3339Nano), l.Kind, l.User, l.Actor, l.Subject, l.Door, l.Address, l.Device, l.Detail}
	for n, c := range cells {
		if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r\n") {
			cells[n] = "'" + c
		}
	}
	return cells
}

package bitwarden

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// stamp is how this dialect writes a time: six digits, which Android reads and
// which keep what lastKnownRevisionDate sends back.
const stamp = "2006-01-02T15:04:05.000000Z"

func when(t time.Time) string { return t.UTC().Format(stamp) }

func whenOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := when(t)
	return &s
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func intOrNull(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

type listJSON[T any] struct {
	Object string  `json:"object"`
	Data   []T     `json:"data"`
	Next   *string `json:"continuationToken"`
}

func list[T any](data []T) listJSON[T] {
	if data == nil {
		data = []T{}
	}
	return listJSON[T]{Object: "list", Data: data}
}

// moment is a time in a request; clients write several forms, with and without
// fractions, and null.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return errBody.Saying("A date must be a text as in 2026-01-31T12:00:00Z.")
	}
	if s == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return errBody.Saying("%q is not a date as in 2026-01-31T12:00:00Z.", s[:min(len(s), 40)])
	}
	m.Time = t
	return nil
}

// number is a whole number that some clients send as a text (Android: fileSize).
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || s == "" {
		return nil
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return errBody.Saying("%q is not a whole number.", s[:min(len(s), 40)])
	}
	*n = number(i)
	return nil
}

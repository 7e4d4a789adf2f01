// Package fault is the one error type that crosses package boundaries. A fault
// says what kind of refusal it is and never which HTTP status: the doors answer
// the same fault differently, so the status belongs to them. Invariant: the
// zero Kind is Internal, so what nobody classified is never shown to a caller.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"
)

// Kind is the coarse class of a refusal.
type Kind uint8

// The kinds. Each door has one table from these to its own statuses.
const (
	Internal        Kind = iota // a bug or a broken dependency; the message is not shown
	Invalid                     // the request can never succeed as it was sent
	Unauthenticated             // it is not known who is calling
	Forbidden                   // it is known, and the answer is no
	NotFound                    // it is not there, or the caller may not learn that it is
	Conflict                    // it is there already
	Stale                       // an older revision was changed
	TooMany                     // too often, or too much at once
	Unavailable                 // not now; the same request may succeed later
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not-found", "conflict", "stale", "too-many", "unavailable"}

func (k Kind) String() string { return kindNames[k] }

// Field is one rejected input. Path is dotted, without the name of the place it
// came in ("fields[2].name"); a door adds "body." or "query." where it says so.
type Field struct{ Path, Message string }

// Error is a classified refusal. Message is for the person who reads it and is
// safe to show; Cause is for the log and is never shown.
type Error struct {
	Kind       Kind
	Code       string // stable, kebab-case; listed in docs/errors.md
	Message    string
	Fields     []Field
	RetryAfter time.Duration
	Cause      error
}

func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	for _, f := range e.Fields {
		s += fmt.Sprintf(" (%s: %s)", f.Path, f.Message)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the log the cause; nothing that answers a caller may use it.
func (e *Error) Unwrap() error { return e.Cause }

// Is matches by code, so errors.Is holds however a fault was decorated on its way up.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because returns a copy that remembers cause for the log.
func (e *Error) Because(cause error) *Error { c := *e; c.Cause = cause; return &c }

// Saying returns a copy with another message for the reader.
func (e *Error) Saying(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// At returns a copy that blames one more field.
func (e *Error) At(path, message string) *Error {
	c := *e
	c.Fields = append(c.Fields[:len(c.Fields):len(c.Fields)], Field{path, message})
	return &c
}

// After returns a copy that says when to try again.
func (e *Error) After(d time.Duration) *Error { c := *e; c.RetryAfter = d; return &c }

var (
	mu        sync.Mutex
	catalogue = map[string]*Error{}
)

// New defines a fault. It is called in package-level variables only, next to
// the noun the fault is about, so that All lists every one. A code used twice panics.
func New(k Kind, code, message string) *Error {
	mu.Lock()
	defer mu.Unlock()
	if _, ok := catalogue[code]; ok {
		panic("fault: " + code + " is defined twice")
	}
	e := &Error{Kind: k, Code: code, Message: message}
	catalogue[code] = e
	return e
}

// All lists every defined fault by code; docs/errors.md is generated from it.
func All() []*Error {
	mu.Lock()
	defer mu.Unlock()
	all := make([]*Error, 0, len(catalogue))
	for _, e := range catalogue {
		all = append(all, e)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}

var errInternal = New(Internal, "internal", "Something went wrong on the server. Its log says what.")

// From finds the fault in err, or wraps err as an Internal one.
func From(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return errInternal.Because(err)
}

// Of reports the kind of err; nil has none and reports false.
func Of(err error, k Kind) bool { return err != nil && From(err).Kind == k }

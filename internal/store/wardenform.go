package store

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// form reads the values of one row of another program's, whatever their columns
// are declared as, and keeps why the first does not have the form that it should.
type form struct{ bad error }

func (f *form) fail(column, what string) {
	if f.bad == nil {
		f.bad = fmt.Errorf("column %s holds no %s", column, what)
	}
}

// text reads a text; NULL is "".
func (f *form) text(column string, v any) string {
	switch v := v.(type) {
	case nil:
	case string:
		return v
	case []byte:
		return string(v)
	default:
		f.fail(column, "text")
	}
	return ""
}

// number reads a whole number of at least least; NULL is 0.
func (f *form) number(column string, v any, least int64) int64 {
	switch v := v.(type) {
	case nil:
		return 0
	case int64:
		if v >= least && v <= math.MaxInt32 {
			return v
		}
	}
	f.fail(column, "number from "+strconv.FormatInt(least, 10)+" up")
	return 0
}

// flag reads yes or no; NULL is no.
func (f *form) flag(column string, v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		if v == 0 || v == 1 {
			return v == 1
		}
	}
	f.fail(column, "yes or no")
	return false
}

// time reads a time in UTC; NULL is none.
func (f *form) time(column string, v any) time.Time {
	t, err := wardenTime(column, v)
	if f.bad == nil {
		f.bad = err
	}
	return t
}

// json reads what a client or the other server wrote, names of members as they
// are written now, into v.
func (f *form) json(column string, from, v any) {
	text := f.text(column, from)
	var in any
	err := wardenJSON(column, text, &in)
	if err == nil {
		var b []byte
		if b, err = json.Marshal(camel(in)); err == nil {
			err = json.Unmarshal(b, v)
		}
	}
	if err != nil || text == "" {
		f.fail(column, "JSON of the form that is known")
	}
}

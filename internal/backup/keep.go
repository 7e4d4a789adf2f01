package backup

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Keep says how many backups stay: the newest, and the newest of each of so many
// days, weeks and months that have any.
type Keep struct{ Last, Daily, Weekly, Monthly int }

// ParseKeep reads "last=7,daily=14,weekly=8,monthly=12"; what is not named is 0,
// and nothing at all keeps everything.
func ParseKeep(s string) (k Keep, err error) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, number, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(number)
		to := map[string]*int{"last": &k.Last, "daily": &k.Daily, "weekly": &k.Weekly, "monthly": &k.Monthly}[name]
		if err != nil || n < 0 || n > 10_000 || to == nil {
			return k, fmt.Errorf("%q must be last, daily, weekly or monthly and a number, such as last=7,daily=14", part)
		}
		*to = n
	}
	return k, nil
}

// Surplus is what may go of a list that is ordered oldest first.
func (k Keep) Surplus(list []Entry) (gone []Entry) {
	if k == (Keep{}) {
		return nil
	}
	rules := []struct {
		left  int
		last  string
		class func(Entry) string
	}{
		{left: k.Last, class: func(e Entry) string { return e.Name }},
		{left: k.Daily, class: func(e Entry) string { return e.Made.Format(time.DateOnly) }},
		{left: k.Weekly, class: func(e Entry) string { y, w := e.Made.ISOWeek(); return fmt.Sprint(y, w) }},
		{left: k.Monthly, class: func(e Entry) string { return e.Made.Format("2006-01") }},
	}
	for i := len(list) - 1; i >= 0; i-- {
		stays := false
		for n := range rules {
			r := &rules[n]
			if c := r.class(list[i]); r.left > 0 && c != r.last {
				r.left, r.last, stays = r.left-1, c, true
			}
		}
		if !stays {
			gone = append(gone, list[i])
		}
	}
	return gone
}

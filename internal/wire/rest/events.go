package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/url"
	"strings"
	"time"

	"strongroom/internal/vault"
)

// EventQuery chooses lines of the audit log.
type EventQuery struct {
	Kind   string    `query:"kind" maxLength:"500" example:"signed-in,sign-in-failed" doc:"Kinds, separated by commas"`
	From   time.Time `query:"from" doc:"Not before this time"`
	Until  time.Time `query:"until" doc:"Before this time"`
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string    `query:"cursor" maxLength:"100"`
}

// EventsIn asks for lines about the caller.
type EventsIn struct{ EventQuery }

// AllEventsIn asks for lines about everyone.
type AllEventsIn struct {
	EventQuery
	User vault.UserID `query:"user" maxLength:"64" doc:"Only lines about this person, by id"`
}

type (
	eventsOut struct {
		Link string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
		Body []vault.EventLine
	}
	exportIn struct {
		EventsIn
		Format string `query:"format" enum:"csv,jsonl" default:"csv"`
	}
	exportAllIn struct {
		AllEventsIn
		Format string `query:"format" enum:"csv,jsonl" default:"csv"`
	}
	exportOut struct {
		Link        string `header:"Link" doc:"The next page, with rel=next; absent on the last"`
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
)

func (q EventQuery) filter() (f vault.EventFilter, err error) {
	f.From, f.Until, f.Limit = q.From, q.Until, q.Limit+1
	for name := range strings.SplitSeq(q.Kind, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		k, err := vault.ParseEventKind(name)
		if err != nil {
			return f, err
		}
		f.Kinds = append(f.Kinds, k)
	}
	f.After, err = parseCursor(q.Cursor)
	return f, err
}

// values spells the query again, for the next page.
func (q EventQuery) values() url.Values {
	v := url.Values{"limit": {itoa(q.Limit)}}
	if q.Kind != "" {
		v.Set("kind", q.Kind)
	}
	if !q.From.IsZero() {
		v.Set("from", q.From.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		v.Set("until", q.Until.Format(time.RFC3339Nano))
	}
	return v
}

type eventLister func(context.Context, vault.Caller, vault.EventFilter) ([]vault.Event, error)

// page lists lines and says where the next ones are.
func (d *Door) eventPage(ctx context.Context, c vault.Caller, list eventLister, q EventQuery, user vault.UserID, path string, more url.Values) (lines []vault.EventLine, link string, err error) {
	f, err := q.filter()
	if err != nil {
		return nil, "", err
	}
	f.User = user
	es, err := list(ctx, c, f)
	if err != nil {
		return nil, "", err
	}
	if len(es) > q.Limit {
		es = es[:q.Limit]
		v := q.values()
		for k := range more {
			v.Set(k, more.Get(k))
		}
		link = d.next(path, v, es[q.Limit-1].At, es[q.Limit-1].ID)
	}
	lines = make([]vault.EventLine, len(es))
	for n, e := range es {
		lines[n] = e.Line()
	}
	return lines, link, nil
}

func exported(lines []vault.EventLine, link, format string) *exportOut {
	out := &exportOut{Link: link, ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="events.csv"`}
	var b bytes.Buffer
	if format == "jsonl" {
		out.ContentType, out.Disposition = "application/x-ndjson", `attachment; filename="events.jsonl"`
		for _, l := range lines {
			b.Write(l.JSON())
			b.WriteByte('\n')
		}
	} else {
		w := csv.NewWriter(&b)
		w.Write(vault.EventColumns) //nolint:errcheck // a buffer takes all
		for _, l := range lines {
			w.Write(l.Cells()) //nolint:errcheck // a buffer takes all
		}
		w.Flush()
	}
	out.Body = b.Bytes()
	return out
}

func userValue(u vault.UserID) url.Values {
	if u == "" {
		return nil
	}
	return url.Values{"user": {string(u)}}
}

func with(v url.Values, key, value string) url.Values {
	if v == nil {
		v = url.Values{}
	}
	v.Set(key, value)
	return v
}

func (d *Door) eventRoutes() {
	example := []vault.EventLine{{ID: "0b8f6a8e-6d4c-4f0e-8a56-1a3c1c0a7d55", Seq: 4711, At: exampleUser.CreatedAt, Kind: "signed-in", User: string(exampleUser.ID),
		Actor: string(exampleUser.ID), Door: "bitwarden", Address: "192.0.2.7", Device: "1d0d5d4e-9b5f-4a53-8f2b-1a2b3c4d5e6f"}}
	const what = " Lines are chained by hash, so that `strongroom audit verify` finds any that was changed, taken out or put in."
	register(d, route{method: "GET", path: "/events", id: "list-events", tag: "Audit", needs: vault.ManageSelf, status: 200, errors: []int{403},
		summary: "List what was done with your account", detail: "Newest first." + what, out: example},
		func(ctx context.Context, c vault.Caller, in *EventsIn) (*eventsOut, error) {
			lines, link, err := d.eventPage(ctx, c, d.Audit.Own, in.EventQuery, "", "/events", nil)
			return &eventsOut{link, lines}, err
		})
	page := exported(example, "", "csv").Body
	lines := exported(example, "", "jsonl").Body
	files := map[string]string{"text/csv": string(page), "application/x-ndjson": string(lines)}
	register(d, route{method: "GET", path: "/events/export", id: "export-events", tag: "Audit", needs: vault.ManageSelf, status: 200, errors: []int{403},
		summary: "Export what was done with your account", detail: "A page of the list as CSV, in which no cell is a formula, or as JSON Lines.", files: files},
		func(ctx context.Context, c vault.Caller, in *exportIn) (*exportOut, error) {
			lines, link, err := d.eventPage(ctx, c, d.Audit.Own, in.EventQuery, "", "/events/export", with(nil, "format", in.Format))
			return exported(lines, link, in.Format), err
		})
	register(d, route{method: "GET", path: "/admin/events", id: "admin-list-events", tag: "Audit", needs: vault.ReadUsers, status: 200, errors: []int{403, 404},
		summary: "List what was done on this server", detail: "For administrators and auditors; newest first. Lines name people and things by id and hold nothing of a vault." + what, out: example},
		func(ctx context.Context, c vault.Caller, in *AllEventsIn) (*eventsOut, error) {
			lines, link, err := d.eventPage(ctx, c, d.Audit.All, in.EventQuery, in.User, "/admin/events", userValue(in.User))
			return &eventsOut{link, lines}, err
		})
	register(d, route{method: "GET", path: "/admin/events/export", id: "admin-export-events", tag: "Audit", needs: vault.ReadUsers, status: 200, errors: []int{403, 404},
		summary: "Export what was done on this server", detail: "For administrators and auditors: a page of the list as CSV, in which no cell is a formula, or as JSON Lines. The export is written down.", files: files},
		func(ctx context.Context, c vault.Caller, in *exportAllIn) (*exportOut, error) {
			lines, link, err := d.eventPage(ctx, c, d.Audit.Exported, in.EventQuery, in.User, "/admin/events/export", with(userValue(in.User), "format", in.Format))
			return exported(lines, link, in.Format), err
		})
}

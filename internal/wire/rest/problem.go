package rest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
	"strongroom/internal/wire/httpkit"
)

// problem is a refusal as RFC 9457 spells it.
type problem struct {
	Type      string         `json:"type" format:"uri" example:"urn:strongroom:error:item-stale" doc:"What kind of problem it is; docs/errors.md lists them"`
	Title     string         `json:"title" example:"Precondition Failed"`
	Status    int            `json:"status" example:"412"`
	Detail    string         `json:"detail,omitempty" example:"This item was changed elsewhere since you read it. Read it again, then change it." doc:"What is wrong, for people"`
	Code      string         `json:"code" example:"item-stale" doc:"What is wrong, for programs; stable"`
	RequestID string         `json:"request_id,omitempty" doc:"Names this request in the server's log"`
	Errors    []problemField `json:"errors,omitempty" doc:"What is wrong with which input"`
	OAuth     string         `json:"error,omitempty" example:"second_factor_required" doc:"With second-factor-required: the same in OAuth2's spelling"`
	Providers []providerJSON `json:"providers,omitempty" doc:"With second-factor-required: what may be shown"`

	headers http.Header
}

type problemField struct {
	Message  string `json:"message" example:"is required"`
	Location string `json:"location" example:"body.service"`
}

func (p *problem) Error() string             { return p.Code + ": " + p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) GetHeaders() http.Header   { return p.headers }
func (p *problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Stale:           http.StatusPreconditionFailed,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// problem words an error for this door and has it logged if it is the server's own.
func (d *Door) problem(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTooSlow.Because(err)
	}
	f := fault.From(err)
	d.Kit.Failed(ctx, f)
	p := newProblem(statuses[f.Kind], f.Code, f.Message)
	p.RequestID = httpkit.RequestID(ctx)
	for _, e := range f.Fields {
		p.Errors = append(p.Errors, problemField{Message: e.Message, Location: location(e.Path)})
	}
	if f == errNoMethod {
		p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	}
	if ch, ok := errors.AsType[*vault.Challenge](err); ok {
		p.OAuth, p.Providers = "second_factor_required", providersOf(ch)
	}
	if f.RetryAfter > 0 {
		p.headers.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if f.Kind == fault.Unauthenticated {
		p.headers.Set("WWW-Authenticate", `Bearer realm="strongroom"`)
	}
	return p
}

var errTooSlow = fault.New(fault.Unavailable, "too-slow", "The server could not finish this in time. Nothing was changed; try again shortly.")

func newProblem(status int, code, detail string) *problem {
	return &problem{Type: "urn:strongroom:error:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail, headers: http.Header{}}
}

// location says where an input came in; a path that says so itself is left.
func location(path string) string {
	for _, place := range []string{"query.", "path.", "header.", "body.", "body[", "body"} {
		if strings.HasPrefix(path, place) && (place != "body" || path == place) {
			return path
		}
	}
	return "body." + path
}

// refuse answers from within huma, before a handler runs.
func (d *Door) refuse(hc huma.Context, err error) {
	p := d.problem(hc.Context(), err)
	for k, v := range p.headers {
		hc.SetHeader(k, v[0])
	}
	hc.SetHeader("Content-Type", "application/problem+json")
	hc.SetStatus(p.Status)
	json.NewEncoder(hc.BodyWriter()).Encode(p) //nolint:errcheck // the client is gone
}

// write answers from outside of huma.
func (d *Door) write(w http.ResponseWriter, r *http.Request, err error) {
	p := d.problem(r.Context(), err)
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the client is gone
}

// codes names what huma itself refuses.
var codes = map[int]string{
	http.StatusBadRequest: "bad-json", http.StatusUnprocessableEntity: "validation", http.StatusRequestEntityTooLarge: "body-too-large",
	http.StatusUnsupportedMediaType: "media-type", http.StatusNotAcceptable: "not-acceptable", http.StatusRequestTimeout: "body-too-slow",
}

// newHumaError words what huma refuses by itself. The offending value is left
// out: it may be a password.
func newHumaError(status int, msg string, errs ...error) huma.StatusError {
	code, ok := codes[status]
	if !ok {
		code = "http-" + strconv.Itoa(status)
	}
	p := newProblem(status, code, msg)
	for _, err := range errs {
		var f *fault.Error
		var detail huma.ErrorDetailer
		switch {
		case errors.As(err, &f):
			p.Detail = f.Message
			for _, e := range f.Fields {
				p.Errors = append(p.Errors, problemField{Message: e.Message, Location: location(e.Path)})
			}
		case errors.As(err, &detail):
			e := detail.ErrorDetail()
			if text, ok := strings.CutPrefix(e.Message, smuggle); ok {
				path, msg, _ := strings.Cut(text, "\x00")
				p = newProblem(http.StatusUnprocessableEntity, errBadText.Code, errBadText.Message)
				p.Errors = append(p.Errors, problemField{Message: msg, Location: location(path)})
				continue
			}
			p.Errors = append(p.Errors, problemField{Message: plainJSON(e.Message), Location: e.Location})
		case err != nil:
			p.Errors = append(p.Errors, problemField{Message: plainJSON(err.Error()), Location: "body"})
		}
	}
	return p
}

// plainJSON keeps Go's words about types out of answers.
func plainJSON(msg string) string {
	if strings.Contains(msg, "json:") || strings.Contains(msg, "invalid character") || strings.Contains(msg, "unexpected end of JSON") {
		return "is not well-formed JSON"
	}
	return msg
}

func init() {
	huma.NewError = newHumaError
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		e := newHumaError(status, msg, errs...)
		if p, ok := e.(*problem); ok && hc != nil {
			p.RequestID = httpkit.RequestID(hc.Context())
		}
		return e
	}
}

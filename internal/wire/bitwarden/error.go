package bitwarden

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"strongroom/internal/fault"
	"strongroom/internal/vault"
)

// errorJSON is a refusal in this dialect. Clients show the first validation
// error, else the message; the identity routes read ErrorModel.
type errorJSON struct {
	Object           string              `json:"object,omitempty"`
	Message          string              `json:"message"`
	ValidationErrors map[string][]string `json:"validationErrors"`
	ExceptionMessage *string             `json:"exceptionMessage"`
	ExceptionStack   *string             `json:"exceptionStackTrace"`
	InnerException   *string             `json:"innerExceptionMessage"`

	Error            string      `json:"error,omitempty"`
	ErrorDescription string      `json:"error_description,omitempty"`
	ErrorModel       *errorModel `json:"ErrorModel,omitempty"`
	SendError        string      `json:"send_access_error_type,omitempty"`
}

type errorModel struct {
	Message string `json:"Message"`
	Object  string `json:"Object"`
}

// statuses: an official client signs out on 401 and 403, so neither ever stands
// for "not allowed".
var statuses = map[fault.Kind]int{
	fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 404, fault.NotFound: 404,
	fault.Conflict: 400, fault.Stale: 400, fault.TooMany: 429, fault.Unavailable: 503,
}

const tokenPath = "/identity/connect/token"

// refuse is the one place where a refusal gets its words and status.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if c, ok := errors.AsType[*vault.Challenge](err); ok {
		challenge(w, c)
		return
	}
	f := fault.From(err)
	d.Kit.Failed(r.Context(), f)
	e := errorJSON{Object: "error", Message: f.Message}
	if f.Kind == fault.Forbidden {
		e.Message = "Resource not found."
	}
	for _, field := range f.Fields {
		if e.ValidationErrors == nil {
			e.ValidationErrors = map[string][]string{}
		}
		e.ValidationErrors[field.Path] = append(e.ValidationErrors[field.Path], field.Path+" "+field.Message)
	}
	status := statuses[f.Kind]
	if f.Code == vault.ErrMustEnrol.Code || f.Code == vault.ErrStepUp.Code { // its person can do something about it
		e.Message, status = f.Message, http.StatusBadRequest
	}
	if strings.HasPrefix(r.URL.Path, "/identity/") {
		status = identityError(&e, f, status)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())+1))
	}
	if e.Message == f.Message { // our web vault has words for it in its person's language; clients do not look here
		w.Header().Set("Error-Code", f.Code)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	b, _ := json.Marshal(e) // strings always encode
	w.Write(b)              //nolint:errcheck // the client is gone
}

func identityError(e *errorJSON, f *fault.Error, status int) int {
	e.Error = "invalid_grant"
	switch {
	case f.Kind == fault.Invalid:
		e.Error = "invalid_request"
		if f.Code == vault.ErrDeviceInvalid.Code {
			e.Error = "device_error"
		}
	case status >= 429:
		e.Error = "temporarily_unavailable"
	}
	if s, ok := strings.CutPrefix(f.Code, "send-access-"); ok {
		e.SendError = strings.ReplaceAll(s, "-", "_")
		if strings.HasSuffix(e.SendError, "_invalid") {
			e.Error = "invalid_grant"
		}
	}
	if f.Kind == fault.Forbidden {
		e.Message = f.Message // a suspended account says so to who knows its password
	}
	e.ErrorDescription, e.ErrorModel = e.Message, &errorModel{e.Message, "error"}
	if status < 429 {
		status = http.StatusBadRequest
	}
	return status
}

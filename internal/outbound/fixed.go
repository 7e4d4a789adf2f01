package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"strongroom/internal/fault"
)

// Fixed asks one server, which the operator named in the settings: it may stand
// on a private network. Redirects are not followed, and no other host is asked.
type Fixed struct {
	http   *http.Client
	server *url.URL
}

// headerTime is how long a server may think once it has a whole request.
const headerTime = time.Minute

// To makes the client of a server. A request has no other limit than its
// context's: bodies may take long.
func To(server *url.URL) *Fixed {
	d := &net.Dialer{Timeout: connectTime}
	return &Fixed{server: server, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: headerTime,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second, DisableCompression: true, ForceAttemptHTTP2: true},
	}}
}

// Do asks. The caller closes the answer's body.
func (f *Fixed) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != f.server.Scheme || r.URL.Host != f.server.Host {
		return nil, ErrRefused.Because(fmt.Errorf("asking %s with the client of %s", r.URL.Redacted(), f.server.Host))
	}
	resp, err := f.http.Do(r) //nolint:gosec // the operator named this server
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return nil, f
		}
		return nil, ErrFailed.Because(err)
	}
	return resp, nil
}

package rest

import (
	"context"

	"strongroom/internal/vault"
)

type versionOut struct {
	Body struct {
		Version string `json:"version" doc:"The release, or what git calls the commit."`
		Commit  string `json:"commit" doc:"The commit it was built from."`
		Date    string `json:"date" doc:"When that commit was made (RFC 3339)."`
	}
}

func (d *Door) versionRoutes() {
	register(d, route{method: "GET", path: "/version", id: "version", tag: "Server", status: 200,
		summary: "Say which version this is", detail: "What `strongroom version` prints. The program is open, so this tells nobody more than they can try out.",
		out: map[string]any{"version": "v0.2.0", "commit": "0123456789ab", "date": "2026-11-25T12:00:00Z"}},
		func(context.Context, vault.Caller, *struct{}) (*versionOut, error) {
			out := &versionOut{}
			out.Body.Version, out.Body.Commit, out.Body.Date = d.Version, d.Commit, d.Date
			return out, nil
		})
}

package bitwarden

import (
	"context"
	"time"

	"strongroom/internal/vault"
)

// clientVersion is the official release whose answers ours match; clients compare
// it for their own gates.
const clientVersion = "2026.9.0"

// features: what is not listed is off in every client. Archive is named for
// those from before mid-2026; they show it only then.
var features = map[string]any{"pm-19148-innovation-archive": true}

type configJSON struct {
	Object      string            `json:"object"`
	Version     string            `json:"version"`
	GitHash     string            `json:"gitHash"`
	Server      map[string]string `json:"server"`
	Environment environmentJSON   `json:"environment"`
	Features    map[string]any    `json:"featureStates"`
	Push        pushJSON          `json:"push"`
	Comms       *struct{}         `json:"communication"`
	Settings    settingsJSON      `json:"settings"`
}

type environmentJSON struct {
	CloudRegion   *string `json:"cloudRegion"`
	Vault         string  `json:"vault"`
	API           string  `json:"api"`
	Identity      string  `json:"identity"`
	Notifications string  `json:"notifications"`
	SSO           string  `json:"sso"`
}

type pushJSON struct {
	Technology int     `json:"pushTechnology"`
	VAPID      *string `json:"vapidPublicKey"`
}

type settingsJSON struct {
	NoSignUp     bool `json:"disableUserRegistration"`
	NoOnboarding bool `json:"suppressOnboardingInterstitials"`
}

func (d *Door) configRoutes() {
	d.row(0, d.config, "GET /api/config")
	d.row(0, d.alive, "GET /api/alive", "GET /api/now", "GET /identity/alive", "GET /identity/now")
	d.row(0, func(context.Context, vault.Caller, *request) (any, error) { return clientVersion, nil }, "GET /api/version")
}

func (d *Door) config(_ context.Context, _ vault.Caller, r *request) (any, error) {
	base := d.base(r.Request)
	return configJSON{Object: "config", Version: clientVersion, GitHash: "strongroom", Server: map[string]string{"name": "Strongroom", "url": base},
		Environment: environmentJSON{Vault: base, API: base + "/api", Identity: base + "/identity", Notifications: base + "/notifications"},
		Features:    features, Settings: settingsJSON{NoSignUp: d.Accounts.SignUps().Closed()}}, nil
}

func (d *Door) alive(context.Context, vault.Caller, *request) (any, error) {
	return d.Now().UTC().Format(time.RFC3339), nil
}

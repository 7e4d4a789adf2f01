package bitwarden

import (
	"context"
	"strconv"

	"strongroom/internal/vault"
)

func (d *Door) authRequestRoutes() {
	d.row(0, d.ask, "POST /api/auth-requests")
	d.row(0, d.answered, "GET /api/auth-requests/{id}/response")
	d.row(vault.ManageSelf, d.asked(false), "GET /api/auth-requests")
	d.row(vault.ManageSelf, d.asked(true), "GET /api/auth-requests/pending")
	d.row(vault.ManageSelf, d.askedOne, "GET /api/auth-requests/{id}")
	d.row(vault.ManageSelf, d.answerAsked, "PUT /api/auth-requests/{id}")
}

type authRequestJSON struct {
	ID         vault.AuthRequestID `json:"id"`
	PublicKey  string              `json:"publicKey"`
	DeviceType string              `json:"requestDeviceType"`
	TypeValue  int                 `json:"requestDeviceTypeValue"`
	Device     string              `json:"requestDeviceIdentifier"`
	Address    string              `json:"requestIpAddress"`
	Country    *string             `json:"requestCountryName"`
	Key        *string             `json:"key"`
	Proof      *string             `json:"masterPasswordHash"`
	Created    string              `json:"creationDate"`
	Answered   *string             `json:"responseDate"`
	Approved   *bool               `json:"requestApproved"`
	Origin     string              `json:"origin"`
	DeviceID   *vault.DeviceID     `json:"requestDeviceId,omitempty"`
	Object     string              `json:"object"`
}

func (d *Door) authRequestOf(a *vault.AuthRequest, r *request) authRequestJSON {
	out := authRequestJSON{ID: a.ID, PublicKey: a.PublicKey, DeviceType: deviceTypeName(a.DeviceType), TypeValue: a.DeviceType, Device: a.Device,
		Address: a.Address, Key: orNull(a.Key), Proof: orNull(a.Proof), Created: when(a.CreatedAt), Answered: whenOrNil(a.AnsweredAt),
		Origin: d.base(r.Request), Object: "auth-request"}
	if a.State != vault.AuthWaiting {
		yes := a.State == vault.AuthApproved
		out.Approved = &yes
	}
	return out
}

// deviceTypes are the protocol's numbers, as people read them.
var deviceTypes = []string{"Android", "iOS", "Chrome Extension", "Firefox Extension", "Opera Extension", "Edge Extension", "Windows", "macOS", "Linux", "Chrome",
	"Firefox", "Opera", "Edge", "Internet Explorer", "Unknown Browser", "Android", "UWP", "Safari", "Vivaldi", "Vivaldi Extension", "Safari Extension", "SDK",
	"Server", "Windows CLI", "macOS CLI", "Linux CLI", "DuckDuckGo"}

func deviceTypeName(n int) string {
	if n >= 0 && n < len(deviceTypes) {
		return deviceTypes[n]
	}
	return "Unknown"
}

func (d *Door) ask(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Email  string `json:"email"`
		Key    string `json:"publicKey"`
		Device string `json:"deviceIdentifier"`
		Code   string `json:"accessCode"`
		Type   int    `json:"type"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	kind, err := strconv.Atoi(r.Header.Get("Device-Type"))
	if err != nil || in.Type < 0 || in.Type > 1 {
		return nil, vault.ErrAuthRequestInvalid
	}
	a := &vault.AuthRequest{Type: in.Type, PublicKey: in.Key, Device: in.Device, DeviceType: kind, Address: c.Address}
	if err := d.SignIn.Ask(ctx, d.email(in.Email), in.Code, a); err != nil {
		return nil, err
	}
	return d.authRequestOf(a, r), nil
}

func (d *Door) answered(ctx context.Context, c vault.Caller, r *request) (any, error) {
	a, err := d.SignIn.Answered(ctx, c, vault.AuthRequestID(r.param("id")), r.URL.Query().Get("code"))
	if err != nil {
		return nil, err
	}
	return d.authRequestOf(a, r), nil
}

func (d *Door) asked(pending bool) handler {
	return func(ctx context.Context, c vault.Caller, r *request) (any, error) {
		as, err := d.SignIn.Asked(ctx, c)
		if err != nil {
			return nil, err
		}
		out := []authRequestJSON{}
		newest := map[string]bool{} // of a device that asked more than once only the last counts
		for _, a := range as {
			if pending && (a.State != vault.AuthWaiting || newest[a.Device]) {
				continue
			}
			newest[a.Device] = true
			out = append(out, d.authRequestOf(a, r))
		}
		return list(out), nil
	}
}

func (d *Door) askedOne(ctx context.Context, c vault.Caller, r *request) (any, error) {
	as, err := d.SignIn.Asked(ctx, c)
	for _, a := range as {
		if string(a.ID) == r.param("id") {
			return d.authRequestOf(a, r), nil
		}
	}
	if err == nil {
		err = vault.ErrAuthRequestNotFound
	}
	return nil, err
}

func (d *Door) answerAsked(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Key      string `json:"key"`
		Proof    string `json:"masterPasswordHash"`
		Device   string `json:"deviceIdentifier"`
		Approved bool   `json:"requestApproved"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	a, err := d.SignIn.Answer(ctx, c, vault.AuthRequestID(r.param("id")), in.Approved, in.Key, in.Proof)
	if err != nil {
		return nil, err
	}
	return d.authRequestOf(a, r), nil
}

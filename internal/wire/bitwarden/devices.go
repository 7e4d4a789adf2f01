package bitwarden

import (
	"context"
	"encoding/base64"

	"strongroom/internal/vault"
)

func (d *Door) deviceRoutes() {
	d.row(0, d.known, "GET /api/devices/knowndevice")
	d.row(0, d.knownOld, "GET /api/devices/knowndevice/{email}/{identifier}")
	d.row(vault.ManageSelf, d.devices, "GET /api/devices")
	d.row(vault.ManageSelf, d.device, "GET /api/devices/{id}", "GET /api/devices/identifier/{identifier}")
	d.row(vault.ManageSelf, d.pushToken, "PUT /api/devices/identifier/{identifier}/token", "POST /api/devices/identifier/{identifier}/token")
	d.row(vault.ManageSelf, d.renameDevice, "PUT /api/devices/{id}", "POST /api/devices/{id}")
	d.row(vault.ManageSelf, d.deviceKeys, "PUT /api/devices/{identifier}/keys", "POST /api/devices/{identifier}/keys")
	d.row(vault.ManageSelf, d.dropDevice, "DELETE /api/devices/{id}", "POST /api/devices/{id}/deactivate")
}

type deviceJSON struct {
	ID        vault.DeviceID `json:"id"`
	Name      string         `json:"name"`
	Type      int            `json:"type"`
	Named     string         `json:"identifier"`
	Created   string         `json:"creationDate"`
	Active    string         `json:"lastActivityDate"`
	Trusted   bool           `json:"isTrusted"`
	UserKey   *string        `json:"encryptedUserKey"`
	PublicKey *string        `json:"encryptedPublicKey"`
	Pending   *pendingJSON   `json:"devicePendingAuthRequest"`
	Object    string         `json:"object"`
}

type pendingJSON struct {
	ID      vault.AuthRequestID `json:"id"`
	Created string              `json:"creationDate"`
}

func deviceOf(x *vault.Device) deviceJSON {
	return deviceJSON{ID: x.ID, Name: x.Name, Type: x.Type, Named: x.Identifier, Created: when(x.CreatedAt), Active: when(x.LastUsedAt),
		Trusted: x.Trusted(), UserKey: orNull(x.Keys.User), PublicKey: orNull(x.Keys.Public), Object: "device"}
}

func (d *Door) known(ctx context.Context, c vault.Caller, r *request) (any, error) {
	email, err := base64.RawURLEncoding.DecodeString(r.Header.Get("X-Request-Email"))
	if err != nil {
		return nil, errBody.At("X-Request-Email", "must be an address in base64url without padding")
	}
	return d.SignIn.Known(ctx, c, d.email(string(email)), r.Header.Get("X-Device-Identifier"))
}

func (d *Door) knownOld(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return d.SignIn.Known(ctx, c, d.email(r.param("email")), r.param("identifier"))
}

func (d *Door) devices(ctx context.Context, c vault.Caller, _ *request) (any, error) {
	ds, err := d.SignIn.Devices(ctx, c)
	if err != nil {
		return nil, err
	}
	asked, err := d.SignIn.Asked(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]deviceJSON, len(ds))
	for n, x := range ds {
		out[n] = deviceOf(x)
		for _, a := range asked {
			if a.State == vault.AuthWaiting && a.Device == x.Identifier {
				out[n].Pending = &pendingJSON{a.ID, when(a.CreatedAt)}
				break
			}
		}
	}
	return list(out), nil
}

// named finds a device by the id or the identifier that the path has.
func (r *request) named() func(*vault.Device) bool {
	id, identifier := r.param("id"), r.param("identifier")
	return func(x *vault.Device) bool {
		return id != "" && string(x.ID) == id || identifier != "" && x.Identifier == identifier
	}
}

func (d *Door) device(ctx context.Context, c vault.Caller, r *request) (any, error) {
	ds, err := d.SignIn.Devices(ctx, c)
	find := r.named()
	for _, x := range ds {
		if find(x) {
			return deviceOf(x), nil
		}
	}
	if err == nil {
		err = vault.ErrDeviceNotFound
	}
	return nil, err
}

func (d *Door) changeDevice(ctx context.Context, c vault.Caller, r *request, edit func(*vault.Device)) (any, error) {
	x, err := d.SignIn.ChangeDevice(ctx, c, r.named(), edit)
	if err != nil {
		return nil, err
	}
	return deviceOf(x), nil
}

func (d *Door) pushToken(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		Token string `json:"pushToken"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	_, err := d.changeDevice(ctx, c, r, func(x *vault.Device) { x.PushToken = in.Token })
	return nil, err
}

func (d *Door) renameDevice(ctx context.Context, c vault.Caller, r *request) (any, error) {
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	return d.changeDevice(ctx, c, r, func(x *vault.Device) { x.Name = name })
}

func (d *Door) deviceKeys(ctx context.Context, c vault.Caller, r *request) (any, error) {
	var in struct {
		User    string `json:"encryptedUserKey"`
		Public  string `json:"encryptedPublicKey"`
		Private string `json:"encryptedPrivateKey"`
	}
	if err := r.read(&in); err != nil {
		return nil, err
	}
	return d.changeDevice(ctx, c, r, func(x *vault.Device) {
		x.Keys = vault.DeviceKeys{User: in.User, Public: in.Public, Private: in.Private}
	})
}

func (d *Door) dropDevice(ctx context.Context, c vault.Caller, r *request) (any, error) {
	return nil, d.SignIn.DropDevice(ctx, c, vault.DeviceID(r.param("id")))
}

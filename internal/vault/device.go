package vault

import (
	"time"

	"strongroom/internal/fault"
)

// Device is a client program on one machine, as it named itself. Type is the
// Bitwarden protocol's number; Keys are those of a trusted device, "" without.
type Device struct {
	ID         DeviceID
	User       UserID
	Identifier string
	Name       string
	Type       int
	PushToken  string
	Keys       DeviceKeys
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// DeviceKeys are the user key for a device, that device's public key under the
// user key, and its private key under a key that only it has.
type DeviceKeys struct{ User, Public, Private string }

// Trusted reports whether the device can open the vault without the password.
func (d *Device) Trusted() bool {
	return d.Keys.User != "" && d.Keys.Public != "" && d.Keys.Private != ""
}

// MaxDevices is how many devices one person may have; the one unused longest makes room.
const MaxDevices = 200

// MaxDeviceType is the largest number of a kind of client that we have heard of, with room for new ones.
const MaxDeviceType = 255

// The faults of devices.
var (
	ErrDeviceNotFound = fault.New(fault.NotFound, "device-not-found", "There is no such device.")
	ErrDeviceInvalid  = fault.New(fault.Invalid, "device-invalid", "no device information provided")
)

// Check reports why d may not be kept.
func (d *Device) Check() error {
	if d.Identifier == "" || d.Name == "" {
		return ErrDeviceInvalid
	}
	if d.Type < 0 || d.Type > MaxDeviceType {
		return ErrDeviceInvalid.At("deviceType", "is no known kind of client")
	}
	if err := CheckLine(ErrDeviceInvalid, "deviceIdentifier", d.Identifier, 50); err != nil {
		return err
	}
	if err := CheckLine(ErrDeviceInvalid, "deviceName", d.Name, 200); err != nil {
		return err
	}
	return CheckLine(ErrDeviceInvalid, "devicePushToken", d.PushToken, 500)
}

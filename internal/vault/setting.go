package vault

import (
	"time"

	"strongroom/internal/fault"
)

// Setting is one setting of the instance as administrators see it, secrets
// hidden. From says where Value comes from. Open ones an administrator may set
// now; the others are set where it counts more, or are the machine's alone.
type Setting struct {
	Name, Value, From, Default, Doc string
	Open                            bool
	Choices                         []string // the values that there are; nil for any text
	Kept                            Kept     // what an administrator set, also where it does not count
}

// Kept is a setting's value as an administrator set it; the zero one is none.
type Kept struct {
	Value string
	By    UserID
	At    time.Time
}

// The faults of settings.
var (
	ErrSettingNotFound = fault.New(fault.NotFound, "setting-not-found", "There is no such setting.")
	ErrSettingFixed    = fault.New(fault.Conflict, "setting-fixed", "This setting cannot be set here: a flag, the environment or .env sets it, or it is the machine's owner's alone.")
	ErrSettingInvalid  = fault.New(fault.Invalid, "setting-invalid", "This value cannot be taken.")
)

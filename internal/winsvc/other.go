//go:build !windows

package winsvc

import (
	"context"
	"errors"
)

var errElsewhere = errors.New("these commands are for Windows; on this system a service is made with its own means, such as packaging/systemd/strongroom.service")

// DataDir is where a service's data lies by default.
func DataDir() (string, error) { return "", errElsewhere }

// Protect is for Windows.
func Protect(string) error { return errElsewhere }

// Enter is for Windows.
func Enter(string) error { return errElsewhere }

// Install is for Windows.
func Install(string, []string) error { return errElsewhere }

// Adopt is for Windows.
func Adopt() error { return errElsewhere }

// Uninstall is for Windows.
func Uninstall(context.Context) error { return errElsewhere }

// Start is for Windows.
func Start(context.Context) error { return errElsewhere }

// Stop is for Windows.
func Stop(context.Context) error { return errElsewhere }

// Query is for Windows.
func Query() (Status, error) { return Status{}, errElsewhere }

// Run is for Windows.
func Run(func(context.Context, func(string)) error) error { return errElsewhere }

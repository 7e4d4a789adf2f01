package away

import (
	"context"
	"errors"

	"github.com/godbus/dbus/v5"
)

// Watch calls gone whenever the screen is locked (the session bus: ScreenSaver) or
// the machine goes to sleep (the system bus: logind), until ctx ends. It returns at
// once, with an error when neither bus is there.
func Watch(ctx context.Context, gone func()) error {
	session, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err == nil {
		for _, name := range []string{"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"} {
			if err = session.AddMatchSignal(dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")); err != nil {
				return err
			}
		}
		listen(ctx, session, gone)
	}
	system, err2 := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err2 == nil {
		if err2 = system.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.login1.Manager"), dbus.WithMatchMember("PrepareForSleep"),
			dbus.WithMatchSender("org.freedesktop.login1")); err2 == nil {
			listen(ctx, system, gone)
		}
	}
	if err != nil && err2 != nil {
		return errors.Join(ErrNotHere, err, err2)
	}
	return nil
}

// listen hears what was asked for. Both signals carry whether it begins or ends.
func listen(ctx context.Context, c *dbus.Conn, gone func()) {
	ch := make(chan *dbus.Signal, 8)
	c.Signal(ch)
	go func() {
		defer c.Close() //nolint:errcheck // nothing is waiting for it
		for {
			select {
			case <-ctx.Done():
				return
			case s, ok := <-ch:
				if !ok {
					return
				}
				if len(s.Body) == 1 && s.Body[0] == true {
					gone()
				}
			}
		}
	}()
}

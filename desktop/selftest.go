package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"strongroom/desktop/internal/app"
	"strongroom/desktop/internal/keychain"
	"strongroom/desktop/internal/state"
)

// selftest tries what needs no window, in an empty folder: whether this machine can
// hold a personal vault, and whether the window would be let in to it.
func selftest(out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "strongroom-selftest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it lies among temporary files
	s, err := state.Load(dir)
	if err != nil {
		return err
	}
	a := &app.App{Dir: filepath.Join(dir, "data"), Version: version, State: s}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.Try(out); err != nil {
		return err
	}
	fmt.Fprintln(out, tryKeychain())
	fmt.Fprintln(out, "all is well")
	return nil
}

// tryKeychain says whether the system's keychain takes a secret and forgets it again.
func tryKeychain() string {
	const account, secret = "selftest", "kept for a moment"
	var k keychain.System
	err := k.Set(account, secret)
	if err == nil {
		var got string
		if got, err = k.Get(account); err == nil && got != secret {
			err = errors.New("it gave something else back")
		}
		err = errors.Join(err, k.Delete(account))
	}
	if err != nil {
		return "there is no keychain to use: " + err.Error()
	}
	return "the keychain keeps a secret"
}

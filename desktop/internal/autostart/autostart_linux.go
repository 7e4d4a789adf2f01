package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// file is where desktops look (the XDG autostart specification).
func file() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "autostart", name+".desktop"), err
}

// quote is the specification's: in double quotes, with four characters escaped, and
// percent signs doubled.
var quote = strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", "$", `\\$`, "%", "%%")

// On has program started, hidden where there is a tray.
func On(program string) error {
	f, err := file()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f), 0o700); err != nil {
		return err
	}
	return os.WriteFile(f, []byte("[Desktop Entry]\nType=Application\nName=Strongroom\nIcon="+name+"\nExec=\""+quote.Replace(program)+"\" --background\nTerminal=false\n"), 0o600)
}

// Off undoes it.
func Off() error {
	f, err := file()
	if err == nil {
		err = os.Remove(f)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Is reports whether it is on.
func Is() (bool, error) {
	f, err := file()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(f)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

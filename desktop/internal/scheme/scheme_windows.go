package scheme

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const (
	class   = `Software\Classes\` + Name
	command = class + `\shell\open\command`
)

// line is how Windows starts program with a link.
func line(program string) string { return `"` + program + `" ` + Flag + ` "%1"` }

// Register has links opened by program from now on.
func Register(program string) error { return write(registry.CURRENT_USER, program) }

func write(root registry.Key, program string) error {
	for _, v := range []struct{ key, name, value string }{
		{class, "", "URL:Strongroom"},
		{class, "URL Protocol", ""}, // what makes it one for links
		{class + `\DefaultIcon`, "", `"` + program + `",0`},
		{command, "", line(program)},
	} {
		k, _, err := registry.CreateKey(root, v.key, registry.SET_VALUE)
		if err != nil {
			return err
		}
		if err := errors.Join(k.SetStringValue(v.name, v.value), k.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Unregister undoes it, if links are opened by program.
func Unregister(program string) error {
	if now, err := registered(); err != nil || now != line(program) {
		return err
	}
	return remove(registry.CURRENT_USER)
}

func remove(root registry.Key) error {
	for _, key := range []string{command, class + `\shell\open`, class + `\shell`, class + `\DefaultIcon`, class} {
		if err := registry.DeleteKey(root, key); err != nil && !errors.Is(err, registry.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Adopt registers program if nothing else is: no other program that is there, for
// this user or, by an installer, for all.
func Adopt(program string) error {
	now, err := registered()
	if err != nil || now == line(program) {
		return err
	}
	if was, ok := strings.CutPrefix(now, `"`); ok {
		was, _, _ = strings.Cut(was, `"`)
		if _, err := os.Stat(was); !errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	} else if now != "" {
		return nil // by somebody who writes it another way
	}
	return Register(program)
}

// registered is the command that opens links, "" when there is none. The user's own
// comes before the machine's.
func registered() (string, error) {
	now, err := read(registry.CURRENT_USER)
	if err == nil && now == "" {
		return read(registry.LOCAL_MACHINE)
	}
	return now, err
}

func read(root registry.Key) (string, error) {
	k, err := registry.OpenKey(root, command, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer k.Close() //nolint:errcheck // it was read
	s, _, err := k.GetStringValue("")
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return s, err
}

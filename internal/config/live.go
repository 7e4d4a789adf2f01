package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync/atomic"
)

// ByAdmin is the source of a value that an administrator set: it goes before the
// default and behind .env, the environment and flags.
const ByAdmin = "administrator"

// Live is the settings of a program that runs: those with an admin tag take the
// values that administrators keep in the database. It is safe for concurrent use.
type Live struct {
	base *Config
	now  atomic.Pointer[Config]
}

// NewLive begins with what Load read.
func NewLive(c *Config) *Live {
	l := &Live{base: c}
	l.now.Store(c)
	return l
}

// Now is the settings as they stand. It must not be changed.
func (l *Live) Now() *Config { return l.now.Load() }

// Apply takes the values that administrators set, by name, in place of those it
// took before. What it cannot take it leaves at the default and says so.
func (l *Live) Apply(values map[string]string) error {
	c := *l.base
	c.Source, c.text = maps.Clone(l.base.Source), maps.Clone(l.base.text)
	var errs []error
	for name, text := range values {
		s, ok := c.fields[name]
		if !ok || !s.Admin || c.Source[name] != "default" {
			continue // of another version, or set where it counts more
		}
		if err := c.take(s, text, ByAdmin); err != nil {
			errs = append(errs, err)
		}
	}
	l.now.Store(&c)
	return errors.Join(errs...)
}

// ErrFixed means that a setting is set where an administrator's value would not
// count, or is none that they may set.
var ErrFixed = errors.New("may not be set here")

// Check reports why an administrator's value of a setting could not be taken.
func (l *Live) Check(name, text string) error {
	s, ok := l.base.fields[name]
	switch {
	case !ok || !s.Admin:
		return fmt.Errorf("%w: only the machine's owner sets it", ErrFixed)
	case l.base.Source[name] != "default":
		return fmt.Errorf("%w: it is set by %s, which goes first", ErrFixed, l.base.Source[name])
	}
	c := *l.base
	c.Source, c.text = map[string]string{}, map[string]string{}
	return c.take(s, text, ByAdmin)
}

// take sets one field. What is refused leaves it as it was.
func (c *Config) take(s *setting, text, from string) error {
	text = strings.TrimSpace(text)
	f := reflect.ValueOf(c).Elem().Field(s.field)
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		was := reflect.New(f.Type()).Elem()
		was.Set(f)
		if err := u.UnmarshalText([]byte(text)); err != nil {
			f.Set(was)
			return fmt.Errorf("%s (from %s): %w", s.Name, from, err)
		}
	} else {
		f.SetString(text)
	}
	c.Source[s.Name], c.text[s.Name] = from, text
	return nil
}

package config

import (
	"reflect"
	"strings"
)

// Markdown is docs/config.md, made of the settings themselves.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nMade from `internal/config` by `make generate`; a test holds it to the code.\n\n" +
		"Every setting can be a flag, a variable of the environment or a line in `DATA_DIR/.env`; the first of these that has it counts.\n" +
		"A setting marked * can also be set by an administrator in the console, by REST or with `strongroom admin settings`; that counts\n" +
		"where nothing else sets it, and on all nodes within seconds. Where `NAME_FILE` is allowed, it names a file whose content is the value. A name in `.env` that is no setting stops the start.\n\n" +
		"| setting | flag | default | what it is |\n|---|---|---|---|\n")
	for _, s := range settings() {
		name, flag, def := "`"+s.Name+"`", "", ""
		if s.Admin {
			name += " *"
		}
		if s.File {
			name += ", `" + s.Name + "_FILE`"
		}
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		b.WriteString("| " + name + " | " + flag + " | " + def + " | " + s.Doc + " |\n")
	}
	return b.String()
}

// Line is one setting as doctor and administrators see it.
type Line struct {
	Name, Value, From, Default, Doc string
	Admin                           bool     // an administrator may set it, as far as From does not go first
	Choices                         []string // the values that there are; nil for any text
}

// Lines lists the settings, secrets hidden.
func (c *Config) Lines() (ls []Line) {
	for _, s := range settings() {
		ls = append(ls, Line{s.Name, c.show(s), c.Source[s.Name], s.Default, s.Doc, s.Admin, c.choices(s)})
	}
	return ls
}

func (c *Config) choices(s *setting) []string {
	if x, ok := reflect.ValueOf(c).Elem().Field(s.field).Interface().(interface{ Choices() []string }); ok {
		return x.Choices()
	}
	return nil
}

func (c *Config) show(s *setting) string {
	f := reflect.ValueOf(c).Elem().Field(s.field)
	switch {
	case s.Name == "DATABASE_URL":
		return c.Database.String()
	case s.Name == "PUBLIC_URL":
		return c.URL().String()
	case s.Secret && f.Interface() == Secret{}:
		return ""
	case s.Secret:
		return "[redacted]"
	case f.Kind() == reflect.String:
		return f.String() // as it was made out: folders, TLS
	}
	return c.text[s.Name]
}

package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Markdown is docs/config.md, made of the settings themselves.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Settings\n\nMade from `internal/config` by `make generate`; a test holds it to the code.\n\n" +
		"Every setting can be a flag, a variable of the environment or a line in `DATA_DIR/.env`; the first of these that has it counts.\n" +
		"Where `NAME_FILE` is allowed, it names a file whose content is the value. A name in `.env` that is no setting stops the start.\n\n" +
		"| setting | flag | default | what it is |\n|---|---|---|---|\n")
	for _, s := range settings() {
		name, flag, def := "`"+s.Name+"`", "", ""
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

// Line is one setting as doctor shows it.
type Line struct{ Name, Value, From string }

// Lines lists the settings, secrets hidden.
func (c *Config) Lines() (ls []Line) {
	for _, s := range settings() {
		ls = append(ls, Line{s.Name, c.show(s), c.Source[s.Name]})
	}
	return ls
}

func (c *Config) show(s *setting) string {
	switch s.Name {
	case "DATABASE_URL":
		return c.Database.String()
	case "PUBLIC_URL":
		return c.URL().String()
	}
	if s.Secret {
		return "[redacted]"
	}
	return fmt.Sprint(reflect.ValueOf(c).Elem().Field(s.field).Interface())
}

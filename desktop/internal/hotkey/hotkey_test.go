package hotkey

import "testing"

func TestParse(t *testing.T) {
	for _, text := range []string{"Ctrl+Alt+Space", "Ctrl+A", "Alt+Shift+F12", "Super+9", "Ctrl+Alt+Shift+Super+Z"} {
		c, err := Parse(text)
		if err != nil || c.String() != text {
			t.Errorf("%q became %q, %v", text, c, err)
		}
	}
	if c, err := Parse("Shift+Ctrl+A"); err != nil || c.String() != "Ctrl+Shift+A" {
		t.Errorf("modifiers in another order: %q, %v", c, err)
	}
	for _, text := range []string{"", "A", "Shift+A", "Ctrl", "Ctrl+", "Ctrl+a", "Ctrl+F0", "Ctrl+F13", "Ctrl+F01", "Ctrl+Tab", "Strg+A", "Ctrl++A", "Ctrl+AB", "Ctrl+é"} {
		if c, err := Parse(text); err == nil {
			t.Errorf("%q became %q", text, c)
		}
	}
}

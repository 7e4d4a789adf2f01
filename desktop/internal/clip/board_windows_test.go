package clip

import "testing"

// TestSystem is of Windows' own clipboard: under Wine in `make test`.
func TestSystem(t *testing.T) {
	b := System{}
	for _, text := range []string{"secret", "größer 🔑", ""} {
		if err := b.Write(text); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Read(); err != nil || got != text {
			t.Errorf("wrote %q, read %q, %v", text, got, err)
		}
	}
	c := Clip{Board: b}
	if err := c.Copy("ours", 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Read(); err != nil || got != "" {
		t.Errorf("after clearing: %q, %v", got, err)
	}
}

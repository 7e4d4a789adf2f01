package newer

import "testing"

func TestThan(t *testing.T) {
	for _, c := range []struct {
		own, other string
		want       bool
	}{
		{"v0.3.0", "v0.3.1", true},
		{"v0.9.9", "v0.10.0", true},
		{"v0.9.9", "v1.0.0", true},
		{"v1.0.0-rc.1", "v1.0.0", true},
		{"v1.0.0-rc.2", "v1.0.0-rc.10", true},
		{"v1.0.0", "v1.0.0", false},
		{"v1.0.0", "v1.0.0+build.7", false},
		{"v0.10.0", "v0.9.9", false},
		{"v1.0.0", "v1.0.0-rc.1", false},
		{"dev", "v1.0.0", false},
		{"", "v1.0.0", false},
		{"d93acfb", "v1.0.0", false},
		{"v1.0.0", "dev", false},
		{"v1.0.0", "", false},
		{"v1.0.0", "2.0.0", false},
		{"v1.0.0", "v2.0.0 <script>", false},
		{"v1.0.0-3-gd93acfb", "v1.0.0", false}, // it comes after it
		{"v1.0.0-3-gd93acfb", "v2.0.0", false},
		{"v1.0.0", "v2.0.0-3-gd93acfb", false},
		{"v1.0.0", "v2.0.0-dirty", false},
		{"v1.0.0-3-gd93acfb-dirty", "v2.0.0", false},
	} {
		if got := Than(c.own, c.other); got != c.want {
			t.Errorf("%q to %q: %v", c.own, c.other, got)
		}
	}
}

package winsvc

import "testing"

// TestAccountSID holds the derivation to an id that Windows itself shows in every
// installation, that of TrustedInstaller.
func TestAccountSID(t *testing.T) {
	const want = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	for _, name := range []string{"TrustedInstaller", "trustedinstaller"} {
		if got := accountSID(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

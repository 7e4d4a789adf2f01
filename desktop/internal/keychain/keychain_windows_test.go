package keychain

import "testing"

// TestKeychain is of the Credential Manager itself: under Wine in `make test`.
func TestKeychain(t *testing.T) { keeps(t) }

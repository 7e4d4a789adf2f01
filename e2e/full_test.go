package e2e

import "os"

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

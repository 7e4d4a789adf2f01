package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Program builds the program for tests that run it; remove takes it away again.
func Program() (binary string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "strongroom-program")
	if err != nil {
		return "", nil, err
	}
	binary = filepath.Join(dir, "strongroom")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "strongroom/cmd/strongroom")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("%w\n%s", err, out)
	}
	return binary, func() { os.RemoveAll(dir) }, nil
}

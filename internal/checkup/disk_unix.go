//go:build linux || darwin || freebsd

package checkup

import "golang.org/x/sys/unix"

// diskFree is how many bytes dir's disk has for us.
func diskFree(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // the types differ between systems
}

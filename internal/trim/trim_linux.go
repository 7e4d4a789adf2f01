package trim

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func unmapProgram() {
	if exe, err := os.Readlink("/proc/self/exe"); err == nil {
		unmap(exe)
	}
}

// unmap lets go of the read-only pages of a mapped file that nobody can write while
// it runs. Mappings with pages of the process's own in them stay: what the loader put
// into a program before it made that part read-only (RELRO) is not in the file.
func unmap(file string) {
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	var all [][2]uintptr
	var at [2]uintptr
	told, own := 0, 0 // how many of the two numbers were there, and their sum
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		line := lines.Text()
		var from, to uintptr
		var mode, name string
		var n int
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err == nil {
			at, told, own = [2]uintptr{}, 0, 0
			if strings.HasSuffix(line, " "+file) && mode[1] == '-' {
				at = [2]uintptr{from, to}
			}
		} else if _, err := fmt.Sscanf(line, "%s %d kB", &name, &n); err == nil && (name == "Anonymous:" || name == "Swap:") {
			told, own = told+1, own+n
		} else if strings.HasPrefix(line, "VmFlags:") && at[1] > 0 && told == 2 && own == 0 {
			all = append(all, at)
		}
	}
	for _, m := range all {
		unix.Syscall(unix.SYS_MADVISE, m[0], m[1]-m[0], unix.MADV_DONTNEED) //nolint:errcheck // then they stay where they are
	}
}

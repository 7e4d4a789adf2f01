// Command write puts the program's icon into a folder that is there, as 16.png to 512.png and
// icon.ico: for packages, which need files. It must draw nothing itself.
package main

import (
	"errors"
	"fmt"
	"os"

	"strongroom/desktop/internal/icon"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "icon:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	errs := []error{root.WriteFile("icon.ico", icon.ICO(), 0o644)}
	for _, size := range icon.Sizes {
		errs = append(errs, root.WriteFile(fmt.Sprintf("%d.png", size), icon.Draw(size), 0o644))
	}
	return errors.Join(append(errs, root.Close())...)
}

// Command strongroom is the password manager: its server and its own tools.
package main

import (
	"os"

	"strongroom/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

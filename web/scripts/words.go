//go:build ignore

// Writes the EFF's long list of words, as the server has it, for the browser:
// go run web/scripts/words.go
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/sethvargo/go-diceware/diceware"
)

func main() {
	var words []string
	for n := range 7776 {
		roll := 0
		for _, place := range [...]int{1296, 216, 36, 6, 1} {
			roll = roll*10 + n/place%6 + 1
		}
		words = append(words, diceware.WordListEffLarge().WordAt(roll))
	}
	text := fmt.Sprintf("// The EFF's long list of words (CC BY 3.0), made by scripts/words.go.\nexport const words: readonly string[] =\n  '%s'.split(' ');\n", strings.Join(words, " "))
	if err := os.WriteFile("web/src/lib/words.ts", []byte(text), 0o644); err != nil {
		panic(err)
	}
}
